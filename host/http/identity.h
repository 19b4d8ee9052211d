#pragma once

#include <string>

namespace ingest::http {

// Who a client has proved to be. A name means something together with its source only: nothing
// keeps a certificate's DNS name from being spelled as another one's subject is.
struct Identity {
    enum class Source {
        none,                 // nobody in particular
        certificate_uri,      // a URI of its subject alternative names, such as a SPIFFE ID
        certificate_dns,      // a DNS name of them
        certificate_subject,  // the distinguished name, as RFC 2253 writes it
    };

    Source source = Source::none;
    std::string name;  // visible ASCII and blanks, at most 512 bytes; empty without a source

    explicit operator bool() const noexcept { return source != Source::none; }
    friend bool operator==(const Identity&, const Identity&) = default;
};

}  // namespace ingest::http
