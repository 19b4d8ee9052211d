#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/config/diagnostics.h"
#include "app/config/node.h"

namespace ingest::app::config {

// A plugin's options as the JSON object for its create(), checked against `manifest_options`, the
// "options" of its manifest (grammar: <ingest/plugin/entry.h>), with the defaults filled in.
// Declared types rule: a quoted "5" is an integer where an integer is declared, because "${VAR}"
// has to be quoted inside of { }. Where "any" is declared, plain values are null, booleans and
// numbers as in YAML's core schema, and quoted ones are text. The result is good only if no
// diagnostic was added. `path` begins the messages: the plugin's name, say.
// Values of options declared secret are not shown.
nlohmann::json options_to_json(const Node& options, const nlohmann::json& manifest_options,
                               std::string_view path, Diagnostics& diagnostics);

// The place of what a JSON pointer (RFC 6901) points to in a plugin's options, or of the nearest
// thing above it that is in the file. For messages of a plugin such as "/temperature/min: ...".
Mark mark_of(const Node& options, std::string_view json_pointer);

}  // namespace ingest::app::config
