#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/config/diagnostics.h"

namespace ingest::app::config {

// The value of an environment variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment process_environment();

// Where ${...} gets its values.
struct Sources {
    Environment environment;
    std::filesystem::path directory;  // relative paths of ${file:PATH} start here
};

struct Interpolated {
    std::string text;
    bool secret = false;
};

// Replaces in `raw`
//   ${NAME}            the variable; not set: an error
//   ${NAME:-default}   the default when it is not set or empty; braces in it come in pairs
//   ${NAME:?message}   the message is the error when it is not set or empty
//   ${file:PATH}       the file without one trailing newline; the value is a secret
//   $$                 a dollar sign; any other $ stands for itself
// Values never appear in messages. Nothing is returned when an error was reported.
std::optional<Interpolated> interpolate(std::string_view raw, const Sources& sources, Mark mark,
                                        Diagnostics& diagnostics);

}  // namespace ingest::app::config
