#pragma once

#include <string>

namespace ingest::postgres_sink {

// The connection string with the addresses of its hosts, so that libpq asks no resolver again and
// connects to what was looked at; names stay, for TLS and the password file. Blocks as long as the
// resolver does. Throws sdk::Error: FATAL when there are link-local addresses only, RETRY when
// there are none at the moment.
std::string with_addresses(const std::string& conninfo);

// Whether the string names a link-local address, as host or hostaddr. Asks nobody.
bool names_link_local(const std::string& conninfo);

}  // namespace ingest::postgres_sink
