/* Result codes, strings and errors: the vocabulary of every call between host and plugin.
 *
 * The whole ABI uses fixed-width types only: no enum, bool, long, bit-field or C++ type crosses.
 *
 * What holds for every function, unless it says otherwise:
 *   lifetime  what an argument points to is borrowed until the call returns; nobody frees the
 *             other's memory; pointers are not NULL; function tables and what they point to are
 *             constant and live as long as the library or the host that made them: for ever
 *   errors    INGEST_OK or the codes that the function names; no exception, longjmp or signal
 *             leaves a function, in either direction
 *   units     sizes in bytes; durations and deadlines in nanoseconds of the monotonic clock, names
 *             end in _ns; times of day in microseconds since 1970-01-01 UTC; rows and columns count
 *             from 0
 *   text      UTF-8
 * Each function names its thread. "Main thread" is the one that starts and ends plugins: calls from
 * it never overlap, but it need not be the process's first.
 */
#ifndef INGEST_PLUGIN_STATUS_H
#define INGEST_PLUGIN_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this ABI. The major is in the name of the entry symbol and never changes for a
 * plugin that was built; the minor grows when something is added.
 *
 * Growth rules. Every struct begins with uint32_t struct_size, set by its maker to its own sizeof.
 * Fields are only ever appended. A reader zero-fills its own copy and copies
 * min(struct_size, its own size): what it does not know it ignores, what the maker did not have it
 * sees as zero. So a function that is appended to a table is always optional. A struct smaller than
 * its size in minor 0 (INGEST_..._SIZE_0), larger than 4096 bytes, or of a size that is no multiple
 * of its alignment is malformed. Fields named `reserved` are 0; the host refuses a struct of which
 * they are not, because its maker asked for something unknown. ingest_str and the Arrow structs are
 * passed inside others and never grow. docs/plugin-abi.md works through an example. */
#define INGEST_ABI_MAJOR UINT32_C(1)
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
#define INGEST_ERROR_SIZE_0 UINT32_C(512)

#ifdef __cplusplus
}
#endif

#endif
