#include "access/key_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "access/base64url.h"
#include "access/json_object.h"
#include "base/free.h"

namespace ingest::access {
namespace {

using nlohmann::json;
using KeyOwner = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using BuilderOwner = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParamsOwner = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using ContextOwner = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using NumberOwner = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr std::size_t keys_max = 100;
constexpr std::size_t id_bytes_max = 256;
constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;  // what verifies longer ones is slow
constexpr std::size_t secret_bytes_min = 32;
constexpr std::size_t coordinate_bytes = 32;

std::optional<std::string> bytes_member(const json& key, const char* name) {
    const std::string* text = text_member(key, name);
    return text == nullptr ? std::nullopt : from_base64url(*text);
}

KeyOwner public_key(const char* type, const ParamsOwner& params) {
    const ContextOwner context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    KeyOwner made(key);
    const ContextOwner check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return EVP_PKEY_public_check(check.get()) == 1 ? std::move(made) : nullptr;
}

NumberOwner number(const std::string& bytes) {
    return NumberOwner(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                 static_cast<int>(bytes.size()), nullptr));
}

KeyOwner rsa_key(const json& key) {
    const auto modulus = bytes_member(key, "n");
    const auto exponent = bytes_member(key, "e");
    if (!modulus || !exponent || exponent->size() > 4) return nullptr;
    const NumberOwner n = number(*modulus);
    const NumberOwner e = number(*exponent);
    const int bits = BN_num_bits(n.get());
    if (bits < rsa_bits_min || bits > rsa_bits_max) return nullptr;
    const BuilderOwner builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    return public_key("RSA", ParamsOwner(OSSL_PARAM_BLD_to_param(builder.get())));
}

KeyOwner ec_key(const json& key) {
    const std::string* curve = text_member(key, "crv");
    const auto x = bytes_member(key, "x");
    const auto y = bytes_member(key, "y");
    if (curve == nullptr || *curve != "P-256" || !x || !y || x->size() != coordinate_bytes ||
        y->size() != coordinate_bytes) {
        return nullptr;
    }
    const std::string point = '\x04' + *x + *y;
    const BuilderOwner builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    return public_key("EC", ParamsOwner(OSSL_PARAM_BLD_to_param(builder.get())));
}

// Reads the keys of a document and says what is wrong with each.
class Reader {
public:
    Reader(std::vector<SigningKey>& keys, std::vector<FileTrouble>& troubles)
        : keys_(keys), troubles_(troubles) {}

    void read(const json& key, std::size_t index) {
        at_ = "keys[" + std::to_string(index) + "]";
        if (!key.is_object()) return fail("is no object", "give a JWK (RFC 7517)");
        const std::string* algorithm = text_member(key, "alg");
        const std::string* type = text_member(key, "kty");
        const std::string* id = text_member(key, "kid");
        if (type == nullptr) return fail("has no kty", "give RSA, EC or oct");
        if (key.contains("kid") && (id == nullptr || id->empty() || id->size() > id_bytes_max)) {
            return fail("has a kid that is no text of 1..256 bytes", "give one");
        }
        const auto same_id = [&](const SigningKey& other) {
            return other.id() == (id == nullptr ? "" : *id);
        };
        if (std::ranges::any_of(keys_, same_id)) {
            return fail("has the kid of another one, or none as another one", "give each its own");
        }
        if (const std::string* use = text_member(key, "use"); use != nullptr && *use != "sig") {
            return fail("is not for signatures", "take it away, or give it \"use\": \"sig\"");
        }
        if (key.contains("d")) {
            return fail("is a private key, which is not needed here and has become known",
                        "give the public key of another pair");
        }
        take(*type, algorithm == nullptr ? "" : *algorithm, id == nullptr ? "" : *id, key);
    }

private:
    void take(const std::string& type, const std::string& algorithm, const std::string& id,
              const json& key) {
        if (type == "RSA" && algorithm == "RS256") {
            KeyOwner made = rsa_key(key);
            if (!made) return fail("has no RSA key of 2048 to 8192 bits", "give n and e");
            keys_.emplace_back(id, Algorithm::rs256, made.release());
        } else if (type == "EC" && algorithm == "ES256") {
            KeyOwner made = ec_key(key);
            if (!made) return fail("has no point of P-256", "give crv, x and y");
            keys_.emplace_back(id, Algorithm::es256, made.release());
        } else if (type == "oct" && algorithm == "HS256") {
            auto secret = bytes_member(key, "k");
            if (!secret || secret->size() < secret_bytes_min) {
                return fail("has no secret of 32 bytes or more", "give k in base64url");
            }
            keys_.emplace_back(id, std::move(*secret));
        } else {
            fail("does not say what it is for",
                 "give alg: RS256 with kty RSA, ES256 with EC, or HS256 with oct");
        }
    }
    void fail(std::string_view wrong, std::string_view right) {
        troubles_.push_back({at_ + " " + std::string(wrong), std::string(right)});
    }

    std::vector<SigningKey>& keys_;
    std::vector<FileTrouble>& troubles_;
    std::string at_;
};

}  // namespace

std::string_view name_of(Algorithm algorithm) noexcept {
    switch (algorithm) {
        case Algorithm::rs256: return "RS256";
        case Algorithm::es256: return "ES256";
        case Algorithm::hs256: break;
    }
    return "HS256";
}

SigningKey::SigningKey(std::string id, Algorithm algorithm, evp_pkey_st* key) noexcept
    : id_(std::move(id)), algorithm_(algorithm), key_(key) {}

SigningKey::SigningKey(std::string id, std::string secret) noexcept
    : id_(std::move(id)), algorithm_(Algorithm::hs256), secret_(std::move(secret)) {}

SigningKey::SigningKey(SigningKey&& other) noexcept
    : id_(std::move(other.id_)),
      algorithm_(other.algorithm_),
      key_(std::exchange(other.key_, nullptr)),
      secret_(std::move(other.secret_)) {}

SigningKey::~SigningKey() {
    EVP_PKEY_free(key_);
    OPENSSL_cleanse(secret_.data(), secret_.size());
}

bool SigningKey::same_as(const SigningKey& other) const {
    if (algorithm_ != other.algorithm_) return false;
    if (key_ != nullptr) return EVP_PKEY_eq(key_, other.key_) == 1;
    return secret_.size() == other.secret_.size() &&
           CRYPTO_memcmp(secret_.data(), other.secret_.data(), secret_.size()) == 0;
}

KeySet KeySet::parse(std::string_view text, std::vector<FileTrouble>& troubles) {
    KeySet set;
    const auto document = parse_object(text);
    const auto keys = document ? document->find("keys") : json::const_iterator();
    if (!document || keys == document->end() || !keys->is_array() || keys->empty() ||
        keys->size() > keys_max) {
        troubles.push_back({"is no JWKS of 1 to 100 keys, or has a name twice in one object",
                            "give {\"keys\": [{\"kid\": ..., \"alg\": ..., ...}]} (RFC 7517)"});
        return set;
    }
    Reader reader(set.keys_, troubles);
    for (std::size_t i = 0; i < keys->size(); ++i) reader.read((*keys)[i], i);
    ERR_clear_error();
    return set;
}

const SigningKey* KeySet::find(std::string_view id) const noexcept {
    if (id.empty()) return keys_.size() == 1 ? &keys_.front() : nullptr;
    const auto found = std::ranges::find(keys_, id, &SigningKey::id);
    return found == keys_.end() ? nullptr : &*found;
}

bool KeySet::has_secrets() const noexcept {
    return std::ranges::any_of(
        keys_, [](const SigningKey& key) { return key.algorithm() == Algorithm::hs256; });
}

}  // namespace ingest::access
