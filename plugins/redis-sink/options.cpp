#include "options.h"

#include <nlohmann/json.hpp>

#include <ingest/sdk/sink.hpp>

namespace ingest::redis_sink {

namespace {

int64_t read_integer(const nlohmann::json& options, const char* name, int64_t preset, int64_t min) {
    const auto found = options.find(name);
    if (found == options.end()) return preset;
    const std::string pointer = std::string("/") + name;
    if (!found->is_number_integer()) throw sdk::config_error(pointer, "must be an integer");
    const auto value = found->get<int64_t>();
    if (value < min) {
        throw sdk::config_error(pointer, "must be at least " + std::to_string(min));
    }
    return value;
}

std::string read_text(const nlohmann::json& options, const char* name, std::string preset) {
    const auto found = options.find(name);
    if (found == options.end()) return preset;
    if (!found->is_string()) throw sdk::config_error(std::string("/") + name, "must be a string");
    return found->get<std::string>();
}

}  // namespace

Options read_options(std::string_view json_text) {
    const auto json = nlohmann::json::parse(json_text, nullptr, false);
    if (!json.is_object()) throw sdk::config_error("", "the options are no JSON object");

    Options options;
    const auto parsed = parse_url(read_text(json, "url", ""));
    if (const auto* error = std::get_if<UrlError>(&parsed)) {
        throw sdk::config_error("/url", error->message);
    }
    options.endpoint = std::get<Endpoint>(parsed);
    options.queue = read_text(json, "queue", options.queue);
    if (options.queue.empty()) throw sdk::config_error("/queue", "must not be empty");
    constexpr int64_t hour_ms = 3'600'000;
    const int64_t timeout_ms = read_integer(json, "timeout_ms", options.timeout.count(), 1);
    if (timeout_ms > hour_ms) throw sdk::config_error("/timeout_ms", "must be at most an hour");
    options.timeout = std::chrono::milliseconds(timeout_ms);
    options.max_length = read_integer(json, "max_length", 0, 0);
    return options;
}

}  // namespace ingest::redis_sink
