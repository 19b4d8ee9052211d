/* The golden sink in C, with a query. What it does is in README.md. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/plugin.h"

enum { text_max = 128, columns_max = 16, rows_max = 512, answers_max = 8 };

struct cell {
    int has;
    int64_t i64; /* l, tsu:UTC, b */
    double f64;
    uint64_t size;
    char bytes[text_max]; /* u, w:16 */
};

struct row {
    struct cell cells[columns_max];
};

/* The store: in memory, of all instances together, as the query's are others than the sink's. */
static struct row rows[rows_max];
static uint64_t n_rows;
static pthread_mutex_t store = PTHREAD_MUTEX_INITIALIZER;

struct instance {
    const ingest_host *host;
    const struct ArrowSchema *schema;
    char refuses[text_max];
    int64_t answers[answers_max];
    uint64_t n_answers, answered;
    /* What `health` reads while `write` runs. */
    _Atomic int32_t state;
    _Atomic uint64_t written, next_sequence;
};

static ingest_str text_of(const char *text)
{
    const ingest_str made = {text, strlen(text)};
    return made;
}

static int32_t fail(ingest_error *error, int32_t code, const char *what)
{
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", what);
    return code;
}

static int32_t read_options(struct instance *self, ingest_str json, ingest_error *error)
{
    void *ctx = self->host->ctx;
    const ingest_options *options = self->host->get_service(ctx, text_of(INGEST_OPTIONS_ID));
    uint64_t size = 0;
    int32_t code;
    if (options == NULL) return fail(error, INGEST_FATAL, "this host has no options");
    code = options->get_utf8(ctx, json, text_of("/refuses"), self->refuses, text_max - 1, &size);
    if (code != INGEST_OK && code != INGEST_UNSUPPORTED) {
        return fail(error, INGEST_CONFIG, "/refuses: must be a text");
    }
    if (size > text_max - 1) return fail(error, INGEST_CONFIG, "/refuses: is too long");
    self->refuses[size] = '\0';
    code = options->get_size(ctx, json, text_of("/answers"), &self->n_answers);
    if ((code != INGEST_OK && code != INGEST_UNSUPPORTED) || self->n_answers > answers_max) {
        return fail(error, INGEST_CONFIG, "/answers: must be 8 codes at most");
    }
    for (uint64_t i = 0; i < self->n_answers; ++i) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/answers/%" PRIu64, i);
        if (options->get_i64(ctx, json, text_of(pointer), &self->answers[i]) != INGEST_OK) {
            return fail(error, INGEST_CONFIG, "/answers: must be integers");
        }
    }
    return INGEST_OK;
}

static int32_t create(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error)
{
    struct instance *made = calloc(1, sizeof *made);
    int32_t code;
    if (made == NULL) return fail(error, INGEST_INTERNAL, "out of memory");
    made->host = host;
    made->schema = schema;
    code = schema->n_children > columns_max
               ? fail(error, INGEST_CONFIG, "there are more than 16 columns")
               : read_options(made, options_json, error);
    if (code == INGEST_OK) *self = made;
    else free(made);
    return code;
}

static int bit(const void *bitmap, int64_t row)
{
    return ((const uint8_t *)bitmap)[row / 8] >> (row % 8) & 1;
}

static ingest_str text_at(const struct ArrowArray *column, int64_t row)
{
    const int32_t *offsets = column->buffers[1];
    const ingest_str made = {(const char *)column->buffers[2] + offsets[row],
                             (uint64_t)(offsets[row + 1] - offsets[row])};
    return made;
}

static void take_cell(struct cell *cell, char format, const struct ArrowArray *column, int64_t row)
{
    cell->has = bit(column->buffers[0], row);
    cell->size = 0;
    if (!cell->has) return;
    if (format == 'g') {
        cell->f64 = ((const double *)column->buffers[1])[row];
    } else if (format == 'l' || format == 't') {
        cell->i64 = ((const int64_t *)column->buffers[1])[row];
    } else if (format == 'b') {
        cell->i64 = bit(column->buffers[1], row);
    } else if (format == 'w') {
        cell->size = 16;
        memcpy(cell->bytes, (const uint8_t *)column->buffers[1] + 16 * row, 16);
    } else {
        const ingest_str text = text_at(column, row);
        cell->size = text.size < text_max ? text.size : text_max;
        memcpy(cell->bytes, text.data, cell->size);
    }
}

/* Takes a row, once: the row of a reading_id that is there already is written anew. */
static void take_row(const struct ArrowSchema *schema, const struct ArrowArray *data, int64_t row)
{
    const uint8_t *id = (const uint8_t *)data->children[INGEST_COLUMN_READING_ID]->buffers[1];
    uint64_t at = 0;
    while (at < n_rows &&
           memcmp(rows[at].cells[INGEST_COLUMN_READING_ID].bytes, id + 16 * row, 16) != 0) {
        ++at;
    }
    if (at == rows_max) return;
    if (at == n_rows) ++n_rows;
    for (int64_t i = 0; i < schema->n_children; ++i) {
        take_cell(&rows[at].cells[i], schema->children[i]->format[0], data->children[i], row);
    }
}

static int has_refused_row(const struct instance *self, const struct ArrowArray *data)
{
    const size_t size = strlen(self->refuses);
    for (int64_t row = 0; size > 0 && row < data->length; ++row) {
        const ingest_str id = text_at(data->children[INGEST_COLUMN_EQUIPMENT_ID], row);
        if (id.size == size && memcmp(id.data, self->refuses, size) == 0) return 1;
    }
    return 0;
}

/* Why nothing of the batches is taken; INGEST_OK when all of them are. */
static int32_t judge(struct instance *self, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error)
{
    for (uint64_t i = 0; i < n; ++i) {
        const int64_t deadline_ns = batches[i]->deadline_ns;
        if (deadline_ns != 0 && deadline_ns < self->host->now_ns(self->host->ctx)) {
            return fail(error, INGEST_TIMEOUT, "the deadline passed");
        }
        if (has_refused_row(self, batches[i]->data)) {
            char message[2 * text_max];
            snprintf(message, sizeof message, "told to refuse %s", self->refuses);
            return fail(error, INGEST_REJECT, message);
        }
    }
    if (n > 0 && self->answered < self->n_answers) {
        const int32_t code = (int32_t)self->answers[self->answered++];
        char message[64];
        snprintf(message, sizeof message, "told to answer %" PRId32, code);
        if (code != INGEST_OK) return fail(error, code, message);
    }
    return INGEST_OK;
}

static int32_t write(void *instance, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error)
{
    struct instance *self = instance;
    const int32_t code = judge(self, batches, n, error);
    self->state = code == INGEST_OK || code == INGEST_REJECT ? INGEST_HEALTH_CONNECTED
                                                             : INGEST_HEALTH_DISCONNECTED;
    if (code != INGEST_OK) return code;
    pthread_mutex_lock(&store);
    for (uint64_t i = 0; i < n; ++i) {
        const struct ArrowArray *data = batches[i]->data;
        for (int64_t row = 0; row < data->length; ++row) take_row(batches[i]->schema, data, row);
        self->written += (uint64_t)data->length;
        self->next_sequence = batches[i]->sequence + (uint64_t)data->length;
    }
    pthread_mutex_unlock(&store);
    return INGEST_OK;
}

static void health(void *instance, ingest_health *out)
{
    const struct instance *self = instance;
    out->state = self->state;
    snprintf(out->message, sizeof out->message, "%" PRIu64 " written, next is %" PRIu64,
             self->written, self->next_sequence);
}

static int32_t flush(void *instance, int64_t deadline_ns, ingest_error *error)
{
    const struct instance *self = instance;
    if (deadline_ns != 0 && deadline_ns < self->host->now_ns(self->host->ctx)) {
        return fail(error, INGEST_TIMEOUT, "the deadline passed");
    }
    return INGEST_OK;
}

static void destroy(void *instance)
{
    free(instance);
}

static int32_t give_cell(const struct cell *cell, char format, int32_t column,
                         const ingest_rows *out)
{
    const ingest_str text = {cell->bytes, cell->size};
    if (!cell->has) return INGEST_OK;
    if (format == 'g') return out->set_f64(out->ctx, column, cell->f64);
    if (format == 'u') return out->set_utf8(out->ctx, column, text);
    if (format == 'w') {
        return out->set_bytes(out->ctx, column, (const uint8_t *)cell->bytes, cell->size);
    }
    return out->set_i64(out->ctx, column, cell->i64);
}

static int is_of(const struct row *row, ingest_str equipment_id)
{
    const struct cell *id = &row->cells[INGEST_COLUMN_EQUIPMENT_ID];
    return id->size == equipment_id.size && memcmp(id->bytes, equipment_id.data, id->size) == 0;
}

/* The newest row of an equipment that is not among those `given`; NULL when there is none. */
static const struct row *newest(ingest_str equipment_id, const uint8_t given[rows_max])
{
    const struct row *found = NULL;
    for (uint64_t i = 0; i < n_rows; ++i) {
        if (given[i] || !is_of(&rows[i], equipment_id)) continue;
        if (found == NULL || rows[i].cells[INGEST_COLUMN_TIMESTAMP].i64 >
                                 found->cells[INGEST_COLUMN_TIMESTAMP].i64) {
            found = &rows[i];
        }
    }
    return found;
}

static int32_t give_rows(const struct instance *self, ingest_str equipment_id, uint32_t limit,
                         const ingest_rows *out)
{
    uint8_t given[rows_max] = {0};
    for (uint32_t n = 0; n < limit; ++n) {
        const struct row *row = newest(equipment_id, given);
        int32_t code;
        if (row == NULL) break;
        given[row - rows] = 1;
        code = out->begin_row(out->ctx);
        for (int32_t i = 0; code == INGEST_OK && i < self->schema->n_children; ++i) {
            code = give_cell(&row->cells[i], self->schema->children[i]->format[0], i, out);
        }
        if (code != INGEST_OK) return code;
    }
    return INGEST_OK;
}

static int32_t latest(void *instance, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
                      ingest_rows *out, ingest_error *error)
{
    const struct instance *self = instance;
    int32_t code;
    if (deadline_ns != 0 && deadline_ns < self->host->now_ns(self->host->ctx)) {
        return fail(error, INGEST_TIMEOUT, "the deadline passed");
    }
    pthread_mutex_lock(&store);
    code = give_rows(self, equipment_id, limit, out);
    pthread_mutex_unlock(&store);
    if (code != INGEST_OK) return fail(error, INGEST_INTERNAL, "the host refused a row");
    if (equipment_id.size == strlen(self->refuses) && equipment_id.size > 0 &&
        memcmp(equipment_id.data, self->refuses, equipment_id.size) == 0) {
        out->begin_row(out->ctx);
        return fail(error, INGEST_FATAL, "told to refuse it");
    }
    return INGEST_OK;
}

static int is(ingest_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static const void *get_interface(ingest_str id)
{
    static const ingest_sink sink = {sizeof sink, 0, create, write, health, flush, destroy};
    static const ingest_query query = {sizeof query, 0, create, latest, destroy};
    if (is(id, INGEST_QUERY_ID)) return &query;
    return is(id, INGEST_SINK_ID) ? &sink : NULL;
}

__attribute__((visibility("default"))) const ingest_plugin *
ingest_plugin_entry_v1(const ingest_host *host);

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host)
{
    static ingest_plugin plugin = {sizeof plugin, INGEST_ABI_MINOR, 0, 0, {0}, {0}, {0}, {0},
                                   get_interface};
    (void)host;
    plugin.id = text_of(NAME);
    plugin.version = text_of("1.0.0");
    plugin.description = text_of("Golden sink in C");
    plugin.manifest_json = text_of(
        "{\"kind\":\"sink\",\"reads\":[\"*\"],\"options\":["
        "{\"name\":\"refuses\",\"type\":\"string\",\"description\":\"an equipment_id\"},"
        "{\"name\":\"answers\",\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0},"
        "\"description\":\"codes that the first writes return\"}]}");
    plugin.get_interface = get_interface;
    return &plugin;
}
