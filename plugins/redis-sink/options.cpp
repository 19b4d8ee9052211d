#include "options.h"

#include <ingest/sdk/destination.hpp>

namespace ingest::redis_sink {

Options read_options(const sdk::Options& given) {
    Options options;
    const auto parsed = parse_url(given.need<std::string>("/url"));
    if (const auto* error = std::get_if<UrlError>(&parsed)) {
        throw given.wrong("/url", error->message);
    }
    options.endpoint = std::get<Endpoint>(parsed);
    if (sdk::is_link_local(options.endpoint.host)) {
        throw given.wrong("/url", "leads to a link-local address: " +
                                      std::string(sdk::link_local_refused));
    }
    options.queue = given.get<std::string>("/queue", options.queue);
    if (options.queue.empty()) throw given.wrong("/queue", "must not be empty");
    constexpr int64_t hour_ms = 3'600'000;
    const auto timeout_ms = given.get<int64_t>("/timeout_ms", options.timeout.count());
    if (timeout_ms < 1 || timeout_ms > hour_ms) {
        throw given.wrong("/timeout_ms", "must be at least 1 and at most an hour");
    }
    options.timeout = std::chrono::milliseconds(timeout_ms);
    options.max_length = given.get<int64_t>("/max_length", 0);
    if (options.max_length < 0) throw given.wrong("/max_length", "must be at least 0");
    return options;
}

}  // namespace ingest::redis_sink
