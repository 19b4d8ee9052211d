#pragma once

#include <cstdint>
#include <string_view>

namespace ingest::redis_sink {

// What an error reply of the server means for the readings. Static, so that `health` may point at
// it from any thread.
struct Verdict {
    int32_t code;           // INGEST_RETRY or INGEST_FATAL
    std::string_view text;  // for the operator: what it means and, if it is theirs to act, how
};

// `error` is the reply's text without its leading '-', "OOM command not allowed when ...". What is
// not in the table is retried: an outage must never lose a reading.
const Verdict& judge(std::string_view error) noexcept;

// The error's code word, "WRONGTYPE": the part that never repeats what was sent.
std::string_view code_word(std::string_view error) noexcept;

}  // namespace ingest::redis_sink
