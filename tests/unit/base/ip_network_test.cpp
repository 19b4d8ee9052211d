#include "base/ip_network.h"

#include <gtest/gtest.h>

namespace ingest {
namespace {

bool contains(std::string_view network, std::string_view address) {
    return IpNetwork::parse(network).value().contains(parse_ip(address).value());
}

TEST(IpNetwork, Contains) {
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(contains("192.168.16.0/20", "192.168.31.255"));
    EXPECT_FALSE(contains("192.168.16.0/20", "192.168.32.0"));
    EXPECT_TRUE(contains("127.0.0.1", "127.0.0.1"));
    EXPECT_FALSE(contains("127.0.0.1", "127.0.0.2"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:1::1"));
    EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
    // A proxy by IPv6 is none by IPv4, and the other way round.
    EXPECT_FALSE(contains("::/0", "203.0.113.9"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
}

TEST(IpNetwork, WhatIsNone) {
    for (const char* text : {"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.1/8",
                             "10.0.0.0/8 ", "::1/129", "2001:db8::1/64", "example.org", "*",
                             "10.0.0.0/-1", "10.0.0.0/08x"}) {
        EXPECT_FALSE(IpNetwork::parse(text)) << text;
    }
}

TEST(IpAddress, ThereAndBack) {
    for (const char* text : {"203.0.113.9", "2001:db8::1", "::1"}) {
        EXPECT_EQ(ip_text(parse_ip(text).value()), text);
    }
    for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "[::1]", "fe80::1%eth0"}) {
        EXPECT_FALSE(parse_ip(text)) << text;
    }
    EXPECT_FALSE(parse_ip(std::string_view("1.2.3.4\0", 8)));
}

}  // namespace
}  // namespace ingest
