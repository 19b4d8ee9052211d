/* The golden validator in C. What it does is in README.md. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/plugin.h"
#include "manifest.h"

enum { text_max = 128, limits_max = 8, lines_max = 16 };

struct limit {
    int32_t column;
    double min, max;
};

struct validator {
    struct limit limits[limits_max];
    uint64_t n_limits;
    char strip[text_max], fails_on[text_max], bug_on[text_max];
    int32_t temperature; /* the column to round down, or -1; so for those below */
    int32_t null_below_zero, counter, idle_unless;
    int64_t next;
};

/* One `create`, while it reads options. */
struct making {
    const ingest_host *host;
    const ingest_options *options;
    ingest_str json;
    const struct ArrowSchema *schema;
    ingest_error *error;
};

static ingest_str text_of(const char *text)
{
    const ingest_str made = {text, strlen(text)};
    return made;
}

static int fail(ingest_error *error, int32_t code, const char *where, const char *what)
{
    error->code = code;
    snprintf(error->message, sizeof error->message, "%.200s%s%.200s", where, *where ? ": " : "",
             what);
    return code;
}

static int column_of(const struct ArrowSchema *schema, const char *name, const char *format)
{
    for (int64_t i = 0; i < schema->n_children; ++i) {
        const struct ArrowSchema *child = schema->children[i];
        if (strcmp(child->name, name) == 0 && strcmp(child->format, format) == 0) return (int)i;
    }
    return -1;
}

/* A text option, empty when it is not there. */
static int read_text(const struct making *m, const char *pointer, char out[text_max])
{
    uint64_t size = 0;
    const int32_t code = m->options->get_utf8(m->host->ctx, m->json, text_of(pointer), out,
                                              text_max - 1, &size);
    if (code == INGEST_UNSUPPORTED) size = 0;
    else if (code != INGEST_OK) return fail(m->error, INGEST_CONFIG, pointer, "must be a text");
    if (size > text_max - 1) return fail(m->error, INGEST_CONFIG, pointer, "is too long");
    out[size] = '\0';
    return INGEST_OK;
}

/* An option that names a column. */
static int read_column(const struct making *m, const char *pointer, const char *format,
                       const char *kind, int32_t *column)
{
    char name[text_max], what[2 * text_max];
    const int code = read_text(m, pointer, name);
    *column = -1;
    if (code != INGEST_OK || name[0] == '\0') return code;
    *column = column_of(m->schema, name, format);
    if (*column >= 0) return INGEST_OK;
    snprintf(what, sizeof what, "there is no column of %s '%s'", kind, name);
    return fail(m->error, INGEST_CONFIG, pointer, what);
}

static int read_limit(const struct making *m, uint64_t index, struct limit *limit)
{
    char name[text_max], pointer[2 * text_max], bound[2 * text_max + 8], what[2 * text_max];
    uint64_t size = 0;
    const int32_t code = m->options->get_name(m->host->ctx, m->json, text_of("/limits"), index,
                                              name, sizeof name - 1, &size);
    if (code != INGEST_OK || size > sizeof name - 1) {
        return fail(m->error, INGEST_CONFIG, "/limits", "must have the names of columns");
    }
    name[size] = '\0';
    snprintf(pointer, sizeof pointer, "/limits/%s", name);
    limit->column = column_of(m->schema, name, "g");
    if (limit->column < 0) {
        snprintf(what, sizeof what, "there is no column of numbers '%s'", name);
        return fail(m->error, INGEST_CONFIG, pointer, what);
    }
    limit->min = -HUGE_VAL;
    limit->max = HUGE_VAL;
    snprintf(bound, sizeof bound, "%s/min", pointer);
    m->options->get_f64(m->host->ctx, m->json, text_of(bound), &limit->min);
    snprintf(bound, sizeof bound, "%s/max", pointer);
    m->options->get_f64(m->host->ctx, m->json, text_of(bound), &limit->max);
    if (limit->min > limit->max) return fail(m->error, INGEST_CONFIG, pointer, "min is above max");
    return INGEST_OK;
}

static int read_limits(const struct making *m, struct validator *v)
{
    const int32_t code =
        m->options->get_size(m->host->ctx, m->json, text_of("/limits"), &v->n_limits);
    if (code == INGEST_UNSUPPORTED) return INGEST_OK;
    if (code != INGEST_OK || v->n_limits > limits_max) {
        return fail(m->error, INGEST_CONFIG, "/limits", "must have 8 columns at most");
    }
    for (uint64_t i = 0; i < v->n_limits; ++i) {
        const int wrong = read_limit(m, i, &v->limits[i]);
        if (wrong != INGEST_OK) return wrong;
    }
    return INGEST_OK;
}

static void log_lines(const struct making *m)
{
    uint64_t n = 0;
    m->options->get_size(m->host->ctx, m->json, text_of("/lines"), &n);
    for (uint64_t i = 0; i < n && i < lines_max; ++i) {
        char pointer[32], line[text_max];
        snprintf(pointer, sizeof pointer, "/lines/%" PRIu64, i);
        if (read_text(m, pointer, line) != INGEST_OK) return;
        m->host->log(m->host->ctx, INGEST_LOG_INFO, text_of(line));
    }
}

static int read_all(const struct making *m, struct validator *v)
{
    int32_t rounds = 0;
    int code = read_limits(m, v);
    if (code == INGEST_OK) code = read_text(m, "/strip", v->strip);
    if (code == INGEST_OK) code = read_text(m, "/fails_on", v->fails_on);
    if (code == INGEST_OK) code = read_text(m, "/bug_on", v->bug_on);
    if (code == INGEST_OK) {
        code = read_column(m, "/null_below_zero", "g", "numbers", &v->null_below_zero);
    }
    if (code == INGEST_OK) code = read_column(m, "/counter", "l", "integers", &v->counter);
    if (code == INGEST_OK) code = read_column(m, "/idle_unless", "b", "booleans", &v->idle_unless);
    if (code != INGEST_OK) return code;
    m->options->get_i64(m->host->ctx, m->json, text_of("/start"), &v->next);
    m->options->get_bool(m->host->ctx, m->json, text_of("/floor"), &rounds);
    v->temperature = rounds ? column_of(m->schema, "temperature", "g") : -1;
    log_lines(m);
    return INGEST_OK;
}

static int32_t create(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error)
{
    struct making m = {host, host->get_service(host->ctx, text_of(INGEST_OPTIONS_ID)),
                       options_json, schema, error};
    struct validator *v = calloc(1, sizeof *v);
    int code;
    if (v == NULL) return fail(error, INGEST_INTERNAL, "", "out of memory");
    code = m.options == NULL || host->now_ns(host->ctx) <= 0
               ? fail(error, INGEST_FATAL, "", "this host has no options or no clock")
               : read_all(&m, v);
    if (code == INGEST_OK) *self = v;
    else free(v);
    return code;
}

static int bit(const void *bitmap, int64_t row)
{
    return ((const uint8_t *)bitmap)[row / 8] >> (row % 8) & 1;
}

static int has(const struct ArrowArray *column, int64_t row)
{
    return bit(column->buffers[0], row);
}

static ingest_str text_at(const struct ArrowArray *column, int64_t row)
{
    const int32_t *offsets = column->buffers[1];
    const ingest_str made = {(const char *)column->buffers[2] + offsets[row],
                             (uint64_t)(offsets[row + 1] - offsets[row])};
    return made;
}

static int is(ingest_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static int check_limits(const struct validator *v, const ingest_batch *batch, int64_t row,
                        ingest_report *report)
{
    int code = INGEST_OK;
    for (uint64_t i = 0; i < v->n_limits && code == INGEST_OK; ++i) {
        const struct limit *limit = &v->limits[i];
        const struct ArrowArray *column = batch->data->children[limit->column];
        const double value = ((const double *)column->buffers[1])[row];
        char message[64];
        if (!has(column, row) || (value >= limit->min && value <= limit->max)) continue;
        if (value > limit->max) snprintf(message, sizeof message, "is above %g", limit->max);
        else snprintf(message, sizeof message, "is below %g", limit->min);
        code = report->issue(report->ctx, row, limit->column, INGEST_REJECT_ROW,
                             text_of("out_of_limits"), text_of(message));
    }
    return code;
}

static int check_times(const ingest_batch *batch, int64_t row, ingest_report *report)
{
    struct ArrowArray *const *columns = batch->data->children;
    const int64_t measured = ((const int64_t *)columns[INGEST_COLUMN_TIMESTAMP]->buffers[1])[row];
    const int64_t received = ((const int64_t *)columns[INGEST_COLUMN_RECEIVED_AT]->buffers[1])[row];
    char message[64];
    if (measured <= received) return INGEST_OK;
    snprintf(message, sizeof message, "is %" PRId64 " us after its arrival", measured - received);
    return report->issue(report->ctx, row, INGEST_COLUMN_TIMESTAMP, INGEST_WARN, text_of("early"),
                         text_of(message));
}

static int check_idle(const struct validator *v, const ingest_batch *batch, int64_t row,
                      ingest_report *report)
{
    const struct ArrowArray *runs, *ids = batch->data->children[INGEST_COLUMN_READING_ID];
    const uint8_t *id = (const uint8_t *)ids->buffers[1] + 16 * row + 12;
    char message[64];
    if (v->idle_unless < 0) return INGEST_OK;
    runs = batch->data->children[v->idle_unless];
    if (!has(runs, row) || bit(runs->buffers[1], row)) return INGEST_OK;
    snprintf(message, sizeof message, "reading %02x%02x%02x%02x is of an idle machine", id[0],
             id[1], id[2], id[3]);
    return report->issue(report->ctx, row, -1, INGEST_WARN, text_of("idle"), text_of(message));
}

static int change(const struct validator *v, const ingest_batch *batch, int64_t row,
                  ingest_report *report)
{
    const uint64_t strip = strlen(v->strip);
    ingest_str id = text_at(batch->data->children[INGEST_COLUMN_EQUIPMENT_ID], row);
    int code = INGEST_OK;
    if (strip > 0 && id.size > strip && memcmp(id.data, v->strip, strip) == 0) {
        id.data += strip;
        id.size -= strip;
        code = report->set_utf8(report->ctx, row, INGEST_COLUMN_EQUIPMENT_ID, id);
    }
    if (code == INGEST_OK && v->temperature >= 0) {
        const struct ArrowArray *column = batch->data->children[v->temperature];
        const double value = ((const double *)column->buffers[1])[row];
        if (has(column, row)) {
            code = report->set_f64(report->ctx, row, v->temperature, floor(value));
        }
    }
    if (code == INGEST_OK && v->null_below_zero >= 0) {
        const struct ArrowArray *column = batch->data->children[v->null_below_zero];
        if (has(column, row) && ((const double *)column->buffers[1])[row] < 0) {
            code = report->set_null(report->ctx, row, v->null_below_zero);
        }
    }
    return code;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error)
{
    struct validator *v = self;
    int64_t next = v->next;
    for (int64_t row = 0; row < batch->data->length; ++row) {
        const ingest_str id = text_at(batch->data->children[INGEST_COLUMN_EQUIPMENT_ID], row);
        int code;
        if (batch->refused != NULL && bit(batch->refused, row)) continue;
        if (v->fails_on[0] != '\0' && is(id, v->fails_on)) {
            return fail(error, INGEST_FATAL, "", "told to fail");
        }
        if (v->bug_on[0] != '\0' && is(id, v->bug_on)) {
            return fail(error, INGEST_INTERNAL, "", "a bug");
        }
        code = check_limits(v, batch, row, report);
        if (code == INGEST_OK) code = check_times(batch, row, report);
        if (code == INGEST_OK) code = check_idle(v, batch, row, report);
        if (code == INGEST_OK) code = change(v, batch, row, report);
        if (code == INGEST_OK && v->counter >= 0) {
            code = report->set_i64(report->ctx, row, v->counter, next++);
        }
        if (code != INGEST_OK) return fail(error, INGEST_INTERNAL, "", "the report refused a call");
    }
    if ((batch->flags & INGEST_BATCH_TRIAL) == 0) v->next = next;
    return INGEST_OK;
}

static void destroy(void *self)
{
    free(self);
}

static const void *get_interface(ingest_str id)
{
    static const ingest_validator table = {sizeof table, 0, create, validate, destroy};
    return is(id, INGEST_VALIDATOR_ID) ? &table : NULL;
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
    plugin.description = text_of("Golden validator in C");
    plugin.manifest_json = text_of(GOLDEN_MANIFEST);
    return &plugin;
}
