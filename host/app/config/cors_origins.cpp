#include "app/config/cors_origins.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace ingest::app::config {

namespace {

constexpr std::string_view expected =
    "give a list of origins such as https://example.org, or \"*\" for all";

// RFC 6454: a scheme, a host, perhaps a port; no path, so no slash at the end either.
bool is_origin(std::string_view text) {
    if (text == "*") return true;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const std::string_view host = text.substr(scheme.size());
        return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
            return c > ' ' && c < 0x7F && c != '/' && c != '*' && c != ',';
        });
    }
    return false;
}

std::optional<std::vector<std::string>> from_json(const std::string& text) {
    const auto list = nlohmann::json::parse(text, nullptr, false);
    if (!list.is_array()) return std::nullopt;
    std::vector<std::string> parts;
    for (const auto& item : list) {
        if (!item.is_string()) return std::nullopt;
        parts.push_back(item.get_ref<const std::string&>());
    }
    return parts;
}

// `shown` stands for the origins in messages.
void take(MapReader& map, std::vector<std::string> parts, Mark mark, const std::string& shown,
          std::vector<std::string>& origins) {
    for (std::string& part : parts) {
        if (is_origin(part)) {
            origins.push_back(std::move(part));
        } else {
            map.diagnostics().add(mark,
                                  map.path_of("origins") + ": " + shown +
                                      " is no origin, or has one that is not",
                                  expected);
            return;
        }
    }
}

void read_origins(MapReader& map, const Node& node, std::vector<std::string>& origins) {
    origins.clear();
    if (node.is_sequence()) {
        for (const Node& item : node.items) {
            if (!item.broken)
                take(map, {item.is_scalar() ? item.text : ""}, item.mark, describe(item), origins);
        }
    } else if (node.is_scalar() && node.text.starts_with('[')) {
        auto parts = from_json(node.text);
        if (!parts) return map.error("origins", describe(node) + " is not a JSON list", expected);
        take(map, std::move(*parts), node.mark, describe(node), origins);
    } else if (node.is_scalar()) {
        take(map, split_at_commas(node.text), node.mark, describe(node), origins);
    } else if (node.is_map()) {
        map.error("origins", "found a map", expected);
    }
}

}  // namespace

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        std::string_view part = text.substr(begin, end - begin);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        parts.emplace_back(part);
        begin = end + 1;
    }
    return parts;
}

void read_cors(MapReader& map, std::vector<std::string>& origins) {
    const Node* node = map.find("origins");
    if (node != nullptr) read_origins(map, *node, origins);
    map.record("origins", Setting::Kind::texts, node, origins).takes_commas = true;
}

}  // namespace ingest::app::config
