#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/schema.h"
#include "plugin/manifest.h"

namespace ingest::app {

// A configured validator, as the documentation needs it.
struct DocumentedValidator {
    const plugin::Manifest* manifest = nullptr;
    nlohmann::json options;  // checked, defaults filled in
};

struct ApiFacts {
    std::string service;
    std::string version;
    std::uint32_t readings_max = 100;
    std::uint32_t lines_max = 10'000;  // of an NDJSON or CSV body
    std::uint64_t body_bytes_max = 0;
    std::uint32_t text_bytes_max = 0;
    bool unknown_fields_refused = false;
    bool answers_queries = false;
    bool tells_metrics = false;
    bool asks_who = false;      // for an API key
    bool takes_tokens = false;  // or a token
    std::vector<std::string> sinks;
    std::vector<DocumentedValidator> validators;
};

// The OpenAPI 3.1 document of the API as this process is configured: fields with types and units,
// the ranges and patterns that validators enforce, limits. Main thread, once.
std::string openapi_document(const ApiFacts& facts, const model::Schema& schema);

// What the validators' options say about columns, by the manifests' `constrains`:
// {"temperature": {"minimum": -50, "maximum": 200}}.
nlohmann::ordered_json constraints_of(const std::vector<DocumentedValidator>& validators);

}  // namespace ingest::app
