#include "conformance/bad_options.h"

#include <array>
#include <limits>
#include <utility>

namespace ingest::conformance {
namespace {

using nlohmann::json;

// A value of each type, to find some that are of another.
const std::array<std::pair<const char*, json>, 6>& values() {
    static const auto& all = *new std::array<std::pair<const char*, json>, 6>{{
        {"string", "text"},
        {"integer", 7},
        {"number", 0.5},
        {"boolean", true},
        {"object", json::object({{"a", 1}})},
        {"array", json::array({1})},
    }};
    return all;
}

bool takes(const std::string& type, std::string_view other) {
    return type == other || type == "any" || (type == "number" && other == "integer");
}

class Generator {
public:
    explicit Generator(const Subject& subject)
        : subject_(subject), sound_(json::parse(subject.options_json, nullptr, false)) {
        if (!sound_.is_object()) sound_ = json::object();
    }

    std::vector<BadOptions> all() {
        add_broken();
        for (const json& option : subject_.manifest.options) {
            const std::string name = option["name"].get<std::string>();
            if (name != "*") add_option(option, name);
        }
        json unknown = sound_;
        unknown["no_such_option_"] = json::array({1, "two", nullptr});
        add(unknown, "an unknown option", false);
        return std::move(bad_);
    }

private:
    void add(const json& options, std::string what, bool must) {
        bad_.push_back({options.dump(-1, ' ', false, json::error_handler_t::replace),
                        std::move(what), must});
    }
    void add_with(const std::string& name, const json& value, std::string what, bool must) {
        json options = sound_;
        options[name] = value;
        add(options, "option '" + name + "' " + std::move(what), must);
    }

    void add_broken() {
        // Who has no options need not look at them.
        const bool must = !subject_.manifest.options.empty();
        const std::string nested(100'000, '[');
        for (const auto& [text, what] : std::initializer_list<std::pair<std::string, std::string>>{
                 {"", "no JSON at all"},
                 {"{", "broken JSON"},
                 {"{\"a\":", "JSON that is cut off"},
                 {"nonsense", "a word that is no JSON"},
                 {"{\"a\":\"\xff\xfe\"}", "JSON with bytes that are not UTF-8"},
                 {nested, "100 000 nested arrays"}}) {
            bad_.push_back({text, what, must});
        }
        bad_.push_back({"[]", "an array instead of an object", false});
        bad_.push_back({"null", "null instead of an object", false});
    }

    void add_option(const json& option, const std::string& name) {
        const std::string type = option["type"].get<std::string>();
        if (option.value("required", false)) {
            json without = sound_;
            without.erase(name);
            add(without, "option '" + name + "' is missing, which is required", true);
        }
        for (const auto& [other, value] : values()) {
            if (takes(type, other)) continue;
            add_with(name, value, std::string("is of the type ") + other + ", not " + type, true);
        }
        add_with(name, nullptr, "is null", false);
        add_edges(option, name, type);
    }

    // Values that fit, or just do not.
    void add_edges(const json& option, const std::string& name, const std::string& type) {
        for (const char* bound : {"minimum", "maximum"}) {
            if (!option.contains(bound)) continue;
            add_with(name, option[bound], std::string("is at its ") + bound, false);
        }
        if (option.contains("enum")) {
            for (const json& value : option["enum"]) {
                add_with(name, value, "is one of its enum, " + value.dump(), false);
            }
        }
        if (type == "string") {
            add_with(name, "", "is empty", false);
            add_with(name, std::string(100'000, 'x'), "has 100 000 bytes", false);
            add_with(name, std::string("a\0b", 3), "has a NUL in it", false);
            add_with(name, "\u00fc\U0001F321 '\";--", "has quotes and is not ASCII", false);
        }
        if (type == "integer" || type == "number") {
            add_with(name, std::numeric_limits<std::int64_t>::max(), "is 2^63 - 1", false);
            add_with(name, std::numeric_limits<std::int64_t>::min(), "is -2^63", false);
            add_with(name, 0, "is 0", false);
        }
        if (type == "number") add_with(name, std::numeric_limits<double>::max(), "is huge", false);
        if (type == "object") add_with(name, json::object(), "is an empty object", false);
        if (type == "array") add_with(name, json::array(), "is an empty array", false);
    }

    const Subject& subject_;
    json sound_;
    std::vector<BadOptions> bad_;
};

}  // namespace

std::vector<BadOptions> bad_options_for(const Subject& subject) { return Generator(subject).all(); }

}  // namespace ingest::conformance
