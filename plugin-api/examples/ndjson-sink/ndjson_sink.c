/* Appends readings to a file, an object a line. See README.md for what it promises. */
#include <stdatomic.h>
#include <stdlib.h>

#include <ingest/sdk/plugin.h>

#include "file.h"
#include "line.h"

enum { path_room = 4096 };

/* One worker's; but `state` from any thread. */
struct sink {
    const ingest_host *host;
    struct file file;
    struct buffer lines;
    _Atomic int32_t state;
    char path[path_room];
};

static int32_t create(const ingest_host *host, ingest_str json, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    ingest_reader options = ingest_read(host, json, error);
    struct sink *sink = calloc(1, sizeof *sink);
    (void)schema;
    if (sink == NULL) return ingest_fail(error, INGEST_FATAL, "out of memory");
    sink->host = host;
    sink->file.descriptor = -1;
    ingest_need_utf8(&options, "/path", sink->path, sizeof sink->path);
    const size_t size = strlen(sink->path);
    if (sink->path[0] != '/') {
        ingest_wrong(&options, "/path", "must be an absolute path: it begins with /");
    } else if (sink->path[size - 1] == '/') {
        ingest_wrong(&options, "/path", "must be the path of a file: it does not end with /");
    }
    if (options.code != INGEST_OK) {
        free(sink);
        return options.code;
    }
    *self = sink;
    return INGEST_OK;
}

static void destroy(void *self) {
    struct sink *sink = self;
    close_file(&sink->file);
    free(sink->lines.data);
    free(sink);
}

static int32_t store(struct sink *sink, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error) {
    const int32_t opened = open_file(&sink->file, sink->path, error);
    if (opened != INGEST_OK || n == 0) return opened;
    sink->lines.size = 0;
    sink->lines.failed = 0;
    for (uint64_t i = 0; i < n; ++i) {
        for (int64_t row = 0; row < ingest_rows_of(batches[i]); ++row) {
            append_line(&sink->lines, batches[i], row);
        }
    }
    if (sink->lines.failed) return ingest_fail(error, INGEST_RETRY, "out of memory");
    return append_to_file(&sink->file, sink->path, sink->lines.data, sink->lines.size, error);
}

static int32_t write_batches(void *self, const ingest_batch *const *batches, uint64_t n,
                             ingest_error *error) {
    struct sink *sink = self;
    const int32_t code = store(sink, batches, n, error);
    const int32_t state =
        code == INGEST_OK ? INGEST_HEALTH_CONNECTED : INGEST_HEALTH_DISCONNECTED;
    /* On a change only: the host tries again for as long as an outage lasts. */
    if (atomic_exchange(&sink->state, state) != state) {
        const int good = code == INGEST_OK;
        ingest_log(sink->host, good ? INGEST_LOG_INFO : INGEST_LOG_WARN,
                   good ? "writing" : error->message);
    }
    return code;
}

static void health(void *self, ingest_health *out) {
    struct sink *sink = self;
    out->state = atomic_load(&sink->state);
    const char *text = out->state == INGEST_HEALTH_DISCONNECTED
                           ? "the file cannot be written; the log says why"
                           : "";
    memcpy(out->message, text, strlen(text) + 1);
}

/* `write` leaves nothing open. */
static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error) {
    (void)self, (void)deadline_ns, (void)error;
    return INGEST_OK;
}

static const ingest_sink table = {sizeof table, 0, create, write_batches, health, flush, destroy};

INGEST_EXPORT("ndjson-sink", "1.0.0", "Appends readings to a file, a JSON object a line",
              "{\"kind\": \"sink\", \"reads\": [\"*\"], \"options\": ["
              "{\"name\": \"path\", \"type\": \"string\", \"required\": true,"
              " \"description\": \"of the file, absolute; it is made if it is not there\"}]}",
              INGEST_SINK_ID, table)
