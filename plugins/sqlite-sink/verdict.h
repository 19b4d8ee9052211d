#pragma once

#include <cstdint>
#include <string_view>

namespace ingest::sqlite_sink {

// What a result code of SQLite means for the readings. Static, so that `health` may point at it
// from any thread.
struct Verdict {
    int32_t code;           // INGEST_*
    bool reopen;            // the connection cannot be trusted any more
    std::string_view text;  // for the operator
};

// `result` is an extended result code; `system_error` the errno behind it, for files that cannot
// be opened. What is not in the table is retried: nothing may be lost for want of a line here.
const Verdict& judge(int result, int system_error) noexcept;

}  // namespace ingest::sqlite_sink
