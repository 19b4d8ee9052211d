#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/rejection.h"
#include "http/server.h"

namespace ingest::http {

enum class Endpoint {
    root, health, ready, metrics, ledger, plugins, ingest, ingest_batch, explain, latest, asset, any
};
inline constexpr std::size_t endpoints = static_cast<std::size_t>(Endpoint::any) + 1;

// What metrics call it: a path, or "other" for what is no endpoint.
std::string_view name_of(Endpoint endpoint) noexcept;

// Where a request goes. With a rejection the rest holds as far as it was found out: `allow` is
// filled whenever the path is known.
struct Route {
    Endpoint endpoint = Endpoint::any;
    Rejection rejection;
    std::string_view allow;        // for Allow: what the path serves
    bool options = false;          // the method is OPTIONS: answered without the endpoint
    bool head_only = false;        // the method is HEAD
    const Asset* asset = nullptr;  // Endpoint::asset
    std::string equipment_id;      // Endpoint::latest
    std::uint32_t limit = 10;      // Endpoint::latest
};

// What is not there, or not for this client.
inline constexpr Rejection nothing_there{404, "there is nothing at this path"};

// Method and target to endpoint. Immutable; any thread.
class Router {
public:
    struct Options {
        bool uppercase_ids = true;
    };
    Router(const Options& options, std::span<const Asset> assets) noexcept
        : options_(options), assets_(assets) {}

    // `target` has passed HeadScanner.
    Route route(std::string_view method, std::string_view target) const;

private:
    void find_endpoint(std::string_view path, Route& route) const;
    void find_latest(std::string_view path, Route& route) const;

    const Options options_;
    const std::span<const Asset> assets_;
};

// Undoes percent-encoding in one segment of a path. False when it is malformed or yields a slash,
// a control character or invalid UTF-8.
bool decode_segment(std::string_view segment, std::string& to);

// `limit` in a query string: once at most, 1..100; other parameters are ignored.
Rejection read_limit(std::string_view query, std::uint32_t& limit) noexcept;

}  // namespace ingest::http
