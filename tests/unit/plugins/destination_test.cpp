#include <ingest/sdk/destination.hpp>

#include <gtest/gtest.h>

namespace ingest::sdk {
namespace {

TEST(Destination, LinkLocalAddressesAreKnownInEverySpelling) {
    for (const char* address :
         {"169.254.0.0", "169.254.169.254", "169.254.255.255", "2852039166", "0xA9FEA9FE",
          "0251.0376.0251.0376", "169.254.43518", "::ffff:169.254.1.1", "::169.254.1.1",
          "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "fe80::1", "febf:ffff::1", "FE80::A"}) {
        EXPECT_TRUE(is_link_local(std::string(address))) << address;
    }
    for (const char* address :
         {"169.253.255.255", "169.255.0.0", "127.0.0.1", "10.0.0.1", "254.169.254.169", "::1", "::",
          "fe7f::1", "fec0::1", "fd00::a9fe:a9fe", "2001:db8::169.254.1.1", "::ffff:10.0.0.1",
          "localhost", "", "169.254.169.254.example", "/run/socket"}) {
        EXPECT_FALSE(is_link_local(std::string(address))) << address;
    }
}

TEST(Destination, IsNumericOrSaysWhyNot) {
    EXPECT_EQ(resolve("0x7f000001").addresses, std::vector<std::string>{"127.0.0.1"});
    EXPECT_EQ(resolve("::1").addresses, std::vector<std::string>{"::1"});
    const Destination refused = resolve("169.254.169.254");
    EXPECT_TRUE(refused.refused);
    EXPECT_TRUE(refused.addresses.empty());
    EXPECT_EQ(refused.failure, "169.254.169.254: " + std::string(link_local_refused));
    const Destination unknown = resolve("a name that is none", AI_NUMERICHOST);
    EXPECT_FALSE(unknown.refused);
    EXPECT_NE(unknown.failure.find("cannot be resolved"), std::string::npos);
}

}  // namespace
}  // namespace ingest::sdk
