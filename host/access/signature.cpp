#include <memory>
#include <new>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "access/digest.h"
#include "access/key_set.h"
#include "base/free.h"

namespace ingest::access {
namespace {

using DigestOwner = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using PointsOwner = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Of a call of OpenSSL that did not succeed: false, unless it says that it had no memory, which is
// no answer to who showed a good token. REQUIRES: the queue of errors was empty before.
bool no_unless_out_of_memory() {
    const bool no_memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    if (no_memory) throw std::bad_alloc();
    return false;
}

bool hs256(const std::string& secret, std::string_view text, std::string_view signature) {
    Digest mac{};
    unsigned size = 0;
    if (signature.size() != mac.size()) return false;
    ERR_clear_error();
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text),
             text.size(), mac.data(), &size) == nullptr) {
        return no_unless_out_of_memory();
    }
    return CRYPTO_memcmp(mac.data(), signature.data(), mac.size()) == 0;
}

// The two numbers, 32 bytes each, as OpenSSL has them; empty: not such a signature.
std::string der_of(std::string_view signature) {
    constexpr int half = 32;
    if (signature.size() != 2 * half) return {};
    const PointsOwner points(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(bytes_of(signature), half, nullptr);
    BIGNUM* s = BN_bin2bn(bytes_of(signature) + half, half, nullptr);
    if (!points || r == nullptr || s == nullptr) throw std::bad_alloc();
    ECDSA_SIG_set0(points.get(), r, s);  // takes both
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(points.get(), &der);
    if (size <= 0) throw std::bad_alloc();
    std::string made(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return made;
}

bool by_public_key(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const DigestOwner context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    ERR_clear_error();
    const bool good =
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                         text.size()) == 1;
    if (!good) return no_unless_out_of_memory();
    ERR_clear_error();
    return true;
}

}  // namespace

bool SigningKey::signed_this(std::string_view text, std::string_view signature) const {
    if (signature.empty()) return false;
    switch (algorithm_) {
        case Algorithm::hs256: return hs256(secret_, text, signature);
        case Algorithm::rs256: return by_public_key(key_, text, signature);
        case Algorithm::es256: break;
    }
    const std::string der = der_of(signature);
    return !der.empty() && by_public_key(key_, text, der);
}

}  // namespace ingest::access
