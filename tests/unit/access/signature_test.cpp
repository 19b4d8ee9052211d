#include <functional>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "access/digest.h"
#include "access/key_set.h"
#include "made_tokens.h"

// Signatures that are none, as those who forge them try.
namespace ingest::access {
namespace {

const std::string text = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0";

std::string bytes(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return out;
}

class Signatures {
public:
    explicit Signatures(const Signer& signer) {
        std::vector<FileTrouble> troubles;
        set_ = KeySet::parse(json{{"keys", {signer.jwk("k")}}}.dump(), troubles);
        EXPECT_TRUE(troubles.empty());
    }
    bool good(std::string_view signature, std::string_view of = text) const {
        return set_.find("k")->signed_this(of, signature);
    }

private:
    KeySet set_;
};

// Of P-256.
const std::string order =
    bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const std::string prime =
    bytes("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const std::string zero(32, '\0');
const std::string one = std::string(31, '\0') + '\1';

TEST(Signature, NumbersOutOfTheirRange) {
    const Signer signer = Signer::ec();
    const Signatures key(signer);
    const std::string good = signer.signature(text);
    ASSERT_TRUE(key.good(good));
    const std::string r = good.substr(0, 32);
    const std::string s = good.substr(32);
    const std::string all(32, '\xff');
    std::string less = order;
    --less.back();
    std::string more = order;
    ++more.back();
    for (const std::string& wrong : {zero, one, order, less, more, prime, all}) {
        EXPECT_FALSE(key.good(wrong + s));
        EXPECT_FALSE(key.good(r + wrong));
        for (const std::string& other : {zero, one, order, less, more, prime, all}) {
            EXPECT_FALSE(key.good(wrong + other));
        }
    }
    EXPECT_FALSE(key.good(s + r));
}

TEST(Signature, NumbersInAnotherForm) {
    const Signer signer = Signer::ec();
    const Signatures key(signer);
    const std::string good = signer.signature(text);
    const std::string r = good.substr(0, 32);
    const std::string s = good.substr(32);
    const auto number = [](std::string value) {
        if ((static_cast<unsigned char>(value[0]) & 0x80) != 0) value.insert(0, 1, '\0');
        return std::string("\x02") + static_cast<char>(value.size()) + value;
    };
    const std::string inner = number(r) + number(s);
    const std::string der = std::string("\x30") + static_cast<char>(inner.size()) + inner;
    for (const std::string& wrong :
         {std::string(), der, der + '\0', good + '\0', '\0' + good, good + good,
          good.substr(0, 63), good.substr(1), r, r + '\0' + s, '\0' + r + '\0' + s,
          std::string(16, '\0') + r + std::string(16, '\0') + s}) {
        EXPECT_FALSE(key.good(wrong)) << wrong.size();
    }
}

TEST(Signature, OfAnotherDigestOrText) {
    const Signer signer = Signer::ec();
    const Signatures key(signer);
    const std::string good = signer.signature(text);
    for (std::size_t bit = 0; bit < 8 * good.size(); bit += 7) {
        std::string other = good;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
        EXPECT_FALSE(key.good(other)) << bit;
    }
    EXPECT_FALSE(key.good(good, text + "."));
    EXPECT_FALSE(key.good(good, ""));
    EXPECT_FALSE(Signatures(Signer::ec()).good(good));
}

// The queue of errors is the thread's: what others left in it says nothing of a signature.
TEST(Signature, AnOlderErrorDecidesNothing) {
    const Signer signer = Signer::ec();
    const Signatures key(signer);
    std::string wrong = signer.signature(text);
    wrong.back() = static_cast<char>(wrong.back() ^ 1);
    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    EXPECT_FALSE(key.good(wrong));
}

// What the key makes of a block of its own size, without any padding of OpenSSL's.
std::string raw_rsa(const Signer& signer, const std::string& block) {
    const std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new(signer.key(), nullptr));
    std::string made(block.size(), '\0');
    std::size_t size = made.size();
    EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                            reinterpret_cast<const unsigned char*>(block.data()), block.size()),
              1);
    return made;
}

constexpr std::size_t block_size = 256;

// 00 TYPE PADDING... 00 INFO DIGEST, and what is left over.
std::string block(char type, char padding, const std::string& info, std::size_t behind = 0) {
    const Digest digest = sha256(text);
    const std::string end = '\0' + info + std::string(digest.begin(), digest.end());
    const std::size_t size = block_size - 2 - end.size() - behind;
    return std::string(1, '\0') + type + std::string(size, padding) + end +
           std::string(behind, '\x5a');
}

TEST(Signature, PaddingThatIsNot) {
    const Signer signer = Signer::rsa();
    const Signatures key(signer);
    const std::string info = bytes("3031300d060960864801650304020105000420");
    const std::string good = raw_rsa(signer, block(1, '\xff', info));
    EXPECT_EQ(good, signer.signature(text));
    ASSERT_TRUE(key.good(good));
    const std::string other_digest = bytes("3031300d060960864801650304020305000420");
    const std::string no_null = bytes("302f300b0609608648016503040201" "0420");
    const std::string long_length = bytes("308131300d060960864801650304020105000420");
    for (const std::string& wrong :
         {block(1, '\xff', info, 1), block(1, '\xff', info, block_size - 2 - 8 - 1 - 19 - 32),
          block(1, '\xff', info, block_size - 2 - 1 - 19 - 32), block(0, '\xff', info),
          block(2, '\xff', info), block(1, '\0', info), block(1, '\x7f', info),
          block(1, '\xff', other_digest), block(1, '\xff', no_null), block(1, '\xff', long_length),
          block(1, '\xff', ""), block(1, '\xff', info + '\0')}) {
        EXPECT_FALSE(key.good(raw_rsa(signer, wrong)));
    }
}

TEST(Signature, SizesOfRsaThatAreNot) {
    const Signer signer = Signer::rsa();
    const Signatures key(signer);
    const std::string good = signer.signature(text);
    for (const std::string& wrong :
         {std::string(), good + '\0', '\0' + good, good.substr(1), good.substr(0, 255),
          good + good, std::string(256, '\0'), std::string(255, '\0') + '\1',
          std::string(256, '\xff'), from_base64url(signer.jwk("k")["n"].get<std::string>()).value(),
          text}) {
        EXPECT_FALSE(key.good(wrong)) << wrong.size();
    }
}

TEST(Signature, OfAnotherSchemeOfRsa) {
    const Signer signer = Signer::rsa();
    const Signatures key(signer);
    const auto sign = [&](const EVP_MD* digest, int padding) {
        const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
        EVP_PKEY_CTX* of_key = nullptr;
        std::string made(block_size, '\0');
        std::size_t size = made.size();
        EVP_DigestSignInit(context.get(), &of_key, digest, nullptr, signer.key());
        EVP_PKEY_CTX_set_rsa_padding(of_key, padding);
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size());
        return made;
    };
    EXPECT_TRUE(key.good(sign(EVP_sha256(), RSA_PKCS1_PADDING)));
    EXPECT_FALSE(key.good(sign(EVP_sha256(), RSA_PKCS1_PSS_PADDING)));
    EXPECT_FALSE(key.good(sign(EVP_sha1(), RSA_PKCS1_PADDING)));
    EXPECT_FALSE(key.good(sign(EVP_sha512(), RSA_PKCS1_PADDING)));
}

TEST(Signature, MacsThatAreCutOrLonger) {
    const Signer signer = Signer::secret(std::string(32, 's'));
    const Signatures key(signer);
    const std::string good = signer.signature(text);
    ASSERT_TRUE(key.good(good));
    for (const std::string& wrong :
         {std::string(), good.substr(0, 1), good.substr(0, 16), good.substr(0, 31),
          good.substr(1), good + '\0', good + good, std::string(32, '\0'),
          Signer::secret(std::string(33, 's')).signature(text),
          Signer::secret(std::string(32, 's') + '\1').signature(text)}) {
        EXPECT_FALSE(key.good(wrong)) << wrong.size();
    }
}

}  // namespace
}  // namespace ingest::access
