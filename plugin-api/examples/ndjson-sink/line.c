#define _POSIX_C_SOURCE 200809L
#include "line.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static void append(struct buffer *to, const char *bytes, size_t size) {
    if (to->failed) return;
    if (to->room - to->size < size) {
        const size_t room = (to->size + size) * 2;
        char *grown = realloc(to->data, room);
        if (grown == NULL) {
            to->failed = 1;
            return;
        }
        to->data = grown;
        to->room = room;
    }
    if (size > 0) memcpy(to->data + to->size, bytes, size);
    to->size += size;
}

static void append_text(struct buffer *to, const char *text) { append(to, text, strlen(text)); }

static void append_string(struct buffer *to, ingest_str text) {
    append_text(to, "\"");
    for (uint64_t i = 0; i < text.size; ++i) {
        const unsigned char c = (unsigned char)text.data[i];
        char escaped[8];
        if (c == '"' || c == '\\') {
            escaped[0] = '\\';
            escaped[1] = (char)c;
            append(to, escaped, 2);
        } else if (c < 0x20) {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)c);
            append_text(to, escaped);
        } else {
            append(to, text.data + i, 1);
        }
    }
    append_text(to, "\"");
}

/* The shortest of %.15g, %.16g and %.17g that reads back as the same number. */
static void append_double(struct buffer *to, double value) {
    char digits[32];
    if (!isfinite(value)) { /* the host lets none in; JSON has no word for it */
        append_text(to, "null");
        return;
    }
    for (int precision = 15; precision <= 17; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    for (char *c = digits; *c != '\0'; ++c) {
        if (*c == ',') *c = '.'; /* of another plugin's locale */
    }
    append_text(to, digits);
}

static void append_time(struct buffer *to, int64_t microseconds) {
    int64_t seconds = microseconds / 1000000;
    int64_t rest = microseconds % 1000000;
    if (rest < 0) {
        rest += 1000000;
        --seconds;
    }
    const time_t when = (time_t)seconds;
    struct tm utc;
    char text[64];
    if (gmtime_r(&when, &utc) == NULL) { /* a year that no int holds */
        append_text(to, "null");
        return;
    }
    snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)rest);
    append_text(to, text);
}

static void append_uuid(struct buffer *to, const uint8_t *bytes) {
    append_text(to, "\"");
    for (int i = 0; i < 16; ++i) {
        char hex[4];
        snprintf(hex, sizeof hex, "%02x", (unsigned)bytes[i]);
        if (i == 4 || i == 6 || i == 8 || i == 10) append_text(to, "-");
        append_text(to, hex);
    }
    append_text(to, "\"");
}

static void append_cell(struct buffer *to, const ingest_batch *batch, int32_t column,
                        int64_t row) {
    char integer[32];
    if (!ingest_has(batch, column, row)) {
        append_text(to, "null");
        return;
    }
    switch (ingest_format(batch->schema, column)[0]) {
        case 'g': append_double(to, ingest_f64(batch, column, row)); break;
        case 'l':
            snprintf(integer, sizeof integer, "%lld", (long long)ingest_i64(batch, column, row));
            append_text(to, integer);
            break;
        case 'b': append_text(to, ingest_bool(batch, column, row) ? "true" : "false"); break;
        case 'u': append_string(to, ingest_utf8(batch, column, row)); break;
        case 't': append_time(to, ingest_i64(batch, column, row)); break;
        default: append_uuid(to, ingest_uuid(batch, column, row)); break;
    }
}

void append_line(struct buffer *to, const ingest_batch *batch, int64_t row) {
    for (int32_t column = 0; column < batch->schema->n_children; ++column) {
        append_text(to, column == 0 ? "{" : ",");
        append_string(to, ingest_text(batch->schema->children[column]->name));
        append_text(to, ":");
        append_cell(to, batch, column, row);
    }
    append_text(to, "}\n");
}
