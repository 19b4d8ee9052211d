#include "access/gate.h"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/hex.h"

namespace ingest::access {
namespace {

using At = Gate::Problem::At;

constexpr std::size_t key_set_bytes_max = 1024 * 1024;

// What a file had, wiped when it goes, because it may be a secret.
struct FileText {
    std::string text;
    ~FileText() { OPENSSL_cleanse(text.data(), text.size()); }
};

constexpr std::size_t key_id_bytes = 6;  // of a digest

// Its first bytes as a number, which orders as they do.
std::uint64_t head_of(const Digest& digest) noexcept {
    std::uint64_t head = 0;
    for (std::size_t i = 0; i < sizeof head; ++i) head = head << 8 | digest[i];
    return head;
}

std::array<std::uint8_t, 16> id_of(std::string_view name) {
    const Digest digest = sha256(name);
    std::array<std::uint8_t, 16> id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

void add(std::vector<Gate::Problem>& problems, At at, const std::filesystem::path& file,
         const std::vector<FileTrouble>& troubles) {
    for (const FileTrouble& trouble : troubles) {
        const bool placed = !trouble.wrong.empty() && trouble.wrong[0] >= '0' &&
                            trouble.wrong[0] <= '9';  // LINE:COLUMN
        problems.push_back({at, file.string() + (placed ? ":" : ": ") + trouble.wrong,
                            trouble.right});
    }
}

// With secrets in it, others must not even read the file; which are there is known afterwards. So
// it is read again then, and what counts is what that check was of: it may be another one by now.
KeySet read_key_set(const std::filesystem::path& file, std::string& text,
                    std::vector<FileTrouble>& troubles) {
    GuardedFile rule{.what = "a JWKS file",
                     .bytes_max = key_set_bytes_max,
                     .rights = GuardedFile::Rights::only_owner_writes};
    if (auto trouble = read_guarded(file, rule, text)) {
        troubles.push_back(std::move(*trouble));
        return {};
    }
    KeySet set = KeySet::parse(text, troubles);
    if (!set.has_secrets()) return set;
    troubles.clear();
    rule.rights = GuardedFile::Rights::secret;
    if (auto trouble = read_guarded(file, rule, text)) {
        troubles.push_back(std::move(*trouble));
        return {};
    }
    return KeySet::parse(text, troubles);
}

}  // namespace

bool Gate::read_keys_of(const Options& options, std::vector<Problem>& problems) {
    FileText file;
    std::vector<FileTrouble> troubles;
    keys_ = read_keys(options.keys, file.text, troubles);
    keys_text_ = sha256(file.text);
    add(problems, At::keys, options.keys, troubles);
    return troubles.empty();
}

bool Gate::read_token_keys_of(const Options& options, std::vector<Problem>& problems) {
    FileText file;
    std::vector<FileTrouble> troubles;
    token_keys_ =
        std::make_shared<const KeySet>(read_key_set(options.token_keys, file.text, troubles));
    token_keys_text_ = sha256(file.text);
    add(problems, At::token_keys, options.token_keys, troubles);
    return troubles.empty();
}

SharedGate Gate::load(const Options& options, const Gate* former, std::vector<Problem>& problems) {
    const std::shared_ptr<Gate> gate(new Gate(options.rules));  // shared: see SharedGate
    const std::size_t before = problems.size();
    if (!options.keys.empty() && !gate->read_keys_of(options, problems) && former != nullptr) {
        gate->keys_ = former->keys_;
        gate->keys_text_ = former->keys_text_;
    }
    if (!options.token_keys.empty() && !gate->read_token_keys_of(options, problems) &&
        former != nullptr) {
        gate->token_keys_ = former->token_keys_;
        gate->token_keys_text_ = former->token_keys_text_;
    }
    if (former == nullptr && problems.size() != before) return nullptr;
    std::ranges::sort(gate->keys_, {}, &ApiKey::digest);
    for (const ApiKey& key : gate->keys_) gate->heads_.push_back(head_of(key.digest));
    if (gate->token_keys_) gate->tokens_ = std::make_unique<TokenCache>();
    const TokenRules& rules = gate->rules_;
    gate->digest_ = sha256(rules.issuer + '\n' + rules.audience + '\n' +
                           std::to_string(rules.skew.count()) + '\n' + to_hex(gate->keys_text_) +
                           '\n' + to_hex(gate->token_keys_text_));
    return gate;
}

SharedGate Gate::load(const Options& options, std::vector<Problem>& problems) {
    return load(options, nullptr, problems);
}

SharedGate Gate::renewed(const Options& options, std::vector<Problem>& problems) const {
    return load(options, this, problems);
}

// How near a digest is to one that is here makes no difference in time (bench/key_timing): all take
// as many steps and one comparison, which looks at every byte.
const ApiKey* Gate::find(const Digest& digest) const noexcept {
    if (keys_.empty()) return nullptr;
    const std::uint64_t head = head_of(digest);
    std::size_t at = 0;
    for (std::size_t left = heads_.size(); left > 1;) {
        const std::size_t half = left / 2;
        at += half * static_cast<std::size_t>(heads_[at + half - 1] < head);  // no branch
        left -= half;
    }
    at = std::min(at + static_cast<std::size_t>(heads_[at] < head), heads_.size() - 1);
    const ApiKey* found = nullptr;
    do {
        if (same(keys_[at].digest, digest)) found = &keys_[at];
        ++at;
    } while (at < heads_.size() && heads_[at] == head);
    return found;
}

Entry Gate::enter_by_key(std::string_view shown, std::int64_t now_us) const {
    constexpr std::string_view refusal = "the API key is not known here, or has expired";
    const ApiKey* found = find(sha256(shown));
    if (found == nullptr || found->expired(now_us)) return {std::nullopt, refusal};
    Visitor visitor;
    visitor.name = "key:" + found->name;
    visitor.grant = found->grant;
    visitor.id = id_of(visitor.name);
    visitor.key_id = to_hex(std::span(found->digest).first(key_id_bytes));
    return {std::move(visitor), {}};
}

Verified Gate::verify(std::string_view token, std::int64_t now_us) const {
    if (token.size() > token_bytes_max) return verify_token(token, *token_keys_, rules_, now_us);
    const Digest digest = sha256(token);
    if (auto claims = tokens_->find(digest, now_us)) return {std::move(claims), {}};
    Verified verified = verify_token(token, *token_keys_, rules_, now_us);
    if (verified.claims) tokens_->put(digest, *verified.claims);
    return verified;
}

Entry Gate::enter(std::string_view shown, bool tokens, std::int64_t now_us) const {
    if (!tokens || shown.starts_with(key_begin)) {
        return enter_by_key(shown.substr(0, token_bytes_max), now_us);
    }
    if (!token_keys_) return {std::nullopt, "only API keys are known here"};
    Verified verified = verify(shown, now_us);
    if (!verified.claims) return {std::nullopt, verified.refusal};
    Claims& claims = *verified.claims;
    Visitor visitor;
    visitor.name = "token:" + claims.subject;
    visitor.grant = std::move(claims.grant);
    if (!claims.subject.empty()) visitor.id = id_of(visitor.name);
    visitor.key_id = std::move(claims.key_id);
    visitor.issuer = rules_.issuer;
    return {std::move(visitor), {}};
}

}  // namespace ingest::access
