#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingest::app::ingest_check {

struct Arguments {
    std::filesystem::path file;
    bool has_options = false;
    std::string options;  // YAML, or @FILE
    bool json = false;
    bool help = false;
};

// `words` are the arguments without the program's name.
Result<Arguments> parse_arguments(const std::vector<std::string_view>& words);

std::string_view usage() noexcept;

}  // namespace ingest::app::ingest_check
