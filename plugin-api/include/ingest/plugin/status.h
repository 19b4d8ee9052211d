/* Result codes, strings and errors: the vocabulary of every call between host and plugin.
 *
 * The whole ABI uses fixed-width types only: no enum, bool, long, bit-field or C++ type crosses.
 */
#ifndef INGEST_PLUGIN_STATUS_H
#define INGEST_PLUGIN_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The minor version of this ABI. The major version is in the name of the entry symbol. */
#define INGEST_ABI_MINOR UINT32_C(0)

/* Result codes, as int32_t. A code that a host does not know is treated as INGEST_INTERNAL. */
#define INGEST_OK INT32_C(0)          /* done */
#define INGEST_CONFIG INT32_C(1)      /* the options can never work: only from `create` */
#define INGEST_RETRY INT32_C(2)       /* not now (down, timeout, deadlock): call again later */
#define INGEST_REJECT INT32_C(3)      /* this data can never be taken, whatever the time */
#define INGEST_FATAL INT32_C(4)       /* cannot work until a person acts (credentials, table) */
#define INGEST_TIMEOUT INT32_C(5)     /* the deadline passed; treated as INGEST_RETRY */
#define INGEST_UNSUPPORTED INT32_C(6) /* this plugin does not do that */
#define INGEST_INTERNAL INT32_C(7)    /* a bug in the plugin */

/* UTF-8 text, `size` bytes, not terminated. `data` may be NULL when size is 0.
 * Borrowed until the call that it was passed to returns, unless the function says otherwise. */
typedef struct ingest_str {
    const char *data;
    uint64_t size;
} ingest_str;

/* Why a call failed. The caller owns it and sets struct_size before the call; the callee writes at
 * most that many bytes. `message` is UTF-8 and NUL-terminated, for operators, without secrets.
 * From `create`, a message may begin with the JSON pointer of the option that is wrong and a
 * colon ("/temperature/min: must be a number"): the host then shows the line of the YAML file. */
typedef struct ingest_error {
    uint32_t struct_size;
    int32_t code;
    char message[504];
} ingest_error;

#ifdef __cplusplus
}
#endif

#endif
