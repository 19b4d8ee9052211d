/* Readings as lines of JSON, in a buffer that grows. */
#ifndef NDJSON_LINE_H
#define NDJSON_LINE_H

#include <ingest/sdk/plugin.h>

struct buffer {
    char *data;
    size_t size;
    size_t room;
    int failed; /* out of memory: what was appended since is not there */
};

/* One reading as an object, a member for every column, and '\n'. Nulls are null; times are
 * 2026-01-01T00:00:00.000000Z. */
void append_line(struct buffer *to, const ingest_batch *batch, int64_t row);

#endif
