#pragma once

#include <array>
#include <cstdint>

// What lies in the memory that a host and a child process with a plugin share. Places are offsets
// from its beginning, as each process maps it elsewhere. What crosses is what the ABI passes: the
// buffers of columns, texts, and calls of the report.
namespace ingest::test::isolated {

inline constexpr std::size_t region_bytes = 1 << 20;
inline constexpr std::size_t columns_max = 16;
inline constexpr std::size_t calls_max = 64;

template <std::size_t bytes>
struct Text {
    std::uint64_t size;
    std::array<char, bytes> data;
};

struct SharedColumn {
    Text<64> name;
    Text<16> format;
    std::int64_t flags;
    std::int64_t null_count;
    std::int64_t n_buffers;
    std::array<std::uint64_t, 3> buffers;  // offsets
};

// One call of a function of ingest_report.
struct ReportCall {
    enum Function : std::int32_t { issue, set_utf8, set_f64, set_i64, set_null };
    Function function;
    std::int32_t column;
    std::int64_t row;
    std::int32_t severity;
    Text<64> code;
    Text<512> text;  // message, or value of set_utf8
    double f64;
    std::int64_t i64;
};

struct Region {
    // From the host.
    std::int64_t rows;
    std::uint64_t n_columns;
    std::array<SharedColumn, columns_max> columns;
    Text<512> options;
    // From the child.
    std::int32_t code;
    std::uint64_t n_calls;
    std::array<ReportCall, calls_max> calls;
};

}  // namespace ingest::test::isolated
