#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "access/base64url.h"
#include "base/free.h"

namespace ingest::access {

using nlohmann::json;

// A pair of keys, or a secret, that signs tokens; made with OpenSSL as an issuer would.
class Signer {
public:
    static Signer rsa(unsigned bits = 2048) { return Signer("RS256", EVP_RSA_gen(bits)); }
    static Signer ec(const char* curve = "P-256") { return Signer("ES256", EVP_EC_gen(curve)); }
    static Signer secret(std::string bytes) {
        Signer signer("HS256", nullptr);
        signer.secret_ = std::move(bytes);
        return signer;
    }

    json jwk(const std::string& id) const {
        json key = {{"kid", id}, {"alg", algorithm_}, {"use", "sig"}};
        if (algorithm_ == "HS256") {
            key["kty"] = "oct";
            key["k"] = to_base64url(secret_);
        } else if (algorithm_ == "RS256") {
            key["kty"] = "RSA";
            key["n"] = number(OSSL_PKEY_PARAM_RSA_N, 0);
            key["e"] = number(OSSL_PKEY_PARAM_RSA_E, 0);
        } else {
            key["kty"] = "EC";
            key["crv"] = "P-256";
            key["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            key["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        }
        return key;
    }

    std::string pem() const {  // public, as an attacker of HS/RS confusion would take it
        const std::unique_ptr<BIO, Free<BIO_free_all>> out(BIO_new(BIO_s_mem()));
        PEM_write_bio_PUBKEY(out.get(), key_.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(out.get(), &text);
        return std::string(text, static_cast<std::size_t>(size));
    }

    std::string token(const json& header, const json& claims) const {
        return token_of(header.dump(), claims.dump());
    }
    std::string token_of(const std::string& header, const std::string& claims) const {
        const std::string text = to_base64url(header) + "." + to_base64url(claims);
        return text + "." + to_base64url(signature(text));
    }

    std::string signature(const std::string& text) const {
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        std::string made(1024, '\0');
        auto* out = reinterpret_cast<unsigned char*>(made.data());
        if (algorithm_ == "HS256") {
            unsigned size = 0;
            HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes,
                 text.size(), out, &size);
            return made.substr(0, size);
        }
        const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
        std::size_t size = made.size();
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(context.get(), out, &size, bytes, text.size());
        made.resize(size);
        return algorithm_ == "ES256" ? two_numbers(made) : made;
    }

    EVP_PKEY* key() const { return key_.get(); }  // null: a secret

private:
    Signer(std::string algorithm, EVP_PKEY* key) : algorithm_(std::move(algorithm)), key_(key) {}

    std::string number(const char* name, int size) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        std::string bytes(static_cast<std::size_t>(size == 0 ? BN_num_bytes(value) : size), '\0');
        BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                     static_cast<int>(bytes.size()));
        BN_free(value);
        return to_base64url(bytes);
    }
    static std::string two_numbers(const std::string& der) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* points = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
        std::string bytes(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(bytes.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(points), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(points), out + 32, 32);
        ECDSA_SIG_free(points);
        return bytes;
    }

    std::string algorithm_;
    std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key_;
    std::string secret_;
};

}  // namespace ingest::access
