#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded_file.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY; its headers stay in the files that call it

namespace ingest::access {

enum class Algorithm { rs256, es256, hs256 };

// A key that signs tokens, and the one algorithm that it does so with, whatever a token says.
class SigningKey {
public:
    SigningKey(std::string id, Algorithm algorithm, evp_pkey_st* key) noexcept;
    SigningKey(std::string id, std::string secret) noexcept;  // of HS256
    ~SigningKey();
    SigningKey(SigningKey&& other) noexcept;
    SigningKey& operator=(SigningKey&&) = delete;

    const std::string& id() const noexcept { return id_; }
    Algorithm algorithm() const noexcept { return algorithm_; }
    // Who signs with the one signs with the other.
    bool same_as(const SigningKey& other) const;
    // `signature` as RFC 7518 has it.
    bool signed_this(std::string_view text, std::string_view signature) const;

private:
    std::string id_;
    Algorithm algorithm_;
    evp_pkey_st* key_ = nullptr;  // public; null: HS256
    std::string secret_;
};

// The keys of a JWKS file (RFC 7517), by `kid`. Immutable; any thread.
class KeySet {
public:
    // What is wrong goes to `troubles`, without any text of the file.
    static KeySet parse(std::string_view text, std::vector<FileTrouble>& troubles);

    // An empty `id` means the only key there is. Null: there is none.
    const SigningKey* find(std::string_view id) const noexcept;
    bool has_secrets() const noexcept;
    const std::vector<SigningKey>& keys() const noexcept { return keys_; }

private:
    std::vector<SigningKey> keys_;
};

std::string_view name_of(Algorithm algorithm) noexcept;

}  // namespace ingest::access
