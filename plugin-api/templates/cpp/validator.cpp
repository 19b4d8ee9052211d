#include <optional>
#include <string>

#include <ingest/sdk/validator.hpp>

namespace {

namespace sdk = ingest::sdk;

// Refuses the value that a sensor sends when it has not measured: a DS18B20 thermometer, for
// example, says 85 after its supply failed. An instance per core, without state between readings.
class MyPluginValidator {
public:
    MyPluginValidator(sdk::Host, const sdk::Options& options, sdk::Schema schema)
        : field_(schema.column<double>(options.need<std::string>("/field"), "/field")),
          value_(options.need<double>("/value")) {}

    void check(sdk::Row row) {
        const std::optional<double> value = row.get(field_);
        if (value && *value == value_) {
            row.reject(field_, "not_measured", "is what the sensor says when it has not measured");
        }
    }

private:
    sdk::Typed<double> field_;
    double value_;
};

}  // namespace

INGEST_VALIDATOR(MyPluginValidator, "my-plugin", "0.1.0",
                 "Refuses the value of a sensor that has not measured", R"json({
  "kind": "validator",
  "options": [
    { "name": "field", "type": "string", "default": "temperature",
      "description": "the field that the sensor measures" },
    { "name": "value", "type": "number", "default": 85,
      "description": "what the sensor says when it has not measured" } ],
  "reads": ["*"],
  "issues": [ { "code": "not_measured", "description": "the sensor has not measured" } ]
})json");
