#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingest::app {

enum class Command { serve, check, plugins, probe, help, version };

// The command line, checked.
struct Arguments {
    Command command = Command::serve;
    std::filesystem::path config;             // empty: none was given
    std::vector<std::filesystem::path> dirs;  // `plugins --dir DIR`
    std::string url = "http://127.0.0.1:8001/health";  // `probe`
};

// `words` are the arguments without the program's name. `port` is the environment's PORT, or empty.
Result<Arguments> parse_arguments(const std::vector<std::string_view>& words,
                                  std::string_view port);

std::string_view usage() noexcept;

}  // namespace ingest::app
