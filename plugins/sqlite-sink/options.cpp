#include "options.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include <ingest/sdk/sink.hpp>

namespace ingest::sqlite_sink {

namespace {

std::string read_text(const nlohmann::json& options, const char* name, const std::string& preset) {
    const auto found = options.find(name);
    const std::string pointer = std::string("/") + name;
    if (found != options.end() && !found->is_string()) {
        throw sdk::config_error(pointer, "must be a string");
    }
    std::string text = found == options.end() ? preset : found->get<std::string>();
    if (text.empty()) throw sdk::config_error(pointer, "must not be empty");
    if (text.find('\0') != std::string::npos) {
        throw sdk::config_error(pointer, "must not contain a NUL character");
    }
    return text;
}

}  // namespace

Options read_options(std::string_view json_text) {
    const auto json = nlohmann::json::parse(json_text, nullptr, false);
    if (!json.is_object()) throw sdk::config_error("", "the options are no JSON object");

    Options options;
    const std::string path = read_text(json, "path", "");
    if (path.starts_with(":memory:") || path.starts_with("file:")) {
        throw sdk::config_error("/path",
                                "must be the path of a file: what is kept in memory is "
                                "lost with the process, and file: addresses are not read");
    }
    // Absolute, so that it stays the same file whatever the process does.
    options.path = std::filesystem::absolute(path).lexically_normal().string();
    options.table = read_text(json, "table", options.table);
    if (options.table.starts_with("sqlite_")) {
        throw sdk::config_error("/table", "must not begin with sqlite_, which SQLite reserves");
    }
    if (const auto found = json.find("busy_timeout_ms"); found != json.end()) {
        constexpr int64_t hour_ms = 3'600'000;
        const int64_t ms = found->is_number_integer() ? found->get<int64_t>() : -1;
        if (ms < 0 || ms > hour_ms) {
            throw sdk::config_error("/busy_timeout_ms", "must be an integer from 0 to 3600000");
        }
        options.busy_timeout = std::chrono::milliseconds(ms);
    }
    return options;
}

}  // namespace ingest::sqlite_sink
