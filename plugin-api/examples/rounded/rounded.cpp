#include <cmath>

#include <ingest/sdk/validator.hpp>

using namespace ingest::sdk;

class Rounded {
public:
    Rounded(Host, const Options&, Schema schema) : pressure_(schema.column<double>("pressure")) {}

    void check(Row row) {
        const auto value = row.get(pressure_);
        if (value && *value == std::floor(*value))
            row.reject(pressure_, "rounded", "has no digits behind the point: broken sensor?");
    }

private:
    Typed<double> pressure_;
};

INGEST_VALIDATOR(Rounded, "rounded", "1.0.0", "Finds sensors that round.",
                 R"({"kind": "validator", "reads": ["pressure"],
                     "issues": [{"code": "rounded", "description": "A whole number."}]})");
