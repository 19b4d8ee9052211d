/* A file that grows by whole lines, each append durable before it counts. */
#ifndef NDJSON_FILE_H
#define NDJSON_FILE_H

#include <ingest/sdk/plugin.h>
#include <sys/types.h>

struct file {
    int descriptor; /* -1: not open */
    off_t durable;  /* bytes that were synced; what is behind them was never answered with OK */
};

/* Opens or makes it, takes its lock, and cuts off a last line that a crash left without its end.
 * INGEST_OK, or what `write` should return, `error` filled. Nothing to do when it is open. */
int32_t open_file(struct file *file, const char *path, ingest_error *error);

/* Writes and syncs, or leaves the file as it was and closes it: after a failed sync nobody knows
 * what is on the disk, so the next append opens it again. */
int32_t append_to_file(struct file *file, const char *path, const char *data, size_t size,
                       ingest_error *error);

void close_file(struct file *file);

#endif
