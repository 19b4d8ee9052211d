#include "verdict.h"

#include <cerrno>

#include <ingest/plugin/status.h>
#include <sqlite3.h>

namespace ingest::sqlite_sink {

namespace {

constexpr Verdict locked{INGEST_RETRY, false, "another process holds the database's lock"};
constexpr Verdict full{INGEST_RETRY, false, "the disk is full"};
constexpr Verdict io{INGEST_RETRY, true, "reading or writing the file failed"};
constexpr Verdict memory{INGEST_RETRY, true, "out of memory"};
constexpr Verdict moved{INGEST_RETRY, true, "the file was moved or deleted while it was open"};
constexpr Verdict not_now{INGEST_RETRY, true, "the file cannot be opened at the moment"};
constexpr Verdict late{INGEST_TIMEOUT, false, "the deadline passed"};
constexpr Verdict no_access{INGEST_FATAL, true,
                            "the path is no file that may be opened: correct the path or its owner "
                            "and permissions"};
constexpr Verdict read_only{INGEST_FATAL, true,
                            "the file may not be written: correct its owner and permissions"};
constexpr Verdict corrupt{INGEST_FATAL, true,
                          "the file is damaged or no SQLite database: move it away, or restore it"};
constexpr Verdict refused{INGEST_FATAL, true,
                          "SQLite refuses the statement: the table is not as this sink needs it"};
constexpr Verdict constraint{INGEST_REJECT, false, "the table's constraints refuse the reading"};
constexpr Verdict unsuited{INGEST_REJECT, false, "the table cannot take the reading"};
constexpr Verdict misused{INGEST_INTERNAL, true, "SQLite was called in a wrong way"};
constexpr Verdict unknown{INGEST_RETRY, true, "SQLite gave an error that is not known"};

// Errors that stay until a person acts; any other (no descriptors, no space) may pass.
const Verdict& judge_open(int system_error) noexcept {
    switch (system_error) {
        case EACCES:
        case EPERM:
        case EISDIR:
        case ENOTDIR:
        case EEXIST:
        case EROFS:
        case ELOOP:
        case ENAMETOOLONG:
        case EINVAL: return no_access;
        default: return not_now;
    }
}

const Verdict& judge_read_only(int result) noexcept {
    switch (result) {
        case SQLITE_READONLY_DBMOVED: return moved;
        // Another connection is about to repair what it must before anyone writes.
        case SQLITE_READONLY_RECOVERY:
        case SQLITE_READONLY_CANTLOCK: return locked;
        default: return read_only;
    }
}

}  // namespace

const Verdict& judge(int result, int system_error) noexcept {
    switch (result & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL: return locked;
        case SQLITE_FULL: return full;
        case SQLITE_IOERR: return io;
        case SQLITE_NOMEM: return memory;
        case SQLITE_INTERRUPT: return late;
        case SQLITE_CANTOPEN: return judge_open(system_error);
        case SQLITE_READONLY: return judge_read_only(result);
        case SQLITE_PERM:
        case SQLITE_AUTH: return read_only;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return corrupt;
        case SQLITE_ERROR: return refused;
        case SQLITE_CONSTRAINT: return constraint;
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG: return unsuited;
        case SQLITE_MISUSE:
        case SQLITE_RANGE: return misused;
        default: return unknown;
    }
}

}  // namespace ingest::sqlite_sink
