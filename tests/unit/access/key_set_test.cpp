#include "access/key_set.h"

#include <gtest/gtest.h>

#include "made_tokens.h"

namespace ingest::access {
namespace {

std::string wrong_with(const json& key) {
    std::vector<FileTrouble> troubles;
    KeySet::parse(json{{"keys", {key}}}.dump(), troubles);
    return troubles.empty() ? "" : troubles.front().wrong;
}

json changed(json key, const char* name, const json& value) {
    if (value.is_null()) key.erase(name);
    else key[name] = value;
    return key;
}

TEST(KeySet, KeysThatAreRefused) {
    const json rsa = Signer::rsa().jwk("r");
    const json ec = Signer::ec().jwk("e");
    const json secret = Signer::secret(std::string(32, 's')).jwk("h");
    for (const json& good : {rsa, ec, secret}) EXPECT_EQ(wrong_with(good), "");
    // The algorithm is the key's, so it has to say it.
    constexpr const char* aimless = "keys[0] does not say what it is for";
    for (const json& key : {changed(rsa, "alg", nullptr), changed(rsa, "alg", "HS256"),
                            changed(rsa, "alg", "RS512"), changed(secret, "alg", "RS256"),
                            changed(ec, "alg", "none"), changed(ec, "kty", "oct")}) {
        EXPECT_EQ(wrong_with(key), aimless) << key["alg"];
    }
    EXPECT_EQ(wrong_with(Signer::rsa(1024).jwk("r")),
              "keys[0] has no RSA key of 2048 to 8192 bits");
    // "AQ" is 1, with which everybody signs; "Ag" is 2, "AQAA" 65536, "" 0.
    for (const char* exponent : {"AQ", "Ag", "AQAA", "", "AAAAAAE"}) {
        EXPECT_EQ(wrong_with(changed(rsa, "e", exponent)),
                  "keys[0] has no RSA key of 2048 to 8192 bits") << exponent;
    }
    EXPECT_EQ(wrong_with(changed(ec, "x", ec["y"])), "keys[0] has no point of P-256");
    EXPECT_EQ(wrong_with(changed(ec, "crv", "P-384")), "keys[0] has no point of P-256");
    EXPECT_EQ(wrong_with(Signer::secret(std::string(31, 's')).jwk("h")),
              "keys[0] has no secret of 32 bytes or more");
    EXPECT_EQ(wrong_with(changed(ec, "d", "AAAA")),
              "keys[0] is a private key, which is not needed here and has become known");
    EXPECT_EQ(wrong_with(changed(ec, "use", "enc")), "keys[0] is not for signatures");
    EXPECT_EQ(wrong_with(changed(ec, "kid", 7)),
              "keys[0] has a kid that is no text of 1..256 bytes");
    EXPECT_EQ(wrong_with(json("a")), "keys[0] is no object");
}

TEST(KeySet, DocumentsThatAreRefused) {
    for (const char* text : {"", "[]", "{}", R"({"keys":[]})", R"({"keys":7})", "{\"keys\":[",
                             R"({"keys":[{}],"keys":[{}]})"}) {
        std::vector<FileTrouble> troubles;
        KeySet::parse(text, troubles);
        ASSERT_EQ(troubles.size(), 1U) << text;
        EXPECT_TRUE(troubles[0].wrong.starts_with("is no JWKS")) << text;
    }
    std::vector<FileTrouble> troubles;
    const json key = Signer::ec().jwk("e");
    KeySet::parse(json{{"keys", {key, key}}}.dump(), troubles);
    ASSERT_EQ(troubles.size(), 1U);
    EXPECT_EQ(troubles[0].wrong, "keys[1] has the kid of another one, or none as another one");
}

TEST(KeySet, TheOnlyKeyNeedsNoName) {
    std::vector<FileTrouble> troubles;
    const json one = {{"keys", {Signer::ec().jwk("e")}}};
    const KeySet set = KeySet::parse(one.dump(), troubles);
    EXPECT_EQ(set.find(""), set.find("e"));
    ASSERT_NE(set.find("e"), nullptr);
    EXPECT_EQ(set.find("f"), nullptr);
}

}  // namespace
}  // namespace ingest::access
