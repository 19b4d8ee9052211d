#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <ingest/sdk/validator.hpp>

namespace {

using nlohmann::json;
namespace sdk = ingest::sdk;

constexpr std::string_view default_pattern = "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$";

struct Options {
    std::string pattern{default_pattern};
    bool uppercase = true;
    int64_t min_length = 3;
    int64_t max_length = 50;
};

Options read_options(std::string_view text) try {
    Options options;
    const json members = json::parse(text);
    for (const auto& [name, value] : members.items()) {
        if (name == "pattern") {
            options.pattern = value.get_ref<const std::string&>();
        } else if (name == "uppercase") {
            options.uppercase = value.get_ref<const bool&>();
        } else if (name == "min_length") {
            options.min_length = value.get_ref<const int64_t&>();
        } else if (name == "max_length") {
            options.max_length = value.get_ref<const int64_t&>();
        } else {
            throw sdk::config_error((json::json_pointer() / name).to_string(),
                                    "is not an option of equipment-id");
        }
    }
    if (options.min_length < 0) throw sdk::config_error("/min_length", "must not be negative");
    if (options.min_length > options.max_length) {
        throw sdk::config_error("/min_length", "must not be above max_length");
    }
    return options;
} catch (const json::exception& e) {
    throw sdk::config_error("", std::string("the options cannot be read: ") + e.what());
}

RE2::Options quiet() {
    RE2::Options options;
    options.set_log_errors(false);
    return options;
}

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

int64_t code_points(std::string_view utf8) noexcept {
    return std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
}

// Owns the compiled pattern and one string for upper-casing. An instance per core, without state
// between readings.
class EquipmentId {
public:
    EquipmentId(sdk::Host, std::string_view options_json, sdk::Schema)
        : options_(read_options(options_json)), pattern_(options_.pattern, quiet()) {
        if (!pattern_.ok()) {
            throw sdk::config_error("/pattern", "is no regular expression (RE2 syntax): " +
                                                    pattern_.error());
        }
        pattern_message_ = "must match " + options_.pattern;
        length_message_ = "must have at least " + std::to_string(options_.min_length) +
                          " and at most " + std::to_string(options_.max_length) + " characters";
    }

    void check(sdk::Batch batch, sdk::Report report) {
        const sdk::Column ids = batch.column(INGEST_COLUMN_EQUIPMENT_ID);
        for (int64_t row = 0; row < batch.rows(); ++row) {
            if (!ids.has(row)) continue;
            check_id(row, upper_case(row, ids.utf8(row), report), report);
        }
    }

private:
    // The id to check: as it stands, or the changed one, valid until the next call.
    std::string_view upper_case(int64_t row, std::string_view id, sdk::Report& report) {
        if (!options_.uppercase || std::none_of(id.begin(), id.end(), is_lower)) return id;
        upper_.assign(id);
        for (char& c : upper_) {
            if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
        }
        report.set(row, INGEST_COLUMN_EQUIPMENT_ID, std::string_view(upper_));
        return upper_;
    }

    // A wrong length is told alone: such an id hardly ever fits the pattern either.
    void check_id(int64_t row, std::string_view id, sdk::Report& report) {
        const int64_t length = code_points(id);
        if (length < options_.min_length || length > options_.max_length) {
            report.reject(row, INGEST_COLUMN_EQUIPMENT_ID, "length", length_message_);
        } else if (!RE2::FullMatch({id.data(), id.size()}, pattern_)) {
            report.reject(row, INGEST_COLUMN_EQUIPMENT_ID, "pattern", pattern_message_);
        }
    }

    Options options_;
    RE2 pattern_;
    std::string pattern_message_;
    std::string length_message_;
    std::string upper_;
};

}  // namespace

INGEST_VALIDATOR(EquipmentId, "equipment-id", "1.0.0",
                 "Checks the form of equipment ids, and upper-cases them", R"json({
  "kind": "validator",
  "options": [
    { "name": "pattern", "type": "string", "default": "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$",
      "description": "regular expression (RE2 syntax) that the whole id must match",
      "column": "equipment_id", "constrains": "pattern" },
    { "name": "uppercase", "type": "boolean", "default": true,
      "description": "turn a-z into A-Z before the id is checked and stored" },
    { "name": "min_length", "type": "integer", "default": 3, "minimum": 0,
      "description": "least number of characters (Unicode code points)",
      "column": "equipment_id", "constrains": "minLength" },
    { "name": "max_length", "type": "integer", "default": 50, "minimum": 0,
      "description": "greatest number of characters (Unicode code points)",
      "column": "equipment_id", "constrains": "maxLength" } ],
  "reads": ["equipment_id"],
  "writes": ["equipment_id"],
  "issues": [
    { "code": "pattern", "description": "the id does not match the pattern" },
    { "code": "length", "description": "the id is too short or too long" } ]
})json");
