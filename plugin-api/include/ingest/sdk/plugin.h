/* For plugins in C: the ABI, and small functions that spare the pointers. C11, and C++17 or later.
 *
 *     struct limit { int32_t temperature; double max; };
 *
 *     static int32_t create(const ingest_host *host, ingest_str json,
 *                           const struct ArrowSchema *schema, void **self, ingest_error *error) {
 *         ingest_reader options = ingest_read(host, json, error);
 *         struct limit made = {ingest_need_column(schema, "temperature", "g", error),
 *                              ingest_need_f64(&options, "/max")};
 *         if (made.temperature < 0 || options.code != INGEST_OK) return INGEST_CONFIG;
 *         ...
 *     }
 *     static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
 *                             ingest_error *error) {
 *         const struct limit *limit = self;
 *         for (int64_t row = 0; row < ingest_rows_of(batch); ++row) {
 *             if (!ingest_has(batch, limit->temperature, row)) continue;
 *             if (ingest_f64(batch, limit->temperature, row) > limit->max)
 *                 ingest_reject(report, row, limit->temperature, "too_hot", "is above the limit");
 *         }
 *         return INGEST_OK;
 *     }
 *     static const ingest_validator table = {sizeof table, 0, create, validate, destroy};
 *     INGEST_EXPORT("limit", "1.0.0", "what it does", "{...}", INGEST_VALIDATOR_ID, table)
 *
 * Nothing here allocates or keeps anything; what is returned is borrowed from the argument. */
#ifndef INGEST_SDK_PLUGIN_H
#define INGEST_SDK_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ingest/plugin.h"

/* Text ------------------------------------------------------------------------------------------*/

/* An initializer: static const ingest_str name = INGEST_LITERAL("name"); */
#define INGEST_LITERAL(text) {(text), sizeof(text) - 1}

/* Of a text that ends with NUL. */
static inline ingest_str ingest_text(const char *text) {
    ingest_str str = {text, strlen(text)};
    return str;
}

static inline int ingest_is(ingest_str text, const char *wanted) {
    const size_t size = strlen(wanted);
    return text.size == size && (size == 0 || memcmp(text.data, wanted, size) == 0);
}

/* Errors ----------------------------------------------------------------------------------------*/

/* Cuts a message that did not fit between two characters. `size`: bytes of it without the NUL. */
static inline void ingest_cut_text(char *text, size_t size) {
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0U) == 0x80U) --start;
    if (start > 0 && ((unsigned char)text[start - 1] & 0x80U) != 0) --start;
    const unsigned char lead = (unsigned char)text[start];
    const size_t whole = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC0U ? 2 : 1;
    if (start < size && size - start < whole) text[start] = '\0';
}

/* Fills the caller's error and returns `code`: return ingest_fail(error, INGEST_RETRY, "%s: %s",
 * path, strerror(errno)); A message for INGEST_CONFIG begins with the option's JSON pointer and a
 * colon. */
__attribute__((format(printf, 3, 4))) static inline int32_t ingest_fail(ingest_error *error,
                                                                        int32_t code,
                                                                        const char *format, ...) {
    if (error == NULL || error->struct_size <= offsetof(ingest_error, message)) return code;
    error->code = code;
    size_t room = error->struct_size - offsetof(ingest_error, message);
    if (room > sizeof error->message) room = sizeof error->message;
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(error->message, room, format, arguments);
    va_end(arguments);
    if (size < 0) error->message[0] = '\0';
    if (size >= 0 && (size_t)size >= room) ingest_cut_text(error->message, room - 1);
    return code;
}

/* The host --------------------------------------------------------------------------------------*/

/* `level` is INGEST_LOG_*. Changes of state only, no line for every reading. */
static inline void ingest_log(const ingest_host *host, int32_t level, const char *message) {
    host->log(host->ctx, level, ingest_text(message));
}

/* Schema ----------------------------------------------------------------------------------------*/

/* The column's index, or -1. */
static inline int32_t ingest_find_column(const struct ArrowSchema *schema, const char *name) {
    for (int64_t i = 0; i < schema->n_children; ++i) {
        if (strcmp(schema->children[i]->name, name) == 0) return (int32_t)i;
    }
    return -1;
}

static inline const char *ingest_format(const struct ArrowSchema *schema, int32_t column) {
    return schema->children[column]->format;
}

/* The index of a column of a certain format ("g", "l", "u", "b", "tsu:UTC"), or -1 after filling
 * `error` with INGEST_CONFIG. */
static inline int32_t ingest_need_column(const struct ArrowSchema *schema, const char *name,
                                         const char *format, ingest_error *error) {
    const int32_t column = ingest_find_column(schema, name);
    if (column < 0) {
        ingest_fail(error, INGEST_CONFIG, "there is no column \"%s\"", name);
        return -1;
    }
    if (strcmp(ingest_format(schema, column), format) != 0) {
        ingest_fail(error, INGEST_CONFIG, "the column \"%s\" is of the format %s, not %s", name,
                    ingest_format(schema, column), format);
        return -1;
    }
    return column;
}

/* Cells -----------------------------------------------------------------------------------------*/
/* REQUIRES of all below: 0 <= row < ingest_rows_of(batch), a column of the schema; of those that
 * read a value: ingest_has(), and the column's format. */

static inline int64_t ingest_rows_of(const ingest_batch *batch) { return batch->data->length; }

static inline const void *ingest_buffer(const ingest_batch *batch, int32_t column, int buffer) {
    return batch->data->children[column]->buffers[buffer];
}

static inline int ingest_bit(const void *bitmap, int64_t index) {
    return ((const uint8_t *)bitmap)[index / 8] >> (index % 8) & 1;
}

/* 0: the cell is null. */
static inline int ingest_has(const ingest_batch *batch, int32_t column, int64_t row) {
    return ingest_bit(ingest_buffer(batch, column, 0), row);
}

/* g */
static inline double ingest_f64(const ingest_batch *batch, int32_t column, int64_t row) {
    return ((const double *)ingest_buffer(batch, column, 1))[row];
}

/* l, and tsu:UTC in microseconds */
static inline int64_t ingest_i64(const ingest_batch *batch, int32_t column, int64_t row) {
    return ((const int64_t *)ingest_buffer(batch, column, 1))[row];
}

/* b */
static inline int ingest_bool(const ingest_batch *batch, int32_t column, int64_t row) {
    return ingest_bit(ingest_buffer(batch, column, 1), row);
}

/* u */
static inline ingest_str ingest_utf8(const ingest_batch *batch, int32_t column, int64_t row) {
    const int32_t *offsets = (const int32_t *)ingest_buffer(batch, column, 1);
    const char *texts = (const char *)ingest_buffer(batch, column, 2);
    ingest_str text = {texts + offsets[row], (uint64_t)(offsets[row + 1] - offsets[row])};
    return text;
}

/* w:16: 16 bytes in network order */
static inline const uint8_t *ingest_uuid(const ingest_batch *batch, int32_t column, int64_t row) {
    return (const uint8_t *)ingest_buffer(batch, column, 1) + row * 16;
}

/* The row was refused before this validator saw it; one that remembers readings skips it. */
static inline int ingest_refused(const ingest_batch *batch, int64_t row) {
    return batch->refused != NULL && ingest_bit(batch->refused, row);
}

/* Nothing of this batch will be stored; a validator that remembers readings forgets them again. */
static inline int ingest_trial(const ingest_batch *batch) {
    return (batch->flags & INGEST_BATCH_TRIAL) != 0;
}

/* Findings --------------------------------------------------------------------------------------*/
/* Each returns what the host said: INGEST_OK, or INGEST_UNSUPPORTED for what is not in the schema
 * or the manifest. `column` -1 is the reading as a whole. */

static inline int32_t ingest_reject(ingest_report *report, int64_t row, int32_t column,
                                    const char *code, const char *message) {
    return report->issue(report->ctx, row, column, INGEST_REJECT_ROW, ingest_text(code),
                         ingest_text(message));
}

static inline int32_t ingest_warn(ingest_report *report, int64_t row, int32_t column,
                                  const char *code, const char *message) {
    return report->issue(report->ctx, row, column, INGEST_WARN, ingest_text(code),
                         ingest_text(message));
}

static inline int32_t ingest_set_f64(ingest_report *report, int64_t row, int32_t column,
                                     double value) {
    return report->set_f64(report->ctx, row, column, value);
}

/* Options ---------------------------------------------------------------------------------------*/

/* Reads options by the host's service, so that no plugin needs a JSON parser. The first thing that
 * is wrong stays in `code` and in the error of `create`; whatever is read after it is a default.
 * Valid during `create`. A pointer is a JSON pointer: "/max", "/limits/0/max". */
typedef struct ingest_reader {
    void *ctx;
    const ingest_options *table;
    ingest_str json;
    ingest_error *error;
    int32_t code; /* to be asked when all is read: return it from `create` unless INGEST_OK */
} ingest_reader;

static inline ingest_reader ingest_read(const ingest_host *host, ingest_str json,
                                        ingest_error *error) {
    ingest_reader reader = {
        host->ctx,
        (const ingest_options *)host->get_service(host->ctx, ingest_text(INGEST_OPTIONS_ID)),
        json, error, INGEST_OK};
    if (reader.table == NULL) {
        reader.code = ingest_fail(error, INGEST_FATAL, "this host has not got the service %s",
                                  INGEST_OPTIONS_ID);
    }
    return reader;
}

/* Says that an option is wrong, unless another was before: message is "must be below /max". */
static inline void ingest_wrong(ingest_reader *reader, const char *pointer, const char *message) {
    if (reader->code != INGEST_OK) return;
    reader->code = ingest_fail(reader->error, INGEST_CONFIG, "%s: %s", pointer, message);
}

/* Whether the service's `code` came with a value. */
static inline int ingest_read_ok(ingest_reader *reader, int32_t code, const char *pointer,
                                 const char *wanted, int needed) {
    if (code == INGEST_OK) return 1;
    if (code != INGEST_UNSUPPORTED) {
        ingest_wrong(reader, pointer, wanted);
    } else if (needed) {
        ingest_wrong(reader, pointer, "is missing");
    }
    return 0;
}

/* The option, or `otherwise` when it is not there. */
static inline double ingest_get_f64(ingest_reader *reader, const char *pointer, double otherwise) {
    double value = otherwise;
    if (reader->code != INGEST_OK) return otherwise;
    ingest_read_ok(
        reader, reader->table->get_f64(reader->ctx, reader->json, ingest_text(pointer), &value),
        pointer, "must be a number", 0);
    return value;
}

static inline double ingest_need_f64(ingest_reader *reader, const char *pointer) {
    double value = 0;
    if (reader->code != INGEST_OK) return value;
    ingest_read_ok(
        reader, reader->table->get_f64(reader->ctx, reader->json, ingest_text(pointer), &value),
        pointer, "must be a number", 1);
    return value;
}

static inline int64_t ingest_get_i64(ingest_reader *reader, const char *pointer,
                                     int64_t otherwise) {
    int64_t value = otherwise;
    if (reader->code != INGEST_OK) return otherwise;
    ingest_read_ok(
        reader, reader->table->get_i64(reader->ctx, reader->json, ingest_text(pointer), &value),
        pointer, "must be an integer of 64 bits", 0);
    return value;
}

static inline int ingest_get_bool(ingest_reader *reader, const char *pointer, int otherwise) {
    int32_t value = otherwise;
    if (reader->code != INGEST_OK) return otherwise;
    ingest_read_ok(
        reader, reader->table->get_bool(reader->ctx, reader->json, ingest_text(pointer), &value),
        pointer, "must be true or false", 0);
    return value;
}

/* How many elements an array or members an object has; 0 when it is not there. */
static inline uint64_t ingest_get_size(ingest_reader *reader, const char *pointer) {
    uint64_t size = 0;
    if (reader->code != INGEST_OK) return size;
    ingest_read_ok(
        reader, reader->table->get_size(reader->ctx, reader->json, ingest_text(pointer), &size),
        pointer, "must be an array or an object", 0);
    return size;
}

static inline int ingest_keep_utf8(ingest_reader *reader, const char *pointer, char *buffer,
                                   size_t room, int needed) {
    uint64_t size = 0;
    buffer[0] = '\0';
    if (reader->code != INGEST_OK) return 0;
    const int32_t code = reader->table->get_utf8(reader->ctx, reader->json, ingest_text(pointer),
                                                 buffer, room - 1, &size);
    if (!ingest_read_ok(reader, code, pointer, "must be a text", needed)) return 0;
    if (size >= room) {
        ingest_wrong(reader, pointer, "is too long");
        size = 0;
    } else if (size > 0 && memchr(buffer, 0, (size_t)size) != NULL) {
        ingest_wrong(reader, pointer, "must not contain a NUL character");
        size = 0;
    }
    buffer[size] = '\0';
    return 1;
}

/* Writes the text with a NUL behind it to `buffer`, of `room` > 0 bytes. One that does not fit is
 * an error, and so is a NUL in it. */
static inline void ingest_need_utf8(ingest_reader *reader, const char *pointer, char *buffer,
                                    size_t room) {
    ingest_keep_utf8(reader, pointer, buffer, room, 1);
}

/* REQUIRES: `otherwise` fits. */
static inline void ingest_get_utf8(ingest_reader *reader, const char *pointer,
                                   const char *otherwise, char *buffer, size_t room) {
    if (!ingest_keep_utf8(reader, pointer, buffer, room, 0)) {
        memcpy(buffer, otherwise, strlen(otherwise) + 1);
    }
}

/* Export ----------------------------------------------------------------------------------------*/

/* The entry symbol of a plugin with one interface. The texts are literals, TABLE is a static
 * ingest_validator or ingest_sink. */
#define INGEST_EXPORT(ID, VERSION, DESCRIPTION, MANIFEST, INTERFACE_ID, TABLE)                    \
    static const void *ingest_plugin_interface(ingest_str id) {                                   \
        return ingest_is(id, INTERFACE_ID) ? &(TABLE) : NULL;                                     \
    }                                                                                             \
    __attribute__((visibility("default"))) const ingest_plugin *ingest_plugin_entry_v1(           \
        const ingest_host *host);                                                                 \
    const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {                        \
        static const ingest_plugin plugin = {sizeof(ingest_plugin),                               \
                                             INGEST_ABI_MINOR,                                    \
                                             0,                                                   \
                                             0,                                                   \
                                             INGEST_LITERAL(ID),                                  \
                                             INGEST_LITERAL(VERSION),                             \
                                             INGEST_LITERAL(DESCRIPTION),                         \
                                             INGEST_LITERAL(MANIFEST),                            \
                                             ingest_plugin_interface};                            \
        (void)host;                                                                               \
        return &plugin;                                                                           \
    }

#endif
