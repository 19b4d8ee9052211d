#include "access/gate_change.h"

#include <fstream>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "made_tokens.h"
#include "support/temp_dir.h"

namespace ingest::access {
namespace {

constexpr std::int64_t now = 1'800'000'000'000'000;

class GateTest : public testing::Test {
protected:
    void write(const std::filesystem::path& file, const std::string& text, unsigned mode = 0600) {
        std::ofstream(file) << text;
        ::chmod(file.c_str(), mode);
    }
    std::string add_key(const std::string& name, std::optional<std::int64_t> expires = {}) {
        const std::string text = make_key().value();
        ApiKey key;
        key.name = name;
        key.digest = sha256(text);
        key.grant.scopes.add(Scope::ingest);
        key.grant.prefixes = {"PUMP-"};
        key.expires_us = expires;
        EXPECT_TRUE(change_keys(options.keys, [&](std::vector<ApiKey>& keys) -> Result<void> {
            keys.push_back(key);
            return {};
        }));
        return text;
    }
    SharedGate load() {
        problems.clear();
        return Gate::load(options, problems);
    }

    test::TempDir dir;
    Gate::Options options{.keys = dir.path() / "keys", .token_keys = {}, .rules = {}};
    std::vector<Gate::Problem> problems;
};

TEST_F(GateTest, LetsInWhoHasAKey) {
    std::vector<std::string> shown;
    for (int i = 0; i < 20; ++i) shown.push_back(add_key("key-" + std::to_string(i)));
    const SharedGate gate = load();
    ASSERT_TRUE(gate);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const Entry entry = gate->enter(shown[i], true, now);
        ASSERT_TRUE(entry.visitor);
        EXPECT_EQ(entry.visitor->name, "key:key-" + std::to_string(i));
        EXPECT_EQ(entry.visitor->key_id, to_hex(sha256(shown[i])).substr(0, 12));
        EXPECT_TRUE(entry.visitor->grant.scopes.has(Scope::ingest));
        EXPECT_EQ(entry.visitor->grant.prefixes.size(), 1U);
        EXPECT_EQ(entry.visitor->id, gate->enter(shown[i], false, now).visitor->id);
        EXPECT_NE(entry.visitor->id, gate->enter(shown[(i + 1) % 20], true, now).visitor->id);
    }
    std::string other = shown[0];
    other.back() = other.back() == 'A' ? 'B' : 'A';
    for (const std::string& text :
         {other, shown[0] + "A", shown[0].substr(0, 47), std::string(), std::string("ingk_"),
          to_hex(sha256(shown[0]))}) {
        EXPECT_FALSE(gate->enter(text, false, now).visitor) << text;
        EXPECT_FALSE(gate->enter(text, true, now).visitor) << text;
    }
}

// As no two keys' are, but the file could have them.
TEST_F(GateTest, DigestsThatBeginAlike) {
    const std::string text = add_key("a");
    for (const std::size_t byte : {8U, 20U, 31U, 0U}) {
        for (const int change : {1, -1}) {
            EXPECT_TRUE(change_keys(options.keys, [&](std::vector<ApiKey>& keys) -> Result<void> {
                ApiKey other = keys.front();
                other.name = "b" + std::to_string(keys.size());
                other.digest[byte] = static_cast<std::uint8_t>(other.digest[byte] + change);
                keys.push_back(other);
                return {};
            }));
            const SharedGate gate = load();
            ASSERT_TRUE(gate);
            const Entry entry = gate->enter(text, true, now);
            ASSERT_TRUE(entry.visitor);
            EXPECT_EQ(entry.visitor->name, "key:a");
            EXPECT_FALSE(gate->enter(text + "A", true, now).visitor);
        }
    }
}

TEST_F(GateTest, AKeyEnds) {
    const std::string key = add_key("a", now);
    const SharedGate gate = load();
    ASSERT_TRUE(gate);
    EXPECT_TRUE(gate->enter(key, true, now - 1).visitor);
    EXPECT_FALSE(gate->enter(key, true, now).visitor);
}

TEST_F(GateTest, LetsInWhoHasAToken) {
    const Signer signer = Signer::ec();
    add_key("a");
    options.token_keys = dir.path() / "jwks.json";
    options.rules = {.issuer = "i", .audience = "a"};
    write(options.token_keys, json{{"keys", {signer.jwk("e")}}}.dump(), 0644);
    const SharedGate gate = load();
    ASSERT_TRUE(gate) << problems[0].wrong;
    json claims = {{"iss", "i"}, {"aud", "a"}, {"exp", now / 1'000'000 + 9}, {"sub", "s"}};
    const std::string token = signer.token({{"alg", "ES256"}}, claims);
    const Entry entry = gate->enter(token, true, now);
    ASSERT_TRUE(entry.visitor) << entry.refusal;
    EXPECT_EQ(entry.visitor->name, "token:s");
    EXPECT_TRUE(entry.visitor->id);
    EXPECT_FALSE(gate->enter(token, false, now).visitor);  // X-API-Key
    claims.erase("sub");
    const Entry nobody = gate->enter(signer.token({{"alg", "ES256"}}, claims), true, now);
    ASSERT_TRUE(nobody.visitor);
    EXPECT_FALSE(nobody.visitor->id);
}

TEST_F(GateTest, ATokenThatIsRememberedIsStillLookedAt) {
    const Signer signer = Signer::ec();
    options = {.keys = {}, .token_keys = dir.path() / "jwks.json",
               .rules = {.issuer = "i", .audience = "a"}};
    write(options.token_keys, json{{"keys", {signer.jwk("e")}}}.dump(), 0644);
    const SharedGate gate = load();
    ASSERT_TRUE(gate) << problems[0].wrong;
    const auto token_of = [&](const std::string& subject) {
        return signer.token({{"alg", "ES256"}}, {{"iss", "i"}, {"aud", "a"}, {"sub", subject},
                                                 {"exp", now / 1'000'000 + 60},
                                                 {"scope", "read"},
                                                 {"equipment_prefixes", {"P-" + subject}}});
    };
    // More than there are places.
    std::vector<std::string> tokens;
    for (int i = 0; i < 1'500; ++i) tokens.push_back(token_of(std::to_string(i)));
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const Entry entry = gate->enter(tokens[i], true, now);
            ASSERT_TRUE(entry.visitor) << entry.refusal;
            ASSERT_EQ(entry.visitor->name, "token:" + std::to_string(i));
            ASSERT_EQ(entry.visitor->grant.prefixes, std::vector{"P-" + std::to_string(i)});
        }
    }
    const std::string& last = tokens.back();
    const std::int64_t end = now + (60 + 30) * 1'000'000;  // with the skew
    EXPECT_TRUE(gate->enter(last, true, end - 1).visitor);
    EXPECT_EQ(gate->enter(last, true, end).refusal, "the token has expired");
    EXPECT_FALSE(gate->enter(last, false, now).visitor);
    // The same claims under another signature, or behind other keys.
    std::string forged = last;
    forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(gate->enter(forged, true, now).visitor);
    write(options.token_keys, json{{"keys", {Signer::ec().jwk("e")}}}.dump(), 0644);
    EXPECT_FALSE(load()->enter(last, true, now).visitor);
    EXPECT_TRUE(gate->enter(last, true, now).visitor);
}

TEST_F(GateTest, TellsAllThatIsWrong) {
    options.token_keys = dir.path() / "jwks.json";
    write(options.keys, "a b\n");
    write(options.token_keys, "{}");
    EXPECT_FALSE(load());
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].at, Gate::Problem::At::keys);
    EXPECT_EQ(problems[0].wrong, options.keys.string() + ":1:3: unknown word");
    EXPECT_EQ(problems[1].at, Gate::Problem::At::token_keys);
    EXPECT_TRUE(problems[1].wrong.starts_with(options.token_keys.string() + ": is no JWKS"));
}

TEST_F(GateTest, AFileThatIsWrongCountsAsItWas) {
    options.token_keys = dir.path() / "jwks.json";
    options.rules = {.issuer = "i", .audience = "a"};
    const Signer signer = Signer::ec();
    const std::string token = signer.token(
        {{"alg", "ES256"}}, {{"iss", "i"}, {"aud", "a"}, {"exp", now / 1'000'000 + 9}});
    const auto lets_in = [](const SharedGate& gate, const std::string& shown) {
        return gate->enter(shown, true, now).visitor.has_value();
    };
    const std::string first = add_key("first");
    write(options.token_keys, json{{"keys", {signer.jwk("e")}}}.dump(), 0644);
    const SharedGate gate = load();
    ASSERT_TRUE(gate) << problems[0].wrong;
    EXPECT_EQ(gate->renewed(options, problems)->digest(), gate->digest());

    write(options.token_keys, "{}");
    const std::string second = add_key("second");
    const SharedGate after_keys = gate->renewed(options, problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].at, Gate::Problem::At::token_keys);
    EXPECT_TRUE(lets_in(after_keys, token));
    EXPECT_TRUE(lets_in(after_keys, first));
    EXPECT_TRUE(lets_in(after_keys, second));

    problems.clear();
    write(options.keys, "a b\n");
    const SharedGate as_before = after_keys->renewed(options, problems);
    EXPECT_EQ(problems.size(), 2U);
    EXPECT_EQ(as_before->digest(), after_keys->digest());
    EXPECT_TRUE(lets_in(as_before, token));
    EXPECT_TRUE(lets_in(as_before, second));

    problems.clear();
    write(options.token_keys, json{{"keys", {Signer::ec().jwk("e")}}}.dump(), 0644);
    const SharedGate after_token_keys = as_before->renewed(options, problems);
    EXPECT_EQ(problems.size(), 1U);
    EXPECT_FALSE(lets_in(after_token_keys, token));
    EXPECT_TRUE(lets_in(after_token_keys, second));
}

TEST_F(GateTest, SecretsAreNotForOthersToRead) {
    options = {.keys = {}, .token_keys = dir.path() / "jwks.json", .rules = {}};
    const json set = {{"keys", {Signer::secret(std::string(32, 's')).jwk("h")}}};
    write(options.token_keys, set.dump(), 0644);
    EXPECT_FALSE(load());
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_NE(problems[0].wrong.find("can read it"), std::string::npos);
    ::chmod(options.token_keys.c_str(), 0640);
    EXPECT_TRUE(load());
}

TEST_F(GateTest, ChangesHaveNames) {
    using Names = std::vector<std::string>;
    const Signer kept = Signer::ec();
    const auto token_keys = [&](const json& keys) {
        write(options.token_keys, json{{"keys", keys}}.dump());
    };
    options.token_keys = dir.path() / "jwks.json";
    add_key("stays");
    add_key("goes");
    add_key("ends", now);
    token_keys({kept.jwk("stays"), Signer::secret(std::string(32, 's')).jwk("other"),
                Signer::ec().jwk("goes")});
    const SharedGate before = load();
    ASSERT_TRUE(before) << problems[0].wrong;
    EXPECT_EQ(change_of(nullptr, *before).added.size(), 6U);
    EXPECT_TRUE(change_of(before.get(), *load()).empty());

    EXPECT_TRUE(change_keys(options.keys, [&](std::vector<ApiKey>& keys) -> Result<void> {
        std::erase_if(keys, [](const ApiKey& key) { return key.name == "goes"; });
        keys.back().expires_us = now + 1'000'000;
        return {};
    }));
    add_key("comes");
    token_keys({Signer::secret(std::string(32, 't')).jwk("other"), kept.jwk("stays"),
                Signer::rsa().jwk("comes")});
    const SharedGate after = load();
    ASSERT_TRUE(after) << problems[0].wrong;
    const GateChange change = change_of(before.get(), *after);
    EXPECT_EQ(change.added, (Names{"key:comes", "token_key:comes"}));
    EXPECT_EQ(change.removed, (Names{"key:goes", "token_key:goes"}));
    EXPECT_EQ(change.changed, (Names{"key:ends", "token_key:other"}));

    options.token_keys.clear();
    EXPECT_EQ(change_of(after.get(), *load()).removed,
              (Names{"token_key:comes", "token_key:other", "token_key:stays"}));
}

TEST_F(GateTest, DigestTellsWhetherItIsTheSame) {
    add_key("a");
    const Digest first = load()->digest();
    EXPECT_EQ(load()->digest(), first);
    add_key("b");
    const Digest second = load()->digest();
    EXPECT_NE(second, first);
    options.rules.audience = "x";
    EXPECT_NE(load()->digest(), second);
}

}  // namespace
}  // namespace ingest::access
