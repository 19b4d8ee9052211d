#include "app/config/options.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "app/config/manifest_option.h"
#include "app/config/scalar.h"

namespace ingest::app::config {

namespace {

using nlohmann::json;

std::string list_of(const json& values) {
    std::string out;
    for (const json& value : values) {
        if (!out.empty()) out += ", ";
        out += value.is_string() ? value.get<std::string>() : value.dump();
    }
    return out;
}

// A number of the core schema in base 8 or 16: 0o17, 0xFF.
std::optional<std::int64_t> parse_prefixed(std::string_view text) {
    const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
    if (base == 0) return std::nullopt;
    text.remove_prefix(2);
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('-'))
        return std::nullopt;
    return value;
}

json resolve_scalar(const Node& node) {
    const std::string& text = node.text;
    if (node.quoted) return text;
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
        return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (const auto integer = parse_integer(text)) return *integer;
    if (const auto integer = parse_prefixed(text)) return *integer;
    if (const auto number = parse_number(text)) return *number;
    return text;
}

class Conversion {
public:
    explicit Conversion(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    // Discarded (json::value_t::discarded): an error was reported.
    json object(const Node& node, const json& declared, const std::string& path) {
        json out = json::object();
        for (const Node::Member& given : node.members) {
            const std::string here = path + "." + given.key;
            const json* option = find_option(declared, given.key);
            if (option == nullptr) {
                diagnostics_.add(given.key_mark,
                                 "unknown option " + quote(given.key) + " of " + path,
                                 suggest(given.key, names_of(declared)));
                continue;
            }
            json converted = value(given.value, *option, here);
            if (!converted.is_discarded()) out[given.key] = std::move(converted);
        }
        for (const json& option : declared) {
            const std::string name = text_of(member(option, "name"));
            if (name.empty() || name == "*" || node.find(name) != nullptr) continue;
            const json& fallback = member(option, "default");
            if (!fallback.is_null()) {
                out[name] = fallback;
            } else if (is_true(member(option, "required"))) {
                diagnostics_.add(node.mark, path + "." + name + ": is missing",
                                 "give " + expected(option));
            }
        }
        return out;
    }

private:
    json value(const Node& node, const json& option, const std::string& path) {
        if (node.broken) return json(json::value_t::discarded);
        const std::string type = text_of(member(option, "type"));
        if (type == "object") {
            if (node.is_map() || node.is_null()) {
                const json& declared = member(option, "options");
                return declared.is_array() ? object(node, declared, path) : free(node, path);
            }
        } else if (type == "array") {
            if (node.is_sequence() || node.is_null()) return array(node, option, path);
        } else if (type == "string" || type == "integer" || type == "number" ||
                   type == "boolean") {
            if (node.is_scalar()) return scalar(node, type, option, path);
        } else {
            return checked(free(node, path), node, option, path);
        }
        return refuse(node, "found " + shown(node, option), option, path);
    }

    json array(const Node& node, const json& option, const std::string& path) {
        json out = json::array();
        const json& items = member(option, "items");
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            json item = value(node.items[i], items, path + "[" + std::to_string(i) + "]");
            if (!item.is_discarded()) out.push_back(std::move(item));
        }
        return out;
    }

    json scalar(const Node& node, const std::string& type, const json& option,
                const std::string& path) {
        json out(json::value_t::discarded);
        if (type == "string") out = node.text;
        if (type == "boolean") {
            if (const auto parsed = parse_boolean(node.text)) out = *parsed;
        }
        if (type == "integer") {
            if (const auto parsed = parse_integer(node.text)) out = *parsed;
        }
        if (type == "number") {
            if (const auto parsed = parse_number(node.text)) out = *parsed;
        }
        if (out.is_discarded()) {
            const bool range = type == "integer" && looks_like_integer(node.text);
            return refuse(node, shown(node, option) +
                                    (range ? " is out of range" : " has the wrong type"),
                          option, path);
        }
        return checked(std::move(out), node, option, path);
    }

    // Without a declaration: by the core schema.
    json free(const Node& node, const std::string& path) {
        if (node.broken) return json(json::value_t::discarded);
        if (node.is_null()) return nullptr;
        if (node.is_scalar()) return resolve_scalar(node);
        json out = node.is_map() ? json::object() : json::array();
        for (const Node& item : node.items) {
            json converted = free(item, path);
            if (!converted.is_discarded()) out.push_back(std::move(converted));
        }
        for (const Node::Member& given : node.members) {
            json converted = free(given.value, path);
            if (!converted.is_discarded()) out[given.key] = std::move(converted);
        }
        return out;
    }

    json checked(json out, const Node& node, const json& option, const std::string& path) {
        if (out.is_number()) {
            const json& least = member(option, "minimum");
            const json& most = member(option, "maximum");
            if ((least.is_number() && out < least) || (most.is_number() && out > most))
                return refuse(node, shown(node, option) + " is out of range", option, path);
        }
        const json& allowed = member(option, "enum");
        if (allowed.is_array() && std::find(allowed.begin(), allowed.end(), out) == allowed.end())
            return refuse(node, shown(node, option) + " is not allowed", option, path);
        return out;
    }

    json refuse(const Node& node, const std::string& wrong, const json& option,
                const std::string& path) {
        diagnostics_.add(node.mark, path + ": " + wrong, "give " + expected(option));
        return json(json::value_t::discarded);
    }

    static std::string shown(const Node& node, const json& option) {
        return node.is_scalar() && is_true(member(option, "secret")) ? "the value"
                                                                     : describe(node);
    }

    // What the manifest asks for: "an integer 1..64 (rows of one write)".
    static std::string expected(const json& option) {
        std::string out;
        const std::string type = text_of(member(option, "type"));
        const json& allowed = member(option, "enum");
        if (allowed.is_array()) {
            out = "one of " + list_of(allowed);
        } else if (type == "string") {
            out = "a text";
        } else if (type == "integer") {
            out = "an integer";
        } else if (type == "number") {
            out = "a number";
        } else if (type == "boolean") {
            out = "true or false";
        } else if (type == "object") {
            out = "a map";
        } else if (type == "array") {
            out = "a list";
        } else {
            out = "a value";
        }
        const json& least = member(option, "minimum");
        const json& most = member(option, "maximum");
        if (least.is_number() && most.is_number()) {
            out += " " + least.dump() + ".." + most.dump();
        } else if (least.is_number()) {
            out += " of at least " + least.dump();
        } else if (most.is_number()) {
            out += " of at most " + most.dump();
        }
        const std::string description = text_of(member(option, "description"));
        if (!description.empty()) out += " (" + description + ")";
        return out;
    }

    static std::vector<std::string_view> names_of(const json& declared) {
        std::vector<std::string_view> names;
        for (const json& option : declared) {
            const json& name = member(option, "name");
            if (name.is_string()) names.push_back(name.get_ref<const std::string&>());
        }
        return names;
    }

    Diagnostics& diagnostics_;
};

std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            out += token[++i] == '1' ? '/' : '~';
        } else {
            out += token[i];
        }
    }
    return out;
}

}  // namespace

json options_to_json(const Node& options, const json& manifest_options, std::string_view path,
                     Diagnostics& diagnostics) {
    return Conversion(diagnostics)
        .object(options, manifest_options.is_array() ? manifest_options : json::array(),
                std::string(path));
}

Mark mark_of(const Node& options, std::string_view json_pointer) {
    const Node* node = &options;
    while (json_pointer.starts_with('/')) {
        json_pointer.remove_prefix(1);
        const std::size_t end = std::min(json_pointer.find('/'), json_pointer.size());
        const std::string token = unescaped(json_pointer.substr(0, end));
        json_pointer.remove_prefix(end);
        if (node->is_sequence()) {
            const auto index = parse_integer(token);
            if (!index || *index < 0 || static_cast<std::size_t>(*index) >= node->items.size())
                break;
            node = &node->items[static_cast<std::size_t>(*index)];
        } else {
            const Node::Member* found = node->find(token);
            if (found == nullptr) break;
            node = &found->value;
        }
    }
    return node->mark;
}

}  // namespace ingest::app::config
