#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "app/config/config.h"
#include "app/config/reader.h"

// Who reaches the host, and as whom. Relative paths begin at `base`.
namespace ingest::app::config {

void read_tls(MapReader& map, Tls& tls, const std::filesystem::path& base);
// The key `auth` of http.
void read_auth(MapReader& http, std::optional<Auth>& auth, const std::filesystem::path& base);
// The key `trusted_proxies` of http: a list, or one text with commas, which may be empty.
void read_trusted_proxies(MapReader& http, std::vector<IpNetwork>& networks);

}  // namespace ingest::app::config
