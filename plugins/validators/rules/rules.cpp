#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <ingest/sdk/validator.hpp>

#include "condition.hpp"

namespace {

using ingest::validators::Condition;
using nlohmann::json;
namespace sdk = ingest::sdk;

struct Rule {
    std::string name;
    std::string message;
    bool rejects = false;
    int32_t column = -1;  // the one that the finding is about; -1: the reading as a whole
    std::vector<Condition> when;

    bool holds(sdk::Batch batch, int64_t row) const noexcept {
        return std::all_of(when.begin(), when.end(), [&](const Condition& condition) {
            return condition.holds(batch, row);
        });
    }
};

// Member `name` of a rule, a string with something in it; `pointer` is the rule's place.
const std::string& text_of(const json& rule, const char* name, const std::string& pointer) {
    const auto found = rule.find(name);
    const auto* text = found == rule.end() ? nullptr : found->get_ptr<const std::string*>();
    if (text == nullptr || text->empty()) {
        throw sdk::config_error(pointer + "/" + name, "is needed, as a string");
    }
    return *text;
}

std::vector<Condition> read_when(const json& rule, sdk::Schema schema, std::string pointer) {
    std::vector<Condition> conditions;
    pointer += "/when";
    const auto when = rule.find("when");
    if (when == rule.end() || !when->is_object() || when->empty()) {
        throw sdk::config_error(pointer, "is needed: FIELD: {OPERATOR: VALUE}, at least one");
    }
    for (const auto& [field, tests] : when->items()) {
        const std::string at_field = pointer + (json::json_pointer() / field).to_string();
        const int32_t column = schema.need(field, at_field);
        if (!tests.is_object() || tests.empty()) {
            throw sdk::config_error(at_field, "must be {OPERATOR: VALUE}, at least one");
        }
        for (const auto& [name, constant] : tests.items()) {
            conditions.emplace_back(schema, column, name, constant,
                                    at_field + (json::json_pointer() / name).to_string());
        }
    }
    return conditions;
}

Rule read_rule(const json& json_rule, sdk::Schema schema, const std::string& pointer) {
    if (!json_rule.is_object()) throw sdk::config_error(pointer, "must be an object");
    for (const auto& [name, value] : json_rule.items()) {
        static constexpr std::string_view known[] = {"name", "when", "then", "message", "column"};
        if (std::find(std::begin(known), std::end(known), name) == std::end(known)) {
            throw sdk::config_error(pointer + (json::json_pointer() / name).to_string(),
                                    "must be name, when, then, message or column");
        }
    }
    Rule rule;
    rule.name = text_of(json_rule, "name", pointer);
    if (rule.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") !=
        std::string::npos) {
        throw sdk::config_error(pointer + "/name", "must consist of a-z, 0-9, _ and -");
    }
    const std::string& then = text_of(json_rule, "then", pointer);
    if (then != "reject" && then != "warn") {
        throw sdk::config_error(pointer + "/then", "must be reject or warn");
    }
    rule.rejects = then == "reject";
    rule.message = text_of(json_rule, "message", pointer);
    if (json_rule.contains("column")) {
        rule.column = schema.need(text_of(json_rule, "column", pointer), pointer + "/column");
    }
    rule.when = read_when(json_rule, schema, pointer);
    return rule;
}

std::vector<Rule> read_rules(std::string_view options_json, sdk::Schema schema) try {
    // Without the parser's words: they quote bytes that need not be UTF-8.
    const json options = json::parse(options_json, nullptr, false);
    if (!options.is_object()) throw sdk::config_error("", "the options are no JSON object");
    const auto list = options.find("rules");
    if (list == options.end() || !list->is_array()) {
        throw sdk::config_error("/rules", "is needed, as a list");
    }
    std::vector<Rule> rules;
    for (const json& item : *list) {
        const std::string pointer = "/rules/" + std::to_string(rules.size());
        Rule rule = read_rule(item, schema, pointer);
        for (const Rule& earlier : rules) {
            if (earlier.name == rule.name) {
                throw sdk::config_error(pointer + "/name", "is the name of an earlier rule");
            }
        }
        rules.push_back(std::move(rule));
    }
    return rules;
} catch (const json::exception& e) {
    throw sdk::config_error("", std::string("the options cannot be read: ") + e.what());
}

// The rules, in the order of the configuration. An instance per core, without state between
// readings.
class Rules {
public:
    Rules(sdk::Host, const sdk::Options& options, sdk::Schema schema)
        : rules_(read_rules(options.json(), schema)) {}

    void check(sdk::Batch batch, sdk::Report report) {
        for (const Rule& rule : rules_) {
            for (int64_t row = 0; row < batch.rows(); ++row) {
                if (!rule.holds(batch, row)) continue;
                if (rule.rejects) {
                    report.reject(row, rule.column, rule.name, rule.message);
                } else {
                    report.warn(row, rule.column, rule.name, rule.message);
                }
            }
        }
    }

private:
    std::vector<Rule> rules_;
};

}  // namespace

INGEST_VALIDATOR(Rules, "rules", "1.0.0",
                 "Refuses or warns of readings whose fields together mean trouble", R"json({
  "kind": "validator",
  "options": [
    { "name": "rules", "type": "array", "required": true, "description": "in order; all are tried",
      "items": { "name": "rule", "type": "object", "options": [
        { "name": "name", "type": "string", "required": true,
          "description": "of a-z, 0-9, _ and -, unique; the finding's code" },
        { "name": "when", "type": "object", "required": true,
          "description": "conditions on fields; all must hold, one on an absent value never does",
          "options": [ { "name": "*", "type": "object", "description": "conditions on this field",
            "options": [
              { "name": "eq", "type": "any", "description": "equal to" },
              { "name": "ne", "type": "any", "description": "not equal to" },
              { "name": "lt", "type": "number", "description": "less than" },
              { "name": "le", "type": "number", "description": "less than or equal to" },
              { "name": "gt", "type": "number", "description": "greater than" },
              { "name": "ge", "type": "number", "description": "greater than or equal to" },
              { "name": "is_null", "type": "boolean",
                "description": "true: absent; false: not absent" } ] } ] },
        { "name": "then", "type": "string", "required": true, "enum": ["reject", "warn"],
          "description": "refuse the reading, or keep it and tell" },
        { "name": "message", "type": "string", "required": true, "description": "for the client" },
        { "name": "column", "type": "string",
          "description": "the field to name in the finding; without it, the whole reading" }
      ] } } ],
  "reads": ["*"],
  "writes": [],
  "issues": [ { "code": "*", "description": "the name of the rule that holds" } ]
})json");
