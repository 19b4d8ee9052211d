#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX; its headers stay in the files that call it

namespace ingest::http {

// PEM files.
struct TlsFiles {
    std::filesystem::path certificate;  // the server's first, then those that lead to its root
    std::filesystem::path key;
    // Whose certificates clients may show; empty: they are not asked for any.
    std::filesystem::path client_ca;
    bool client_certificates_required = true;
};

struct TlsProblem {
    enum class At { certificate, key, client_ca };
    At at = At::certificate;
    std::string wrong;
    std::string right;
};

class TlsContext;
// Shared by whoever makes new connections and by those that began with it, which keep it when
// another one takes its place.
using SharedTls = std::shared_ptr<const TlsContext>;

// What handshakes go by: TLS 1.2 or 1.3, forward secrecy and AEAD only, the server's certificate,
// and whose clients are let in. Immutable; any thread.
class TlsContext {
public:
    // Null when there are problems; all that can be found are appended.
    static SharedTls load(const TlsFiles& files, std::vector<TlsProblem>& problems);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* native() const noexcept { return context_; }
    bool asks_clients() const noexcept { return asks_clients_; }
    const std::string& subject() const noexcept { return subject_; }  // of the certificate
    const std::string& fingerprint() const noexcept { return fingerprint_; }  // its SHA-256
    std::int64_t expires_at_us() const noexcept { return expires_at_us_; }  // wall clock
    // Of the bytes of all files and what they are for: who has the same would serve the same.
    const std::string& digest() const noexcept { return digest_; }

private:
    TlsContext() = default;

    ssl_ctx_st* context_ = nullptr;
    bool asks_clients_ = false;
    std::string subject_;
    std::string fingerprint_;
    std::int64_t expires_at_us_ = 0;
    std::string digest_;
};

}  // namespace ingest::http
