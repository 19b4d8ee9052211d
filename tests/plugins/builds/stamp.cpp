#include <cstdint>
#include <string>

#include <ingest/sdk/validator.hpp>

using namespace ingest::sdk;

// Says with each reading which build and which instance looks at it, and how many it has seen.
class Stamp {
public:
    Stamp(Host, const Options& options, Schema) : options_(options.json()) {
        if (options.get<bool>("/fails", false)) {
            throw options.wrong("/fails", "this build " BUILD " was told to fail");
        }
    }
    void check(Row row) {
        row.warn(-1, "stamp",
                 "build " BUILD ", reading " + std::to_string(++seen_) + ", " + options_);
    }

private:
    const std::string options_;
    std::uint64_t seen_ = 0;
};

INGEST_VALIDATOR(Stamp, "stamp", BUILD ".0.0", "Stamps readings.",
                 R"({"kind": "validator", "shared_state": true,
                     "issues": [{"code": "stamp", "description": "A reading was seen."}],
                     "options": [{"name": "word", "type": "string", "default": "none"},
                                 {"name": "fails", "type": "boolean", "default": false}]})");
