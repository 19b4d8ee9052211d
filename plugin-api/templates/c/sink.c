#define _GNU_SOURCE /* open_memstream, flock */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <ingest/sdk/plugin.h>

/* Appends each reading to a file, a line of JSON each. After a crash or a full disk a reading may
 * be there twice: who reads the file knows it by its reading_id. An instance per worker; they take
 * turns by a lock on the file. */
struct my_plugin_sink {
    _Atomic int32_t health;
    char path[4096];
};

static int32_t create(const ingest_host *host, ingest_str json, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    (void)schema;
    struct my_plugin_sink *made = calloc(1, sizeof *made);
    if (made == NULL) return ingest_fail(error, INGEST_INTERNAL, "out of memory");
    ingest_reader options = ingest_read(host, json, error);
    ingest_need_utf8(&options, "/path", made->path, sizeof made->path);
    if (options.code != INGEST_OK) {
        free(made);
        return options.code;
    }
    *self = made;
    return INGEST_OK;
}

static void print_text(FILE *out, ingest_str text) {
    fputc('"', out);
    for (uint64_t i = 0; i < text.size; ++i) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
            continue;
        }
        if (c == '"' || c == '\\') fputc('\\', out);
        fputc(c, out);
    }
    fputc('"', out);
}

static void print_uuid(FILE *out, const uint8_t *uuid) {
    fputc('"', out);
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) fputc('-', out);
        fprintf(out, "%02x", uuid[i]);
    }
    fputc('"', out);
}

static void print_value(FILE *out, const ingest_batch *batch, int32_t column, int64_t row) {
    if (!ingest_has(batch, column, row)) {
        fputs("null", out);
        return;
    }
    switch (ingest_format(batch->schema, column)[0]) {
        case 'g': fprintf(out, "%.17g", ingest_f64(batch, column, row)); break;
        case 'b': fputs(ingest_bool(batch, column, row) ? "true" : "false", out); break;
        case 'u': print_text(out, ingest_utf8(batch, column, row)); break;
        case 'w': print_uuid(out, ingest_uuid(batch, column, row)); break;
        /* l, and times, which are microseconds since 1970-01-01 UTC */
        default: fprintf(out, "%" PRId64, ingest_i64(batch, column, row)); break;
    }
}

static void print_line(FILE *out, const ingest_batch *batch, int64_t row) {
    for (int32_t column = 0; column < batch->schema->n_children; ++column) {
        fputc(column == 0 ? '{' : ',', out);
        print_text(out, ingest_text(batch->schema->children[column]->name));
        fputc(':', out);
        print_value(out, batch, column, row);
    }
    fputs("}\n", out);
}

/* A write that was cut short may have left half a line. Its reading comes again. */
static int cut_half_line(int file) {
    const off_t size = lseek(file, 0, SEEK_END);
    off_t end = size;
    char last = '\0';
    while (end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n') --end;
    return end == size ? 0 : ftruncate(file, end);
}

static int write_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(file, bytes, size);
        if (written < 0) return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Else a new file may be gone after a power loss. */
static int sync_directory(const char *path) {
    const char *slash = strrchr(path, '/');
    char directory[4096] = ".";
    if (slash == path) strcpy(directory, "/");
    if (slash != NULL && slash != path) {
        memcpy(directory, path, (size_t)(slash - path));
        directory[slash - path] = '\0';
    }
    const int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return -1;
    const int synced = fsync(opened);
    close(opened);
    return synced;
}

/* Returns 0 when the disk has it. Opened for every write, so that the file may be moved away. */
static int append(const char *path, const char *bytes, size_t size) {
    const int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    const int done = flock(file, LOCK_EX) == 0 && cut_half_line(file) == 0 &&
                     write_all(file, bytes, size) == 0 && fsync(file) == 0 &&
                     sync_directory(path) == 0;
    const int reason = errno;
    close(file);
    errno = reason;
    return done ? 0 : -1;
}

/* Without batches: only says whether the file can be opened. */
static int32_t write_batches(void *self, const ingest_batch *const *batches, uint64_t n,
                             ingest_error *error) {
    struct my_plugin_sink *sink = self;
    char *lines = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&lines, &size);
    if (out == NULL) return ingest_fail(error, INGEST_RETRY, "out of memory");
    for (uint64_t i = 0; i < n; ++i) {
        for (int64_t row = 0; row < ingest_rows_of(batches[i]); ++row) {
            print_line(out, batches[i], row);
        }
    }
    const int whole = ferror(out) == 0;
    int32_t code = INGEST_OK;
    if (fclose(out) != 0 || !whole) {
        code = ingest_fail(error, INGEST_RETRY, "out of memory");
    } else if (append(sink->path, lines, size) != 0) {
        code = ingest_fail(error, INGEST_RETRY, "cannot write to %s: %s", sink->path,
                           strerror(errno));
    }
    free(lines);
    atomic_store(&sink->health,
                 code == INGEST_OK ? INGEST_HEALTH_CONNECTED : INGEST_HEALTH_DISCONNECTED);
    return code;
}

static void health(void *self, ingest_health *out) {
    struct my_plugin_sink *sink = self;
    out->state = atomic_load(&sink->health);
    out->message[0] = '\0';
}

/* A write leaves nothing open. */
static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error) {
    (void)self, (void)deadline_ns, (void)error;
    return INGEST_OK;
}

static void destroy(void *self) { free(self); }

static const ingest_sink table = {sizeof table, 0, create, write_batches, health, flush, destroy};

INGEST_EXPORT("my-plugin", "0.1.0", "Appends readings to a file, as lines of JSON",
              "{"
              "  \"kind\": \"sink\","
              "  \"options\": ["
              "    { \"name\": \"path\", \"type\": \"string\", \"required\": true,"
              "      \"description\": \"the file, made when missing; its directory must be there\""
              "    } ],"
              "  \"reads\": [\"*\"]"
              "}",
              INGEST_SINK_ID, table)
