#include "http/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "http/openssl.h"

namespace ingest::http {

Result<void> TlsClient::prepare(const Options& options) {
    context_ = SSL_CTX_new(TLS_client_method());
    if (context_ == nullptr || SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION) != 1)
        return Error{"TLS cannot be set up: " + take_openssl_error()};
    if (!options.certificate.empty() &&
        (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1 ||
         SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1)) {
        return Error{"cannot use " + options.certificate.string() + " with " +
                     options.key.string() + ": " + take_openssl_error()};
    }
    const bool trusts = options.ca.empty()
                            ? SSL_CTX_set_default_verify_paths(context_) == 1
                            : SSL_CTX_load_verify_file(context_, options.ca.c_str()) == 1;
    if (!trusts && !options.insecure)
        return Error{"cannot read authorities from " + options.ca.string() + ": " +
                     take_openssl_error()};
    ssl_ = SSL_new(context_);
    if (ssl_ == nullptr) return Error{"TLS cannot be set up: " + take_openssl_error()};
    if (options.insecure) return {};
    SSL_set_verify(ssl_, SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, options.host.c_str()) != 1 &&
        X509_VERIFY_PARAM_set1_host(wanted, options.host.c_str(), options.host.size()) != 1)
        return Error{"'" + options.host + "' is no name that a certificate could have"};
    return {};
}

Result<void> TlsClient::shake_hands(int socket) {
    ERR_clear_error();
    if (SSL_set_fd(ssl_, socket) != 1) return Error{"TLS cannot be set up"};
    if (SSL_connect(ssl_) == 1) return {};
    const long verified = SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK) {
        ERR_clear_error();
        return Error{std::string("its certificate is not trusted: ") +
                     X509_verify_cert_error_string(verified) +
                     "; give --ca FILE, or --insecure to trust whoever answers"};
    }
    return Error{ERR_peek_error() == 0 ? "the TLS handshake did not end in time"
                                       : "the TLS handshake failed: " + take_openssl_error()};
}

Result<std::unique_ptr<TlsClient>> TlsClient::connect(int socket, const Options& options) {
    std::unique_ptr<TlsClient> client(new TlsClient());
    if (const auto prepared = client->prepare(options); !prepared) return prepared.error();
    if (const auto shaken = client->shake_hands(socket); !shaken) return shaken.error();
    return client;
}

TlsClient::~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

bool TlsClient::send(std::string_view bytes) noexcept {
    std::size_t sent = 0;
    return SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) == 1 && sent == bytes.size();
}

std::size_t TlsClient::receive(char* to, std::size_t size) noexcept {
    std::size_t got = 0;
    return SSL_read_ex(ssl_, to, size, &got) == 1 ? got : 0;
}

}  // namespace ingest::http
