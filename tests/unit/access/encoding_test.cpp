#include <gtest/gtest.h>

#include "access/base64url.h"
#include "access/digest.h"
#include "base/hex.h"

namespace ingest::access {
namespace {

TEST(Base64url, ThereAndBack) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        const auto back = from_base64url(to_base64url(bytes));
        ASSERT_TRUE(back) << i;
        EXPECT_EQ(*back, bytes);
        bytes += static_cast<char>(i * 37);
    }
    EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(to_base64url("foob"), "Zm9vYg");
}

TEST(Base64url, OneSpellingOnly) {
    for (const char* text : {"Z", "Zh", "Zm9vYh", "Zm9vYg==", "Zm9v Yg", "+/", "Zm9vY"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
}

TEST(Digest, IsSha256) {
    const Digest digest = sha256("abc");
    EXPECT_EQ(to_hex(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(from_hex(to_hex(digest)), digest);
    EXPECT_TRUE(same(digest, sha256("abc")));
    for (std::size_t i = 0; i < digest.size(); ++i) {
        Digest other = digest;
        other[i] ^= 1;
        EXPECT_FALSE(same(digest, other)) << i;
    }
    EXPECT_FALSE(from_hex(std::string(64, 'G')));
    EXPECT_FALSE(from_hex(std::string(62, 'a')));
}

}  // namespace
}  // namespace ingest::access
