#include "http/forwarded.h"

#include <gtest/gtest.h>

namespace ingest::http {
namespace {

const std::vector<IpNetwork> trusted{IpNetwork::parse("10.0.0.0/8").value(),
                                     IpNetwork::parse("2001:db8::/48").value()};

std::string client(std::string_view peer, std::vector<std::string_view> forwarded) {
    std::vector<FieldView> fields{{"Host", "a"}};
    for (const std::string_view value : forwarded) fields.push_back({"X-Forwarded-For", value});
    return ip_text(client_of(Address::of(parse_ip(peer).value()), fields, trusted).bytes);
}

TEST(Forwarded, WhoIsNoProxyIsNotBelieved) {
    EXPECT_EQ(client("203.0.113.1", {"198.51.100.7"}), "203.0.113.1");
    EXPECT_EQ(client("10.1.1.1", {}), "10.1.1.1");
}

TEST(Forwarded, TheLastThatIsNoProxyCounts) {
    EXPECT_EQ(client("10.1.1.1", {"198.51.100.7"}), "198.51.100.7");
    EXPECT_EQ(client("10.1.1.1", {"1.2.3.4, 198.51.100.7 ,\t10.9.9.9"}), "198.51.100.7");
    EXPECT_EQ(client("10.1.1.1", {"1.2.3.4", "198.51.100.7", "10.9.9.9"}), "198.51.100.7");
    EXPECT_EQ(client("10.1.1.1", {"10.2.2.2, 10.3.3.3"}), "10.2.2.2");
    EXPECT_EQ(client("10.1.1.1", {"198.51.100.7:4711"}), "198.51.100.7");
    EXPECT_EQ(client("2001:db8::1", {"[2001:db9::7]:80"}), "2001:db9::");  // a /64 is one client
    EXPECT_EQ(client("10.1.1.1", {"2001:db9::7"}), "2001:db9::");
}

TEST(Forwarded, BehindWhatIsNoAddressNothingCounts) {
    EXPECT_EQ(client("10.1.1.1", {"unknown"}), "10.1.1.1");
    EXPECT_EQ(client("10.1.1.1", {"198.51.100.7, unknown, 10.9.9.9"}), "10.9.9.9");
    EXPECT_EQ(client("10.1.1.1", {"198.51.100.7,,"}), "10.1.1.1");
    EXPECT_EQ(client("10.1.1.1", {""}), "10.1.1.1");
}

TEST(Forwarded, NobodyBehindAProxyIsOnThisMachine) {
    EXPECT_EQ(client("10.1.1.1", {"127.0.0.1"}), "10.1.1.1");
    EXPECT_EQ(client("10.1.1.1", {"127.0.0.1, 10.2.2.2"}), "10.2.2.2");
    EXPECT_EQ(client("10.1.1.1", {"::1"}), "10.1.1.1");
    EXPECT_EQ(client("10.1.1.1", {"::ffff:127.0.0.1"}), "10.1.1.1");
}

}  // namespace
}  // namespace ingest::http
