/* Size and place of every field of the ABI on 64-bit machines, and every constant, as numbers: if
 * one of these does not hold any more, plugins that people have built no longer fit. layout_check
 * sees to it that none is missing. Only ever add lines; a new minor changes the sizes in ABI_SIZE
 * and INGEST_ABI_MINOR, and nothing else. */
#ifndef INGEST_ABI_LAYOUT_H
#define INGEST_ABI_LAYOUT_H

#include <stddef.h>

#include "ingest/plugin.h"

#ifdef __cplusplus
#include <string_view>
#define ABI_ASSERT(condition) static_assert(condition, #condition)
#define ABI_TEXT(constant, text) ABI_ASSERT(std::string_view(constant) == (text))
#define ABI_ALIGNMENT(type) alignof(type)
#else
#define ABI_ASSERT(condition) _Static_assert(condition, #condition)
/* C has no constant expression that compares texts; C++ sees the same header. */
#define ABI_TEXT(constant, text) ABI_ASSERT(sizeof(constant) == sizeof(text))
#define ABI_ALIGNMENT(type) _Alignof(type)
#endif
/* With ABI_LATER_MINOR, the headers are those of a later minor: structs may be larger, nothing else
 * may differ. */
#ifdef ABI_LATER_MINOR
#define ABI_SIZE(type, size, alignment) \
    ABI_ASSERT(sizeof(type) >= (size)); \
    ABI_ASSERT(ABI_ALIGNMENT(type) == (alignment))
#else
#define ABI_SIZE(type, size, alignment) \
    ABI_ASSERT(sizeof(type) == (size)); \
    ABI_ASSERT(ABI_ALIGNMENT(type) == (alignment))
#endif
#define ABI_FIELD(type, field, offset, size)      \
    ABI_ASSERT(offsetof(type, field) == (offset)); \
    ABI_ASSERT(sizeof(((type *)0)->field) == (size))

ABI_ASSERT(INGEST_ABI_MAJOR == 1);
#ifndef ABI_LATER_MINOR
ABI_ASSERT(INGEST_ABI_MINOR == 0);
#endif
ABI_TEXT(INGEST_ENTRY_SYMBOL, "ingest_plugin_entry_v1");
ABI_TEXT(INGEST_VALIDATOR_ID, "ingest.validator/1");
ABI_TEXT(INGEST_SINK_ID, "ingest.sink/1");
ABI_TEXT(INGEST_QUERY_ID, "ingest.query/1");
ABI_TEXT(INGEST_OPTIONS_ID, "ingest.options/1");

/* The sizes of minor 0, the least that a struct of any minor may have. */
ABI_ASSERT(INGEST_ERROR_SIZE_0 == 512);
ABI_ASSERT(INGEST_HOST_SIZE_0 == 40);
ABI_ASSERT(INGEST_PLUGIN_SIZE_0 == 88);
ABI_ASSERT(INGEST_BATCH_SIZE_0 == 48);
ABI_ASSERT(INGEST_REPORT_SIZE_0 == 56);
ABI_ASSERT(INGEST_VALIDATOR_SIZE_0 == 32);
ABI_ASSERT(INGEST_HEALTH_SIZE_0 == 256);
ABI_ASSERT(INGEST_SINK_SIZE_0 == 48);
ABI_ASSERT(INGEST_ROWS_SIZE_0 == 56);
ABI_ASSERT(INGEST_QUERY_SIZE_0 == 32);
ABI_ASSERT(INGEST_OPTIONS_SIZE_0 == 56);

ABI_ASSERT(INGEST_OK == 0);
ABI_ASSERT(INGEST_CONFIG == 1);
ABI_ASSERT(INGEST_RETRY == 2);
ABI_ASSERT(INGEST_REJECT == 3);
ABI_ASSERT(INGEST_FATAL == 4);
ABI_ASSERT(INGEST_TIMEOUT == 5);
ABI_ASSERT(INGEST_UNSUPPORTED == 6);
ABI_ASSERT(INGEST_INTERNAL == 7);

ABI_ASSERT(INGEST_LOG_DEBUG == 0);
ABI_ASSERT(INGEST_LOG_INFO == 1);
ABI_ASSERT(INGEST_LOG_WARN == 2);
ABI_ASSERT(INGEST_LOG_ERROR == 3);

ABI_ASSERT(INGEST_WARN == 1);
ABI_ASSERT(INGEST_REJECT_ROW == 2);

ABI_ASSERT(INGEST_HEALTH_UNKNOWN == 0);
ABI_ASSERT(INGEST_HEALTH_CONNECTED == 1);
ABI_ASSERT(INGEST_HEALTH_DISCONNECTED == 2);

ABI_ASSERT(INGEST_COLUMN_READING_ID == 0);
ABI_ASSERT(INGEST_COLUMN_EQUIPMENT_ID == 1);
ABI_ASSERT(INGEST_COLUMN_TIMESTAMP == 2);
ABI_ASSERT(INGEST_COLUMN_RECEIVED_AT == 3);
ABI_ASSERT(INGEST_COLUMN_FIRST_FIELD == 4);

ABI_ASSERT(INGEST_BATCH_TRIAL == 1);

ABI_ASSERT(ARROW_FLAG_DICTIONARY_ORDERED == 1);
ABI_ASSERT(ARROW_FLAG_NULLABLE == 2);
ABI_ASSERT(ARROW_FLAG_MAP_KEYS_SORTED == 4);

ABI_SIZE(ingest_str, 16, 8);
ABI_FIELD(ingest_str, data, 0, 8);
ABI_FIELD(ingest_str, size, 8, 8);

ABI_SIZE(ingest_error, 512, 4);
ABI_FIELD(ingest_error, struct_size, 0, 4);
ABI_FIELD(ingest_error, code, 4, 4);
ABI_FIELD(ingest_error, message, 8, 504);

ABI_SIZE(ingest_host, 40, 8);
ABI_FIELD(ingest_host, struct_size, 0, 4);
ABI_FIELD(ingest_host, abi_minor, 4, 4);
ABI_FIELD(ingest_host, ctx, 8, 8);
ABI_FIELD(ingest_host, log, 16, 8);
ABI_FIELD(ingest_host, now_ns, 24, 8);
ABI_FIELD(ingest_host, get_service, 32, 8);

ABI_SIZE(ingest_plugin, 88, 8);
ABI_FIELD(ingest_plugin, struct_size, 0, 4);
ABI_FIELD(ingest_plugin, built_minor, 4, 4);
ABI_FIELD(ingest_plugin, min_host_minor, 8, 4);
ABI_FIELD(ingest_plugin, reserved, 12, 4);
ABI_FIELD(ingest_plugin, id, 16, 16);
ABI_FIELD(ingest_plugin, version, 32, 16);
ABI_FIELD(ingest_plugin, description, 48, 16);
ABI_FIELD(ingest_plugin, manifest_json, 64, 16);
ABI_FIELD(ingest_plugin, get_interface, 80, 8);

ABI_SIZE(struct ArrowSchema, 72, 8);
ABI_FIELD(struct ArrowSchema, format, 0, 8);
ABI_FIELD(struct ArrowSchema, name, 8, 8);
ABI_FIELD(struct ArrowSchema, metadata, 16, 8);
ABI_FIELD(struct ArrowSchema, flags, 24, 8);
ABI_FIELD(struct ArrowSchema, n_children, 32, 8);
ABI_FIELD(struct ArrowSchema, children, 40, 8);
ABI_FIELD(struct ArrowSchema, dictionary, 48, 8);
ABI_FIELD(struct ArrowSchema, release, 56, 8);
ABI_FIELD(struct ArrowSchema, private_data, 64, 8);

ABI_SIZE(struct ArrowArray, 80, 8);
ABI_FIELD(struct ArrowArray, length, 0, 8);
ABI_FIELD(struct ArrowArray, null_count, 8, 8);
ABI_FIELD(struct ArrowArray, offset, 16, 8);
ABI_FIELD(struct ArrowArray, n_buffers, 24, 8);
ABI_FIELD(struct ArrowArray, n_children, 32, 8);
ABI_FIELD(struct ArrowArray, buffers, 40, 8);
ABI_FIELD(struct ArrowArray, children, 48, 8);
ABI_FIELD(struct ArrowArray, dictionary, 56, 8);
ABI_FIELD(struct ArrowArray, release, 64, 8);
ABI_FIELD(struct ArrowArray, private_data, 72, 8);

ABI_SIZE(ingest_batch, 48, 8);
ABI_FIELD(ingest_batch, struct_size, 0, 4);
ABI_FIELD(ingest_batch, flags, 4, 4);
ABI_FIELD(ingest_batch, sequence, 8, 8);
ABI_FIELD(ingest_batch, deadline_ns, 16, 8);
ABI_FIELD(ingest_batch, schema, 24, 8);
ABI_FIELD(ingest_batch, data, 32, 8);
ABI_FIELD(ingest_batch, refused, 40, 8);

ABI_SIZE(ingest_report, 56, 8);
ABI_FIELD(ingest_report, struct_size, 0, 4);
ABI_FIELD(ingest_report, reserved, 4, 4);
ABI_FIELD(ingest_report, ctx, 8, 8);
ABI_FIELD(ingest_report, issue, 16, 8);
ABI_FIELD(ingest_report, set_utf8, 24, 8);
ABI_FIELD(ingest_report, set_f64, 32, 8);
ABI_FIELD(ingest_report, set_i64, 40, 8);
ABI_FIELD(ingest_report, set_null, 48, 8);

ABI_SIZE(ingest_validator, 32, 8);
ABI_FIELD(ingest_validator, struct_size, 0, 4);
ABI_FIELD(ingest_validator, reserved, 4, 4);
ABI_FIELD(ingest_validator, create, 8, 8);
ABI_FIELD(ingest_validator, validate, 16, 8);
ABI_FIELD(ingest_validator, destroy, 24, 8);

ABI_SIZE(ingest_health, 256, 4);
ABI_FIELD(ingest_health, struct_size, 0, 4);
ABI_FIELD(ingest_health, state, 4, 4);
ABI_FIELD(ingest_health, message, 8, 248);

ABI_SIZE(ingest_sink, 48, 8);
ABI_FIELD(ingest_sink, struct_size, 0, 4);
ABI_FIELD(ingest_sink, reserved, 4, 4);
ABI_FIELD(ingest_sink, create, 8, 8);
ABI_FIELD(ingest_sink, write, 16, 8);
ABI_FIELD(ingest_sink, health, 24, 8);
ABI_FIELD(ingest_sink, flush, 32, 8);
ABI_FIELD(ingest_sink, destroy, 40, 8);

ABI_SIZE(ingest_rows, 56, 8);
ABI_FIELD(ingest_rows, struct_size, 0, 4);
ABI_FIELD(ingest_rows, reserved, 4, 4);
ABI_FIELD(ingest_rows, ctx, 8, 8);
ABI_FIELD(ingest_rows, begin_row, 16, 8);
ABI_FIELD(ingest_rows, set_utf8, 24, 8);
ABI_FIELD(ingest_rows, set_f64, 32, 8);
ABI_FIELD(ingest_rows, set_i64, 40, 8);
ABI_FIELD(ingest_rows, set_bytes, 48, 8);

ABI_SIZE(ingest_query, 32, 8);
ABI_FIELD(ingest_query, struct_size, 0, 4);
ABI_FIELD(ingest_query, reserved, 4, 4);
ABI_FIELD(ingest_query, create, 8, 8);
ABI_FIELD(ingest_query, latest, 16, 8);
ABI_FIELD(ingest_query, destroy, 24, 8);

ABI_SIZE(ingest_options, 56, 8);
ABI_FIELD(ingest_options, struct_size, 0, 4);
ABI_FIELD(ingest_options, reserved, 4, 4);
ABI_FIELD(ingest_options, get_i64, 8, 8);
ABI_FIELD(ingest_options, get_f64, 16, 8);
ABI_FIELD(ingest_options, get_bool, 24, 8);
ABI_FIELD(ingest_options, get_utf8, 32, 8);
ABI_FIELD(ingest_options, get_size, 40, 8);
ABI_FIELD(ingest_options, get_name, 48, 8);

#endif
