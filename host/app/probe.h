#pragma once

#include <string_view>

#include "base/error.h"

namespace ingest::app {

// Asks a host for its health: GET `url` (http://ADDRESS:PORT/PATH, an IPv4 address), within three
// seconds. Nothing when it answered 200. For a container's health check, where no curl is.
Result<void> probe(std::string_view url);

}  // namespace ingest::app
