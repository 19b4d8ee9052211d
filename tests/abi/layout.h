/* Size and place of every field of the ABI on 64-bit machines, as numbers: if one of these does
 * not hold any more, plugins that people have built no longer fit. Only ever add lines. */
#ifndef INGEST_ABI_LAYOUT_H
#define INGEST_ABI_LAYOUT_H

#include <stddef.h>

#include "ingest/plugin.h"

#ifdef __cplusplus
#define ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define ABI_SIZE(type, size) ABI_ASSERT(sizeof(type) == (size))
#define ABI_FIELD(type, field, offset, size)      \
    ABI_ASSERT(offsetof(type, field) == (offset)); \
    ABI_ASSERT(sizeof(((type *)0)->field) == (size))

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

ABI_SIZE(ingest_str, 16);
ABI_FIELD(ingest_str, data, 0, 8);
ABI_FIELD(ingest_str, size, 8, 8);

ABI_SIZE(ingest_error, 512);
ABI_FIELD(ingest_error, struct_size, 0, 4);
ABI_FIELD(ingest_error, code, 4, 4);
ABI_FIELD(ingest_error, message, 8, 504);

ABI_SIZE(ingest_host, 40);
ABI_FIELD(ingest_host, struct_size, 0, 4);
ABI_FIELD(ingest_host, abi_minor, 4, 4);
ABI_FIELD(ingest_host, ctx, 8, 8);
ABI_FIELD(ingest_host, log, 16, 8);
ABI_FIELD(ingest_host, now_ns, 24, 8);
ABI_FIELD(ingest_host, get_service, 32, 8);

ABI_SIZE(ingest_plugin, 88);
ABI_FIELD(ingest_plugin, struct_size, 0, 4);
ABI_FIELD(ingest_plugin, built_minor, 4, 4);
ABI_FIELD(ingest_plugin, min_host_minor, 8, 4);
ABI_FIELD(ingest_plugin, reserved, 12, 4);
ABI_FIELD(ingest_plugin, id, 16, 16);
ABI_FIELD(ingest_plugin, version, 32, 16);
ABI_FIELD(ingest_plugin, description, 48, 16);
ABI_FIELD(ingest_plugin, manifest_json, 64, 16);
ABI_FIELD(ingest_plugin, get_interface, 80, 8);

ABI_SIZE(struct ArrowSchema, 72);
ABI_FIELD(struct ArrowSchema, format, 0, 8);
ABI_FIELD(struct ArrowSchema, name, 8, 8);
ABI_FIELD(struct ArrowSchema, metadata, 16, 8);
ABI_FIELD(struct ArrowSchema, flags, 24, 8);
ABI_FIELD(struct ArrowSchema, n_children, 32, 8);
ABI_FIELD(struct ArrowSchema, children, 40, 8);
ABI_FIELD(struct ArrowSchema, dictionary, 48, 8);
ABI_FIELD(struct ArrowSchema, release, 56, 8);
ABI_FIELD(struct ArrowSchema, private_data, 64, 8);

ABI_SIZE(struct ArrowArray, 80);
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

ABI_SIZE(ingest_batch, 48);
ABI_FIELD(ingest_batch, struct_size, 0, 4);
ABI_FIELD(ingest_batch, reserved, 4, 4);
ABI_FIELD(ingest_batch, sequence, 8, 8);
ABI_FIELD(ingest_batch, deadline_ns, 16, 8);
ABI_FIELD(ingest_batch, schema, 24, 8);
ABI_FIELD(ingest_batch, data, 32, 8);
ABI_FIELD(ingest_batch, refused, 40, 8);

ABI_SIZE(ingest_report, 56);
ABI_FIELD(ingest_report, struct_size, 0, 4);
ABI_FIELD(ingest_report, reserved, 4, 4);
ABI_FIELD(ingest_report, ctx, 8, 8);
ABI_FIELD(ingest_report, issue, 16, 8);
ABI_FIELD(ingest_report, set_utf8, 24, 8);
ABI_FIELD(ingest_report, set_f64, 32, 8);
ABI_FIELD(ingest_report, set_i64, 40, 8);
ABI_FIELD(ingest_report, set_null, 48, 8);

ABI_SIZE(ingest_validator, 32);
ABI_FIELD(ingest_validator, struct_size, 0, 4);
ABI_FIELD(ingest_validator, reserved, 4, 4);
ABI_FIELD(ingest_validator, create, 8, 8);
ABI_FIELD(ingest_validator, validate, 16, 8);
ABI_FIELD(ingest_validator, destroy, 24, 8);

ABI_SIZE(ingest_health, 256);
ABI_FIELD(ingest_health, struct_size, 0, 4);
ABI_FIELD(ingest_health, state, 4, 4);
ABI_FIELD(ingest_health, message, 8, 248);

ABI_SIZE(ingest_sink, 48);
ABI_FIELD(ingest_sink, struct_size, 0, 4);
ABI_FIELD(ingest_sink, reserved, 4, 4);
ABI_FIELD(ingest_sink, create, 8, 8);
ABI_FIELD(ingest_sink, write, 16, 8);
ABI_FIELD(ingest_sink, health, 24, 8);
ABI_FIELD(ingest_sink, flush, 32, 8);
ABI_FIELD(ingest_sink, destroy, 40, 8);

ABI_SIZE(ingest_rows, 56);
ABI_FIELD(ingest_rows, struct_size, 0, 4);
ABI_FIELD(ingest_rows, reserved, 4, 4);
ABI_FIELD(ingest_rows, ctx, 8, 8);
ABI_FIELD(ingest_rows, begin_row, 16, 8);
ABI_FIELD(ingest_rows, set_utf8, 24, 8);
ABI_FIELD(ingest_rows, set_f64, 32, 8);
ABI_FIELD(ingest_rows, set_i64, 40, 8);
ABI_FIELD(ingest_rows, set_bytes, 48, 8);

ABI_SIZE(ingest_query, 32);
ABI_FIELD(ingest_query, struct_size, 0, 4);
ABI_FIELD(ingest_query, reserved, 4, 4);
ABI_FIELD(ingest_query, create, 8, 8);
ABI_FIELD(ingest_query, latest, 16, 8);
ABI_FIELD(ingest_query, destroy, 24, 8);

#endif
