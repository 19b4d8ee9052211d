/* The one symbol that a plugin exports, and what it returns.
 *
 * The growth rules of every struct are in status.h.
 */
#ifndef INGEST_PLUGIN_ENTRY_H
#define INGEST_PLUGIN_ENTRY_H

#include "ingest/plugin/host.h"
#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All strings are static: valid as long as the library, which is never unloaded.
 *
 * manifest_json is one JSON object:
 *   { "kind": "validator" | "sink",
 *     "shared_state": false,              validators only: one instance, calls serialised
 *     "options": [ OPTION, ... ],
 *     "reads": ["temperature"], "writes": ["equipment_id"],    columns; "*" = any
 *     "issues": [ { "code": "out_of_range", "description": "..." } ] }     code "*" = any
 *   OPTION = { "name": "url", or "*" for any name that is not listed
 *     "type": "string" | "integer" | "number" | "boolean" | "object" | "array" | "any",
 *     "required": false, "default": ..., "minimum": ..., "maximum": ..., "enum": [...],
 *     "secret": false,                    never shown in logs or by `--print`
 *     "description": "...",
 *     "options": [ OPTION, ... ],         members of an object
 *     "items": OPTION,                    elements of an array (its name is ignored)
 *     "column": "equipment_id",           the column that this option constrains; without it,
 *                                         the name of the enclosing "*" option
 *     "constrains": "minimum" }           the JSON Schema keyword that the API documentation
 *                                         shows with this option's value on that column
 * Options that are not declared are refused by the host before `create`. So is a manifest with a
 * member that the host does not know: a plugin that wants one of a later minor, and works without
 * it too, chooses its manifest by ingest_host.abi_minor. */
typedef struct ingest_plugin {
    uint32_t struct_size;
    uint32_t built_minor;    /* INGEST_ABI_MINOR that it was compiled with */
    uint32_t min_host_minor; /* the least host minor that it works with */
    uint32_t reserved;       /* 0 */
    ingest_str id;           /* [a-z0-9-]{1,64}; must be the file's name without .so */
    ingest_str version;
    ingest_str description;
    ingest_str manifest_json;
    /* Any thread. The function table of an interface by name and revision ("ingest.sink/1"), or
     * NULL for each name that this plugin does not know. The same name gives the same table. */
    const void *(*get_interface)(ingest_str id);
} ingest_plugin;
#define INGEST_PLUGIN_SIZE_0 UINT32_C(88)

#define INGEST_ENTRY_SYMBOL "ingest_plugin_entry_v1"

/* Main thread, once per library, before anything else. `host` stays valid for ever. Returns what
 * stays valid for ever too, or NULL if the plugin cannot run here at all: say why by host->log. It
 * must not connect, block or start threads: many programs load a plugin only to ask what it is. */
typedef const ingest_plugin *(*ingest_plugin_entry_fn)(const ingest_host *host);

#ifdef __cplusplus
}
#endif

#endif
