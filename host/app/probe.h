#pragma once

#include <string_view>

#include "base/error.h"
#include "http/tls_client.h"

namespace ingest::app {

// Asks a host for its health: GET `url` (http://ADDRESS:PORT/PATH or https://, an IPv4 address),
// three seconds for each step. Nothing when it answered 200. For a container's health check, where
// no curl is. `tls`: for https; its host is the URL's.
Result<void> probe(std::string_view url, http::TlsClient::Options tls = {});

}  // namespace ingest::app
