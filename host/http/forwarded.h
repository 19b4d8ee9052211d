#pragma once

#include <span>

#include "base/ip_network.h"
#include "http/address.h"
#include "http/head.h"

namespace ingest::http {

// Whose request it is that came from `peer`: the peer itself, or if that is a trusted proxy, the
// last address in X-Forwarded-For that is none. What stands before it, or behind something that is
// no address, anybody may have written; then the last proxy that said so counts. Pure.
Address client_of(const Address& peer, std::span<const FieldView> fields,
                  std::span<const IpNetwork> trusted);

}  // namespace ingest::http
