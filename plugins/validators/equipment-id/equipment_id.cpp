#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include <ingest/sdk/validator.hpp>

namespace {

namespace sdk = ingest::sdk;

constexpr std::string_view default_pattern = "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$";

struct Settings {
    std::string pattern;
    bool uppercase;
    int64_t min_length;
    int64_t max_length;
};

Settings read(const sdk::Options& options) {
    Settings settings{options.get<std::string>("/pattern", std::string(default_pattern)),
                      options.get<bool>("/uppercase", true),
                      options.get<int64_t>("/min_length", 3),
                      options.get<int64_t>("/max_length", 50)};
    if (settings.min_length < 0) throw options.wrong("/min_length", "must not be negative");
    if (settings.min_length > settings.max_length) {
        throw options.wrong("/min_length", "must not be above max_length");
    }
    return settings;
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
    EquipmentId(sdk::Host, const sdk::Options& options, sdk::Schema)
        : settings_(read(options)), pattern_(settings_.pattern, quiet()) {
        if (!pattern_.ok()) {
            throw options.wrong("/pattern",
                                "is no regular expression (RE2 syntax): " + pattern_.error());
        }
        pattern_message_ = "must match " + settings_.pattern;
        length_message_ = "must have at least " + std::to_string(settings_.min_length) +
                          " and at most " + std::to_string(settings_.max_length) + " characters";
    }

    void check(sdk::Batch batch, sdk::Report report) {
        const auto ids = batch.column(sdk::columns::equipment_id);
        for (int64_t row = 0; row < batch.rows(); ++row) {
            const auto id = ids.get(row);
            if (id) check_id(row, upper_case(row, *id, report), report);
        }
    }

private:
    // The id to check: as it stands, or the changed one, valid until the next call.
    std::string_view upper_case(int64_t row, std::string_view id, sdk::Report& report) {
        if (!settings_.uppercase || std::none_of(id.begin(), id.end(), is_lower)) return id;
        upper_.assign(id);
        for (char& c : upper_) {
            if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
        }
        report.set(row, sdk::columns::equipment_id, upper_);
        return upper_;
    }

    // A wrong length is told alone: such an id hardly ever fits the pattern either.
    void check_id(int64_t row, std::string_view id, sdk::Report& report) {
        const int64_t length = code_points(id);
        if (length < settings_.min_length || length > settings_.max_length) {
            report.reject(row, sdk::columns::equipment_id, "length", length_message_);
        } else if (!RE2::FullMatch({id.data(), id.size()}, pattern_)) {
            report.reject(row, sdk::columns::equipment_id, "pattern", pattern_message_);
        }
    }

    Settings settings_;
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
