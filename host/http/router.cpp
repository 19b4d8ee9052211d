#include "http/router.h"

#include "http/ascii.h"
#include "http/head.h"

namespace ingest::http {
namespace {

constexpr std::string_view allow_get = "GET, HEAD, OPTIONS";
constexpr std::string_view allow_post = "POST, OPTIONS";
constexpr std::string_view allow_any = "GET, HEAD, POST, OPTIONS";

constexpr std::string_view sensors = "/api/v1/sensors/";
constexpr std::string_view latest = "/latest";
constexpr std::size_t equipment_id_max = 256;

// The length of the UTF-8 sequence that `text` begins with; 0 when it is none. Shortest forms
// only, no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    }
    const unsigned second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90))
        return 0;
    return length;
}

bool is_plain_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        if (length == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F)) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace

std::string_view name_of(Endpoint endpoint) noexcept {
    switch (endpoint) {
        case Endpoint::root: return "/";
        case Endpoint::health: return "/health";
        case Endpoint::ready: return "/health/ready";
        case Endpoint::metrics: return "/metrics";
        case Endpoint::ledger: return "/internal/ledger";
        case Endpoint::plugins: return "/api/v1/plugins";
        case Endpoint::ingest: return "/api/v1/sensors/ingest";
        case Endpoint::ingest_batch: return "/api/v1/sensors/ingest/batch";
        case Endpoint::explain: return "/api/v1/sensors/explain";
        case Endpoint::latest: return "/api/v1/sensors/{equipment_id}/latest";
        case Endpoint::asset: return "/docs";
        case Endpoint::any: break;
    }
    return "other";
}

bool decode_segment(std::string_view segment, std::string& to) {
    to.clear();
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '%') {
            to += segment[i];
            continue;
        }
        if (segment.size() - i < 3) return false;
        const int high = hex_value(segment[i + 1]);
        const int low = hex_value(segment[i + 2]);
        if (high < 0 || low < 0) return false;
        to += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return to.find('/') == std::string::npos && is_plain_text(to);
}

Rejection read_limit(std::string_view query, std::uint32_t& limit) noexcept {
    const Rejection bad{400, "limit must be one whole number from 1 to 100"};
    bool seen = false;
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        if (take_until(value, '=') != "limit") continue;
        if (seen || value.empty() || value.size() > 3) return bad;
        seen = true;
        limit = 0;
        for (const char c : value) {
            if (!is_digit(c)) return bad;
            limit = limit * 10 + static_cast<std::uint32_t>(c - '0');
        }
        if (limit < 1 || limit > 100) return bad;
    }
    return {};
}

void Router::find_latest(std::string_view path, Route& route) const {
    if (!path.starts_with(sensors) || !path.ends_with(latest)) return;
    path.remove_prefix(sensors.size());
    if (path.size() <= latest.size()) return;
    path.remove_suffix(latest.size());
    if (path.find('/') != std::string_view::npos) return;
    route.endpoint = Endpoint::latest;
    if (!decode_segment(path, route.equipment_id) ||
        route.equipment_id.size() > equipment_id_max) {
        route.rejection = {400, "the equipment id in the path is malformed"};
    }
    if (!options_.uppercase_ids) return;
    for (char& c : route.equipment_id) c = to_upper(c);
}

void Router::find_endpoint(std::string_view path, Route& route) const {
    if (path == "/api/v1/sensors/ingest") {
        route.endpoint = Endpoint::ingest;
    } else if (path == "/api/v1/sensors/ingest/batch") {
        route.endpoint = Endpoint::ingest_batch;
    } else if (path == "/api/v1/sensors/explain") {
        route.endpoint = Endpoint::explain;
    } else if (path == "/health") {
        route.endpoint = Endpoint::health;
    } else if (path == "/health/ready") {
        route.endpoint = Endpoint::ready;
    } else if (path == "/metrics") {
        route.endpoint = Endpoint::metrics;
    } else if (path == "/api/v1/plugins") {
        route.endpoint = Endpoint::plugins;
    } else if (path == "/internal/ledger") {
        route.endpoint = Endpoint::ledger;
    } else if (path == "/") {
        route.endpoint = Endpoint::root;
    } else {
        find_latest(path, route);
        for (const Asset& asset : assets_) {
            if (asset.path != path) continue;
            route.endpoint = Endpoint::asset;
            route.asset = &asset;
        }
    }
}

Route Router::route(std::string_view method, std::string_view target) const {
    Route route;
    const Target parts = split_target(target);
    route.options = method == "OPTIONS";
    route.head_only = method == "HEAD";
    if (parts.path == "*") {
        if (route.options) route.allow = allow_any;
        else route.rejection = {400, "only OPTIONS has the target *"};
        return route;
    }
    find_endpoint(parts.path, route);
    if (route.endpoint == Endpoint::any) {
        route.rejection = nothing_there;
        return route;
    }
    const bool post = route.endpoint == Endpoint::ingest ||
                      route.endpoint == Endpoint::ingest_batch ||
                      route.endpoint == Endpoint::explain;
    route.allow = post ? allow_post : allow_get;
    if (route.options) {
        route.rejection = {};
    } else if (post ? method != "POST" : method != "GET" && method != "HEAD") {
        route.rejection = {405, "this path does not serve that method; see Allow"};
    } else if (route.endpoint == Endpoint::latest && !route.rejection) {
        route.rejection = read_limit(parts.query, route.limit);
    }
    return route;
}

}  // namespace ingest::http
