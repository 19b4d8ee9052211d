#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace ingest::http {

// The client's side of TLS over a connected socket that blocks, with whatever timeouts it has.
// One thread; the socket outlives it. The process ignores SIGPIPE.
class TlsClient {
public:
    struct Options {
        std::string host;              // a DNS name or an IP address that the certificate must have
        std::filesystem::path ca;      // whom to trust; empty: the system's authorities
        bool insecure = false;         // trust whoever answers
        std::filesystem::path certificate;  // to show; with `key`
        std::filesystem::path key;
    };

    // Shakes hands. An error says what to do about a server that is not trusted.
    static Result<std::unique_ptr<TlsClient>> connect(int socket, const Options& options);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool send(std::string_view bytes) noexcept;
    // 0: nothing more comes, or not in time.
    std::size_t receive(char* to, std::size_t size) noexcept;

private:
    TlsClient() = default;
    Result<void> prepare(const Options& options);
    Result<void> shake_hands(int socket);

    ssl_ctx_st* context_ = nullptr;
    ssl_st* ssl_ = nullptr;
};

}  // namespace ingest::http
