#include "plugin/manifest.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "plugin/option_grammar.h"

namespace ingest::plugin {
namespace {

using nlohmann::json;
using Type = json::value_t;

constexpr std::size_t issues_max = 256;
constexpr std::size_t code_bytes_max = 64;
constexpr std::size_t column_bytes_max = 63;  // as for fields of the configuration

constexpr std::array root_members = std::to_array<Member>({
    {"kind", Type::string},
    {"shared_state", Type::boolean},
    {"options", Type::array},
    {"reads", Type::array},
    {"writes", Type::array},
    {"issues", Type::array},
});
constexpr std::array issue_members = std::to_array<Member>({
    {"code", Type::string},
    {"description", Type::string},
});

bool is_column(std::string_view name) noexcept {
    return name == "*" || (!name.empty() && name.size() <= column_bytes_max && is_lower(name[0]) &&
                           std::ranges::all_of(name, [](char c) {
                               return is_lower(c) || is_digit(c) || c == '_';
                           }));
}

Result<void> read_columns(const json& root, const char* member, std::vector<std::string>& columns) {
    const auto list = root.find(member);
    if (list == root.end()) return {};
    for (const json& item : *list) {
        const auto* name = item.get_ptr<const std::string*>();
        if (name == nullptr || !is_column(*name)) {
            return Error{std::string(member) + ": " + item.dump() +
                         " is neither a column's name nor \"*\""};
        }
        columns.push_back(*name);
    }
    return {};
}

Result<void> read_issues(const json& root, std::vector<Manifest::Issue>& issues) {
    const auto list = root.find("issues");
    if (list == root.end()) return {};
    if (list->size() > issues_max) return Error{"there are more than 256 issues"};
    for (const json& item : *list) {
        if (auto sound = check_members(item, issue_members, "an issue"); !sound) return sound;
        Manifest::Issue issue{item.value("code", ""), item.value("description", "")};
        const std::string quoted = json(issue.code).dump();
        if (issue.code != "*" && !is_issue_code(issue.code)) {
            return Error{"the issue code " + quoted +
                         " is not 1 to 64 of a-z, 0-9, '_', '.' and '-', nor \"*\""};
        }
        if (std::ranges::count(issues, issue.code, &Manifest::Issue::code) != 0) {
            return Error{"the issue code " + quoted + " is there twice"};
        }
        issues.push_back(std::move(issue));
    }
    return {};
}

Result<void> read_root(const json& root, Manifest& manifest) {
    if (auto sound = check_members(root, root_members, "it"); !sound) return sound;
    const std::string kind = root.value("kind", "");
    if (kind != "sink" && kind != "validator") {
        return Error{R"(its kind is neither "validator" nor "sink")"};
    }
    manifest.kind = kind == "sink" ? Kind::sink : Kind::validator;
    if (manifest.kind == Kind::sink && root.contains("shared_state")) {
        return Error{"shared_state is for validators; a sink's instances are its workers'"};
    }
    manifest.shared_state = root.value("shared_state", false);
    manifest.options = json::array();
    if (const auto options = root.find("options"); options != root.end()) {
        // Before they are copied, which recurses: how deep they are nested is checked here.
        if (auto sound = check_options(*options); !sound) return sound;
        manifest.options = *options;
    }
    if (auto sound = read_columns(root, "reads", manifest.reads); !sound) return sound;
    if (auto sound = read_columns(root, "writes", manifest.writes); !sound) return sound;
    return read_issues(root, manifest.issues);
}

}  // namespace

bool is_issue_code(std::string_view code) noexcept {
    return !code.empty() && code.size() <= code_bytes_max && std::ranges::all_of(code, [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
    });
}

Result<Manifest> parse_manifest(std::string_view text) {
    const json root = json::parse(text, nullptr, false);
    if (!root.is_object()) return Error{"the manifest is not a JSON object"};
    Manifest manifest;
    if (auto sound = read_root(root, manifest); !sound) {
        return Error{"the manifest is wrong: " + sound.error().message};
    }
    return manifest;
}

}  // namespace ingest::plugin
