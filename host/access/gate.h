#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/api_key.h"
#include "access/token.h"
#include "access/token_cache.h"

namespace ingest::access {

// Who was let in, and what they may do.
struct Visitor {
    std::string name;  // "key:NAME" or "token:SUBJECT"; for the log
    Grant grant;
    // The same for all requests of the same visitor; none: a token without a subject.
    std::optional<std::array<std::uint8_t, 16>> id;
    // What vouched for the name: of a key the beginning of its digest, as the file has it, because
    // a later key may have its name; of a token the `kid` of the key that signed it, and the
    // issuer.
    std::string key_id;
    std::string issuer;
};

struct Entry {
    std::optional<Visitor> visitor;
    std::string_view refusal;  // of static lifetime, for the client; without a visitor
};

class Gate;
// Shared by the requests under way, which keep it when another one takes its place.
using SharedGate = std::shared_ptr<const Gate>;

// Knows the API keys and whose tokens are trusted, as their files were. Immutable, but for the
// tokens that it remembers; any thread.
class Gate {
public:
    struct Options {
        std::filesystem::path keys;        // empty: there are no API keys
        std::filesystem::path token_keys;  // a JWKS; empty: no tokens
        TokenRules rules;
    };
    struct Problem {
        enum class At { keys, token_keys };
        At at = At::keys;
        std::string wrong;
        std::string right;
    };
    // Null when there are problems; all that can be found are appended.
    static SharedGate load(const Options& options, std::vector<Problem>& problems);
    // What is to take the place of this one, which was loaded with the same options: each file as
    // it is now or, when something is wrong with it, as it is here. So what is wrong with one keeps
    // nobody from being put out by the other. Problems as above.
    SharedGate renewed(const Options& options, std::vector<Problem>& problems) const;

    // Somebody who shows an API key or, with `tokens`, a token.
    Entry enter(std::string_view shown, bool tokens, std::int64_t now_us) const;

    // Of the bytes of all files and of the rules: who has the same lets the same in.
    const Digest& digest() const noexcept { return digest_; }

    const std::vector<ApiKey>& keys() const noexcept { return keys_; }
    const KeySet* token_keys() const noexcept { return token_keys_.get(); }  // null: no tokens

private:
    explicit Gate(TokenRules rules) : rules_(std::move(rules)) {}
    static SharedGate load(const Options& options, const Gate* former,
                           std::vector<Problem>& problems);
    bool read_keys_of(const Options& options, std::vector<Problem>& problems);
    bool read_token_keys_of(const Options& options, std::vector<Problem>& problems);
    Entry enter_by_key(std::string_view shown, std::int64_t now_us) const;
    const ApiKey* find(const Digest& digest) const noexcept;
    Verified verify(std::string_view token, std::int64_t now_us) const;

    std::vector<ApiKey> keys_;  // by digest
    std::vector<std::uint64_t> heads_;  // of their digests
    std::shared_ptr<const KeySet> token_keys_;  // shared: with the gate that this one renews
    std::unique_ptr<TokenCache> tokens_;  // that were good; null: without token_keys_
    const TokenRules rules_;
    Digest keys_text_{};        // of the file; zeros: none
    Digest token_keys_text_{};  // likewise
    Digest digest_{};
};

}  // namespace ingest::access
