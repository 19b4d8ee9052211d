#pragma once

#include <openssl/types.h>

#include "base/error.h"
#include "http/identity.h"

namespace ingest::http {

// Whom a certificate that was verified names: its first URI, else its first DNS name, else its
// subject. An error when there is none, or it is not short and printable: half a name could be
// somebody else's.
Result<Identity> identity_of(const X509& certificate);

}  // namespace ingest::http
