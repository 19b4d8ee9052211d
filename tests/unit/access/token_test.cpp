#include "access/token.h"

#include <gtest/gtest.h>

#include "made_tokens.h"

namespace ingest::access {
namespace {

constexpr std::int64_t now_s = 1'800'000'000;
constexpr std::string_view untrusted = "the token is not signed by a key that is trusted here";

// One key of each algorithm that is trusted, and claims that are good.
class Token : public testing::Test {
protected:
    static Signer& rsa() {
        static Signer signer = Signer::rsa();
        return signer;
    }
    static Signer& ec() {
        static Signer signer = Signer::ec();
        return signer;
    }
    static Signer& secret() {
        static Signer signer = Signer::secret(std::string(32, 's'));
        return signer;
    }

    void SetUp() override {
        const json set = {{"keys", {rsa().jwk("r"), ec().jwk("e"), secret().jwk("h")}}};
        std::vector<FileTrouble> troubles;
        keys.emplace(KeySet::parse(set.dump(), troubles));
        ASSERT_TRUE(troubles.empty()) << troubles[0].wrong;
    }

    Verified verify(std::string_view token, std::int64_t at_s = now_s) const {
        return verify_token(token, *keys, rules, at_s * 1'000'000);
    }
    // The reason for these claims, well signed; empty: they are good.
    std::string_view refusal(const json& of) const {
        return verify(ec().token({{"alg", "ES256"}, {"kid", "e"}}, of)).refusal;
    }
    json with(const char* name, const json& value) const {
        json changed = claims;
        changed[name] = value;
        return changed;
    }
    json without(const char* name) const {
        json changed = claims;
        changed.erase(name);
        return changed;
    }

    std::optional<KeySet> keys;
    TokenRules rules{.issuer = "https://issuer.example", .audience = "ingest"};
    json claims = {{"iss", "https://issuer.example"}, {"aud", "ingest"}, {"sub", "gateway 7"},
                   {"exp", now_s + 60}, {"scope", "openid ingest read"},
                   {"equipment_prefixes", {"PUMP-"}}};
};

TEST_F(Token, OfEachAlgorithmIsGood) {
    EXPECT_EQ(verify(rsa().token({{"alg", "RS256"}, {"kid", "r"}}, claims)).refusal, "");
    EXPECT_EQ(verify(secret().token({{"alg", "HS256"}, {"kid", "h"}}, claims)).refusal, "");
    const Verified good = verify(ec().token({{"alg", "ES256"}, {"kid", "e"}}, claims));
    ASSERT_TRUE(good.claims) << good.refusal;
    EXPECT_EQ(good.claims->subject, "gateway 7");
    EXPECT_EQ(good.claims->grant.scopes.text(), "ingest,read");
    EXPECT_EQ(good.claims->grant.prefixes, std::vector<std::string>{"PUMP-"});
}

TEST_F(Token, WithoutSignature) {
    for (const char* algorithm : {"none", "None", "NONE", "nOnE", ""}) {
        const json header = {{"alg", algorithm}, {"kid", "e"}};
        const std::string text =
            to_base64url(header.dump()) + "." + to_base64url(claims.dump()) + ".";
        EXPECT_EQ(verify(text).refusal, untrusted) << algorithm;
    }
    const std::string good = ec().token({{"alg", "ES256"}, {"kid", "e"}}, claims);
    EXPECT_EQ(verify(good.substr(0, good.rfind('.') + 1)).refusal, untrusted);
    EXPECT_EQ(verify(good.substr(0, good.rfind('.'))).refusal, "the token is malformed");
}

// The public key, which everybody may have, as the secret of HS256.
TEST_F(Token, AlgorithmOfAnotherKey) {
    for (const std::string& known : {rsa().pem(), rsa().jwk("r").dump()}) {
        const Signer confused = Signer::secret(known);
        for (const char* id : {"r", "h", "e"}) {
            const json header = {{"alg", "HS256"}, {"kid", id}};
            EXPECT_EQ(verify(confused.token(header, claims)).refusal, untrusted) << id;
        }
    }
    // A good signature under another name.
    EXPECT_EQ(verify(rsa().token({{"alg", "ES256"}, {"kid", "r"}}, claims)).refusal, untrusted);
    EXPECT_EQ(verify(rsa().token({{"alg", "RS256"}, {"kid", "e"}}, claims)).refusal, untrusted);
    EXPECT_EQ(verify(rsa().token({{"alg", "RS512"}, {"kid", "r"}}, claims)).refusal, untrusted);
    EXPECT_EQ(verify(rsa().token({{"kid", "r"}}, claims)).refusal, untrusted);
    for (const json& algorithm : {json("es256"), json("Es256"), json("ES256 "), json(" ES256"),
                                  json(std::string("ES256\0", 6)), json("ES256K"), json("ES"),
                                  json({"ES256"}), json(256), json(nullptr)}) {
        const json header = {{"alg", algorithm}, {"kid", "e"}};
        EXPECT_EQ(verify(ec().token(header, claims)).refusal, untrusted) << algorithm;
    }
}

TEST_F(Token, KeyIdsThatAreNone) {
    for (const json& id :
         {json("../../../../dev/null"), json("e' OR '1'='1"), json(""), json(1),
          json({{"kid", "e"}}), json(nullptr), json("E"), json(std::string("e\0", 2))}) {
        EXPECT_EQ(verify(ec().token({{"alg", "ES256"}, {"kid", id}}, claims)).refusal, untrusted)
            << id;
    }
    // Which of three keys it is must be said.
    EXPECT_EQ(verify(ec().token({{"alg", "ES256"}}, claims)).refusal, untrusted);
}

TEST_F(Token, HeadersThatPointToAKey) {
    const Signer stranger = Signer::ec();
    for (const char* name : {"jku", "x5u"}) {
        const json header = {
            {"alg", "ES256"}, {"kid", "e"}, {name, "http://127.0.0.1:1/keys.json"}};
        EXPECT_EQ(verify(stranger.token(header, claims)).refusal, untrusted) << name;
        EXPECT_EQ(verify(ec().token(header, claims)).refusal, "") << name;  // ignored
    }
    const json embedded = {{"alg", "ES256"}, {"kid", "e"}, {"jwk", stranger.jwk("e")},
                           {"x5c", {"MIIB"}}};
    EXPECT_EQ(verify(stranger.token(embedded, claims)).refusal, untrusted);
    EXPECT_EQ(verify(ec().token(embedded, claims)).refusal, "");
    const json critical = {{"alg", "ES256"}, {"kid", "e"}, {"crit", {"b64"}}, {"b64", false}};
    EXPECT_EQ(verify(ec().token(critical, claims)).refusal,
              "the token needs what is not understood here");
}

TEST_F(Token, Times) {
    EXPECT_EQ(refusal(without("exp")), "the token has no exp that is a time");
    for (const json& bad : {json("1900000000"), json(nullptr), json(1e300), json(true)}) {
        EXPECT_EQ(refusal(with("exp", bad)), "the token has no exp that is a time") << bad;
    }
    const std::string token = ec().token({{"alg", "ES256"}, {"kid", "e"}}, claims);
    EXPECT_EQ(verify(token, now_s + 60 + 29).refusal, "");
    EXPECT_EQ(verify(token, now_s + 60 + 30).refusal, "the token has expired");
    EXPECT_EQ(refusal(with("exp", -1)), "the token has expired");
    for (const char* name : {"nbf", "iat"}) {
        EXPECT_EQ(refusal(with(name, now_s + 30)), "") << name;
        EXPECT_EQ(refusal(with(name, now_s + 31)),
                  "the token is of a time that has not come yet") << name;
        EXPECT_EQ(refusal(with(name, "0")), "the token has an nbf or iat that is no time") << name;
    }
}

TEST_F(Token, IssuerAndAudience) {
    constexpr std::string_view issuer = "the token is of an issuer that is not trusted here";
    constexpr std::string_view audience = "the token is for another audience";
    EXPECT_EQ(refusal(without("iss")), issuer);
    EXPECT_EQ(refusal(with("iss", "https://issuer.example/")), issuer);
    EXPECT_EQ(refusal(with("iss", {"https://issuer.example"})), issuer);
    EXPECT_EQ(refusal(without("aud")), audience);
    EXPECT_EQ(refusal(with("aud", "ingest2")), audience);
    EXPECT_EQ(refusal(with("aud", json::array())), audience);
    EXPECT_EQ(refusal(with("aud", {{"ingest", "ingest"}})), audience);
    EXPECT_EQ(refusal(with("aud", {"other", "ingest"})), "");
}

TEST_F(Token, Sizes) {
    std::string token;
    for (std::size_t size = 2'000; token.size() <= token_bytes_max; ++size) {
        const std::string before = token;
        token = ec().token({{"alg", "ES256"}, {"kid", "e"}}, with("more", std::string(size, 'a')));
        if (token.size() > token_bytes_max) {
            EXPECT_EQ(verify(before).refusal, "");
            EXPECT_GT(before.size(), token_bytes_max - 3);
        }
    }
    EXPECT_EQ(verify(token).refusal, "the token is longer than 4096 bytes");
}

TEST_F(Token, WhatIsMalformed) {
    constexpr std::string_view malformed = "the token is malformed";
    const std::string header = R"({"alg":"ES256","kid":"e"})";
    for (const char* text :
         {"", ".", "..", "...", "a.b.c", "a b.c.d", "=.=.=", "e30.e30.e30.e30"}) {
        EXPECT_NE(verify(text).refusal, "") << text;
    }
    // Two readers could take different ones of two equal names.
    EXPECT_EQ(verify(ec().token_of(R"({"alg":"none","alg":"ES256","kid":"e"})", "{}")).refusal,
              malformed);
    EXPECT_EQ(verify(ec().token_of(header, R"({"exp":1,"exp":2000000000})")).refusal, malformed);
    EXPECT_EQ(verify(ec().token_of(header, R"({"a":{"b":1,"b":1}})")).refusal, malformed);
    EXPECT_EQ(verify(ec().token_of(header, "[1]")).refusal, malformed);
    EXPECT_EQ(verify(ec().token_of(header, "{\"a\":\"\xff\"}")).refusal, malformed);
    EXPECT_EQ(verify(ec().token_of(header, R"({"a":[[[[[[[[[[1]]]]]]]]]]})")).refusal, malformed);
    // Another spelling of the same signature: a padded one, or bits that mean nothing.
    const std::string good = ec().token_of(header, claims.dump());
    EXPECT_EQ(verify(good).refusal, "");
    EXPECT_EQ(verify(good + "=").refusal, malformed);
    std::string other = good;
    other.back() = static_cast<char>(other.back() + 1);
    EXPECT_EQ(verify(other).refusal, malformed);
}

TEST_F(Token, ChangedBehindTheSignature) {
    const json header = {{"alg", "ES256"}, {"kid", "e"}};
    const std::string good = ec().token(header, claims);
    const std::string other = ec().token(header, with("scope", "admin"));
    const std::size_t signature = good.rfind('.');
    EXPECT_EQ(verify(other.substr(0, other.rfind('.')) + good.substr(signature)).refusal,
              untrusted);
    // The "psychic" signature: two zeroes fit every text where they are not refused.
    EXPECT_EQ(verify(good.substr(0, signature + 1) + to_base64url(std::string(64, '\0'))).refusal,
              untrusted);
}

TEST_F(Token, GrantsNothingThatIsNotSaid) {
    const auto granted = [this](const json& of) {
        return verify(ec().token({{"alg", "ES256"}, {"kid", "e"}}, of)).claims.value().grant;
    };
    EXPECT_TRUE(granted(without("scope")).scopes.empty());
    EXPECT_TRUE(granted(with("scope", "Ingest,read ingestion  ")).scopes.empty());
    EXPECT_EQ(granted(with("scope", "  admin ingest")).scopes.text(), "ingest,admin");
    constexpr std::string_view malformed =
        "the token has a sub, scope or equipment_prefixes that is malformed";
    EXPECT_EQ(refusal(with("scope", {"ingest"})), malformed);
    EXPECT_EQ(refusal(with("equipment_prefixes", json::array())), malformed);
    EXPECT_EQ(refusal(with("equipment_prefixes", "PUMP-")), malformed);
    EXPECT_EQ(refusal(with("equipment_prefixes", {"PUMP-", 1})), malformed);
    EXPECT_EQ(refusal(with("equipment_prefixes", {""})), malformed);
    EXPECT_EQ(refusal(with("equipment_prefixes", nullptr)), malformed);
    EXPECT_EQ(refusal(with("sub", 7)), malformed);
    EXPECT_EQ(refusal(with("sub", std::string(257, 'a'))), malformed);
}

}  // namespace
}  // namespace ingest::access
