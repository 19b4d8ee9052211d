#include "access/json_object.h"

#include <set>
#include <vector>

namespace ingest::access {
namespace {

constexpr int depth_max = 8;

}  // namespace

std::optional<nlohmann::json> parse_object(std::string_view text) {
    using Event = nlohmann::json::parse_event_t;
    bool sound = true;
    std::vector<std::set<std::string>> names;  // of the objects that are open
    const auto look = [&](int depth, Event event, nlohmann::json& parsed) {
        if (depth > depth_max) sound = false;
        if (event == Event::object_start) names.emplace_back();
        if (event == Event::object_end) names.pop_back();
        if (event == Event::key && !names.back().insert(parsed.get<std::string>()).second) {
            sound = false;
        }
        return true;
    };
    nlohmann::json parsed = nlohmann::json::parse(text.begin(), text.end(), look, false);
    if (!sound || !parsed.is_object()) return std::nullopt;
    return parsed;
}

const std::string* text_member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace ingest::access
