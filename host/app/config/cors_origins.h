#pragma once

#include <string>
#include <vector>

#include "app/config/reader.h"

namespace ingest::app::config {

// Reads http.cors. `origins` is a list, or one text: separated by commas, or a JSON list, as the
// environment variable CORS_ORIGINS may hold either.
void read_cors(MapReader& map, std::vector<std::string>& origins);

// What stands between commas, without blanks around it.
std::vector<std::string> split_at_commas(std::string_view text);

}  // namespace ingest::app::config
