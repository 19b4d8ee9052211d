#pragma once

#include <span>
#include <string_view>

// What settings mean, for editors. docs/configuration.md says it at more length; a test holds both,
// and the environment names to config.yaml, to what the host reads.
namespace ingest::app::config {

// A setting by its path: "http.port", "sinks[].name", "reading.fields.*.unit".
struct Description {
    std::string_view path;
    std::string_view text;
    std::string_view environment = {};  // the variables that set it in the files that ship
};

std::span<const Description> all_descriptions();

// Empty members: there is none.
Description description_of(std::string_view path);

}  // namespace ingest::app::config
