#include <array>
#include <string_view>

#include "app/openapi_parts.h"

namespace ingest::app::openapi {
namespace {

struct Guarded {
    std::string_view path;
    const char* method;
    std::string_view scope;
};

// As http/reception.cpp has it.
constexpr std::array<Guarded, 6> guarded{{
    {"/api/v1/sensors/ingest", "post", "the scope `ingest`"},
    {"/api/v1/sensors/ingest/batch", "post", "the scope `ingest`"},
    {"/api/v1/sensors/explain", "post", "the scope `read`"},
    {"/api/v1/sensors/{equipment_id}/latest", "get", "the scope `read`"},
    {"/api/v1/plugins", "get", "the scope `admin` or `read`"},
    {"/metrics", "get", "the scope `admin` or `read`"},
}};

}  // namespace

void add_security(ordered_json& document, bool takes_tokens) {
    ordered_json& schemes = document["components"]["securitySchemes"];
    schemes["bearer"] = {{"type", "http"},
                         {"scheme", "bearer"},
                         {"description", takes_tokens ? "An API key, or a JSON Web Token"
                                                      : "An API key"}};
    if (takes_tokens) schemes["bearer"]["bearerFormat"] = "JWT";
    schemes["apiKey"] = {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}};
    ordered_json& paths = document["paths"];
    for (const Guarded& one : guarded) {
        const auto path = paths.find(std::string(one.path));
        if (path == paths.end()) continue;  // is not served
        ordered_json& operation = (*path)[one.method];
        operation["security"] = {{{"bearer", ordered_json::array()}},
                                 {{"apiKey", ordered_json::array()}}};
        operation["description"] = "Needs " + std::string(one.scope) + ".";
        operation["responses"]["401"] = answer("No key or token, or none that is good", "Error");
        operation["responses"]["403"] =
            answer("The key or token lacks the scope, or is for other equipment", "Error");
    }
}

}  // namespace ingest::app::openapi
