#include "http/tls_context.h"

#include <array>
#include <ctime>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/guarded_file.h"
#include "base/hex.h"
#include "base/time_text.h"
#include "http/openssl.h"

namespace ingest::http {
namespace {

using At = TlsProblem::At;

constexpr std::size_t file_bytes_max = 1024 * 1024;

// Of the certificates that a client sends: what a chain of a few 4096-bit keys needs.
constexpr long client_chain_bytes_max = 32 * 1024;
constexpr int client_chain_depth_max = 4;

// Forward secrecy and AEAD, for TLS 1.2; 1.3 has nothing else.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";

// The text of a file, wiped when it goes, because it may be a key.
struct Pem {
    std::string text;
    Pem() = default;
    Pem(Pem&&) = default;
    Pem& operator=(Pem&&) = default;
    ~Pem() { OPENSSL_cleanse(text.data(), text.size()); }
};

// Reads files for one context and collects what is wrong with them.
class Loader {
public:
    explicit Loader(std::vector<TlsProblem>& problems) : problems_(problems) {
        EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
    }

    void problem(At at, const std::filesystem::path& file, const std::string& wrong,
                 const std::string& right) {
        problems_.push_back({at, file.string() + ": " + wrong, right});
    }
    std::optional<Pem> read(At at, const std::filesystem::path& file);
    CertificatesOwner certificates(At at, const std::filesystem::path& file, const Pem& pem);
    KeyOwner key(const std::filesystem::path& file, const Pem& pem);
    void check_time(At at, const std::filesystem::path& file, const X509& certificate);
    // Of all that was read, in hex.
    std::string digest();

private:
    std::vector<TlsProblem>& problems_;
    std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> digest_{EVP_MD_CTX_new()};
};

// Who could write the file could choose who is trusted; who could read the key could be us.
std::optional<Pem> Loader::read(At at, const std::filesystem::path& file) {
    using Rights = GuardedFile::Rights;
    Pem pem;
    const GuardedFile rule{.what = "a PEM file",
                           .bytes_max = file_bytes_max,
                           .rights = at == At::key ? Rights::secret
                                                   : Rights::not_everybody_writes};
    if (const auto trouble = read_guarded(file, rule, pem.text)) {
        problem(at, file, trouble->wrong, trouble->right);
        return std::nullopt;
    }
    const std::size_t size = pem.text.size();
    EVP_DigestUpdate(digest_.get(), &size, sizeof size);
    EVP_DigestUpdate(digest_.get(), pem.text.data(), size);
    return pem;
}

BioOwner over(const Pem& pem) {
    return BioOwner(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size())));
}

CertificatesOwner Loader::certificates(At at, const std::filesystem::path& file, const Pem& pem) {
    CertificatesOwner found(sk_X509_new_null());
    const BioOwner in = over(pem);
    while (X509* one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
        sk_X509_push(found.get(), one);
    }
    // Reading ends with an error always; at the end of the file it is that there is no more.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string reason = take_openssl_error();
    if (!at_end) {
        problem(at, file, "has a damaged certificate: " + reason, "give it as PEM");
        return nullptr;
    }
    if (sk_X509_num(found.get()) > 0) return found;
    const bool is_key = pem.text.find("PRIVATE KEY-----") != std::string::npos;
    problem(at, file, is_key ? "has a key and no certificate" : "has no certificate",
            "give one as PEM, -----BEGIN CERTIFICATE-----");
    return nullptr;
}

KeyOwner Loader::key(const std::filesystem::path& file, const Pem& pem) {
    bool asked = false;  // for a passphrase
    const auto passphrase = [](char*, int, int, void* told) {
        *static_cast<bool*>(told) = true;
        return -1;
    };
    const BioOwner in = over(pem);
    KeyOwner key(PEM_read_bio_PrivateKey(in.get(), nullptr, passphrase, &asked));
    const std::string reason = take_openssl_error();
    if (key) return key;
    if (asked) {
        problem(At::key, file, "is encrypted, and nobody is there to give the passphrase",
                "decrypt it, `openssl pkey -in KEY -out PLAIN`, and chmod 600 PLAIN");
    } else if (pem.text.find("BEGIN CERTIFICATE-----") != std::string::npos) {
        problem(At::key, file, "has a certificate and no key",
                "give the certificate's private key");
    } else {
        problem(At::key, file, "has no private key: " + reason,
                "give one as PEM, -----BEGIN PRIVATE KEY-----");
    }
    return nullptr;
}

std::int64_t us_of(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) return 0;
    return static_cast<std::int64_t>(::timegm(&broken_down)) * 1'000'000;
}

void Loader::check_time(At at, const std::filesystem::path& file, const X509& certificate) {
    const std::int64_t begin = us_of(X509_get0_notBefore(&certificate));
    const std::int64_t end = us_of(X509_get0_notAfter(&certificate));
    const std::string who = name_text(X509_get_subject_name(&certificate));
    if (now_us() > end) {
        problem(at, file, "the certificate of " + who + " expired at " + to_rfc3339(end),
                "give one that is valid now");
    } else if (now_us() < begin) {
        problem(at, file,
                "the certificate of " + who + " is not valid before " + to_rfc3339(begin),
                "give one that is valid now, or set this machine's clock");
    }
}

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string Loader::digest() {
    Digest digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(digest_.get(), digest.data(), &size);
    return to_hex({digest.data(), size});
}

std::string fingerprint_of(const X509& certificate) {
    Digest digest{};
    unsigned size = 0;
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    return to_hex({digest.data(), size});
}

// The first of the server's protocols that the client offers; there is one.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(&chosen, out_size, http_1_1, sizeof http_1_1, offered,
                                            offered_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Neither tickets nor a cache: a resumed session would let a client in by a certificate that a
// reload has ceased to trust, and its keys would outlive the connection. Clients keep connections.
bool set_protocol(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    // Buffers of connections that are idle are given back; a record goes out as far as it can.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_max_cert_list(context, client_chain_bytes_max);
    SSL_CTX_set_verify_depth(context, client_chain_depth_max);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1;
}

bool trust_clients_of(SSL_CTX* context, STACK_OF(X509) * authorities, bool required) {
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (int i = 0; i < sk_X509_num(authorities); ++i) {
        X509* authority = sk_X509_value(authorities, i);
        if (X509_STORE_add_cert(store, authority) != 1) return false;
        if (SSL_CTX_add_client_CA(context, authority) != 1) return false;
    }
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    return true;
}

}  // namespace

SharedTls TlsContext::load(const TlsFiles& files, std::vector<TlsProblem>& problems) {
    ERR_clear_error();
    const std::size_t before = problems.size();
    Loader loader(problems);
    std::unique_ptr<TlsContext> made(new TlsContext());
    made->context_ = SSL_CTX_new(TLS_server_method());
    if (made->context_ == nullptr || !set_protocol(made->context_)) {
        loader.problem(At::certificate, files.certificate,
                       "OpenSSL cannot be set up: " + take_openssl_error(), "");
        return nullptr;
    }
    CertificatesOwner chain;
    if (const auto pem = loader.read(At::certificate, files.certificate)) {
        chain = loader.certificates(At::certificate, files.certificate, *pem);
    }
    KeyOwner key;
    if (const auto pem = loader.read(At::key, files.key)) key = loader.key(files.key, *pem);
    if (chain) {
        const CertificateOwner own(sk_X509_shift(chain.get()));
        loader.check_time(At::certificate, files.certificate, *own);
        made->subject_ = name_text(X509_get_subject_name(own.get()));
        made->fingerprint_ = fingerprint_of(*own);
        made->expires_at_us_ = us_of(X509_get0_notAfter(own.get()));
        if (key && X509_check_private_key(own.get(), key.get()) != 1) {
            ERR_clear_error();
            loader.problem(At::key, files.key,
                           "is not the key of the certificate " + files.certificate.string(),
                           "give the pair that belongs together");
        } else if (key && SSL_CTX_use_cert_and_key(made->context_, own.get(), key.get(),
                                                   chain.get(), 1) != 1) {
            loader.problem(At::certificate, files.certificate,
                           "cannot be used: " + take_openssl_error(),
                           "give a certificate with an ECDSA key, or RSA of 2048 bits or more");
        }
    }
    if (!files.client_ca.empty()) {
        made->asks_clients_ = true;
        const auto pem = loader.read(At::client_ca, files.client_ca);
        const auto authorities =
            pem ? loader.certificates(At::client_ca, files.client_ca, *pem) : nullptr;
        for (int i = 0; authorities && i < sk_X509_num(authorities.get()); ++i) {
            loader.check_time(At::client_ca, files.client_ca,
                              *sk_X509_value(authorities.get(), i));
        }
        if (authorities && !trust_clients_of(made->context_, authorities.get(),
                                             files.client_certificates_required)) {
            loader.problem(At::client_ca, files.client_ca,
                           "cannot be used: " + take_openssl_error(), "give certificates as PEM");
        }
    }
    made->digest_ = loader.digest() + (files.client_certificates_required ? "+" : "-");
    return problems.size() == before ? SharedTls(std::move(made)) : nullptr;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

}  // namespace ingest::http
