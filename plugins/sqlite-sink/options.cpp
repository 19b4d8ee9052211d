#include "options.h"

#include <filesystem>

namespace ingest::sqlite_sink {

namespace {

void check_text(const sdk::Options& given, std::string_view pointer, const std::string& text) {
    if (text.empty()) throw given.wrong(pointer, "must not be empty");
    if (text.find('\0') != std::string::npos) {
        throw given.wrong(pointer, "must not contain a NUL character");
    }
}

}  // namespace

Options read_options(const sdk::Options& given) {
    Options options;
    const auto path = given.need<std::string>("/path");
    check_text(given, "/path", path);
    if (path.starts_with(":memory:") || path.starts_with("file:")) {
        throw given.wrong("/path",
                          "must be the path of a file: what is kept in memory is lost with the "
                          "process, and file: addresses are not read");
    }
    // Absolute, so that it stays the same file whatever the process does.
    options.path = std::filesystem::absolute(path).lexically_normal().string();
    options.table = given.get<std::string>("/table", options.table);
    check_text(given, "/table", options.table);
    if (options.table.starts_with("sqlite_")) {
        throw given.wrong("/table", "must not begin with sqlite_, which SQLite reserves");
    }
    constexpr int64_t hour_ms = 3'600'000;
    const auto ms = given.get<int64_t>("/busy_timeout_ms", options.busy_timeout.count());
    if (ms < 0 || ms > hour_ms) {
        throw given.wrong("/busy_timeout_ms", "must be an integer from 0 to 3600000");
    }
    options.busy_timeout = std::chrono::milliseconds(ms);
    return options;
}

}  // namespace ingest::sqlite_sink
