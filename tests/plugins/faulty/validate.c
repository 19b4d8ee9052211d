/* Validators that go wrong when they see readings; with no readings most of them do nothing. */
#include <alloca.h>
#include <stdlib.h>
#include <unistd.h>

#include "sound.h"

enum {
    garbage_code,
    row_minus_one,
    row_too_high,
    sleeps,
    segfault,
    aborts,
    exits,
    stack_overflow,
    divides_by_rows,   /* and so dies of an empty batch */
    crashes_on_null,
    rows_on_stack,     /* enough for requests, not for 100 000 rows */
    short_buffer,      /* for ids of 255 bytes */
    leaks_in_validate,
    writes_into_batch, /* temperature becomes 0 */
    reads_past_end,
    reads_before_start,
    undeclared_code,
    writes_undeclared_column,
    remembers_trial,
    unstable_verdict
};

/* The instance, for the two that remember something. */
typedef struct {
    uint64_t calls;
    uint8_t seen[1 << 16]; /* by a hash of the equipment */
} Memory;

static volatile double looked_at;
static volatile int64_t sum; /* of nothing */

static int has(const struct ArrowArray *cells, int64_t row) {
    return (((const uint8_t *)cells->buffers[0])[row / 8] >> (row % 8) & 1) != 0;
}

static int overflow(volatile int depth) {
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth == -1 ? 0 : overflow(depth + 1) + frame[0];
}

/* Copies to a fixed buffer, whatever the size. */
__attribute__((noinline)) static char copy_id(const struct ArrowArray *ids, int64_t row) {
    char id[256];
    const int32_t *ends = ids->buffers[1];
    memcpy(id, (const char *)ids->buffers[2] + ends[row], (size_t)(ends[row + 1] - ends[row]));
    return *(volatile char *)&id[1];
}

__attribute__((noinline)) static void copy_rows(int64_t rows) {
    char *copy = alloca((size_t)rows * 128);
    for (int64_t i = 0; i < rows; ++i) ((volatile char *)copy)[i * 128] = 1;
}

static void reject(ingest_report *report, int64_t row, const char *code) {
    report->issue(report->ctx, row, INGEST_COLUMN_EQUIPMENT_ID, INGEST_REJECT_ROW, text_of(code),
                  text_of("wrong on purpose"));
}

/* Every equipment may report once. */
static void refuse_repeated(Memory *memory, const ingest_batch *batch, ingest_report *report) {
    const struct ArrowArray *ids = batch->data->children[INGEST_COLUMN_EQUIPMENT_ID];
    const int32_t *ends = ids->buffers[1];
    const char *chars = ids->buffers[2];
    for (int64_t row = 0; row < batch->data->length; ++row) {
        if (batch->refused != NULL && (batch->refused[row / 8] >> (row % 8) & 1) != 0) continue;
        uint32_t hash = 2166136261U; /* FNV-1a */
        for (int32_t i = ends[row]; i < ends[row + 1]; ++i) {
            hash = (hash ^ (uint8_t)chars[i]) * 16777619U;
        }
        uint8_t *seen = &memory->seen[hash % sizeof memory->seen];
        if (*seen) reject(report, row, "repeated");
        *seen = 1;
    }
}

/* What is wrong with the buffer of the first field, if it is one of numbers. */
static void touch_numbers(const ingest_batch *batch) {
    const int64_t column = column_of(batch->schema, "temperature");
    if (column < 0) return;
    const struct ArrowArray *cells = batch->data->children[column];
    const volatile double *values = cells->buffers[1];
    if (FAULT == reads_past_end) looked_at = values[cells->length];
    if (FAULT == reads_before_start) looked_at = values[-1];
    if (FAULT == writes_into_batch) {
        for (int64_t i = 0; i < cells->length; ++i) ((volatile double *)cells->buffers[1])[i] = 0;
    }
    if (FAULT != crashes_on_null) return;
    for (int64_t i = 0; i < cells->length; ++i) {
        if (!has(cells, i)) abort();
    }
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    (void)error;
    Memory *memory = self;
    const int64_t rows = batch->data->length;
    if (FAULT == divides_by_rows) return (int32_t)(sum / rows);
    if (rows == 0) return INGEST_OK;
    ++memory->calls;
    if (FAULT == garbage_code) return 4711;
    if (FAULT == row_minus_one) reject(report, -1, "wrong");
    if (FAULT == row_too_high) reject(report, rows, "wrong");
    if (FAULT == undeclared_code) reject(report, 0, "surprise");
    if (FAULT == unstable_verdict && memory->calls % 2 == 0) reject(report, 0, "wrong");
    if (FAULT == sleeps) sleep(5);
    if (FAULT == segfault) *(volatile int *)16 = 1;
    if (FAULT == aborts) abort();
    if (FAULT == exits) exit(3);
    if (FAULT == stack_overflow) return overflow(0);
    if (FAULT == rows_on_stack) copy_rows(rows);
    if (FAULT == short_buffer) {
        for (int64_t i = 0; i < rows; ++i) {
            looked_at = copy_id(batch->data->children[INGEST_COLUMN_EQUIPMENT_ID], i);
        }
    }
    if (FAULT == leaks_in_validate) memset(malloc(4096), 1, 4096);
    if (FAULT == writes_undeclared_column) {
        report->set_utf8(report->ctx, 0, INGEST_COLUMN_EQUIPMENT_ID, text_of("PUMP-X1-001"));
    }
    if (FAULT == remembers_trial) refuse_repeated(memory, batch, report);
    touch_numbers(batch);
    return INGEST_OK;
}

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    (void)host, (void)options, (void)schema, (void)error;
    *self = calloc(1, sizeof(Memory));
    return *self != NULL ? INGEST_OK : INGEST_INTERNAL;
}

static const void *get_interface(ingest_str id) {
    static const ingest_validator table = {sizeof table, 0, create, validate, free};
    return is_id(id, INGEST_VALIDATOR_ID) ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    static const char *const wrong =
        "{\"kind\":\"validator\",\"issues\":[{\"code\":\"wrong\",\"description\":\"always\"}]}";
    static const char *const repeated =
        "{\"kind\":\"validator\",\"shared_state\":true,\"reads\":[\"equipment_id\"],"
        "\"issues\":[{\"code\":\"repeated\",\"description\":\"it has reported before\"}]}";
    return describe(FAULT == remembers_trial ? repeated : wrong, get_interface);
}
