#include "app/config/diagnostics.h"

#include <array>

#include <gtest/gtest.h>

namespace ingest::app::config {
namespace {

TEST(Diagnostics, SortedByPlaceAndEachOnce) {
    Diagnostics diagnostics("f.yaml");
    EXPECT_TRUE(diagnostics.empty());
    diagnostics.add({10, 1}, "c", "do c");
    diagnostics.add({2, 7}, "b", "do b");
    diagnostics.add({2, 7}, "b", "do b");
    diagnostics.add({2, 6}, "a", "do a");
    diagnostics.add({}, "whole", "do");
    EXPECT_EQ(diagnostics.text(),
              "f.yaml: whole; do\n"
              "f.yaml:2:6: a; do a\n"
              "f.yaml:2:7: b; do b\n"
              "f.yaml:10:1: c; do c\n");
}

TEST(Diagnostics, NearestWord) {
    static constexpr std::array<std::string_view, 4> words{"host", "port", "threads",
                                                           "ack_timeout"};
    EXPECT_EQ(nearest("prot", words), "port");
    EXPECT_EQ(nearest("hots", words), "host");
    EXPECT_EQ(nearest("thread", words), "threads");
    EXPECT_EQ(nearest("Threads", words), "threads");
    EXPECT_EQ(nearest("ack-timeout", words), "ack_timeout");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest("zz", words), "");
    EXPECT_EQ(nearest("completely_else", words), "");
    EXPECT_EQ(nearest(std::string(10'000, 'x'), words), "");
}

TEST(Diagnostics, QuotedTextStaysOnItsLine) {
    EXPECT_EQ(quote("a\"b\n\x01"), "\"a\\\"b\\n\\u0001\"");
    EXPECT_EQ(quote(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
    // Never cut within a character.
    EXPECT_EQ(quote(std::string(79, 'x') + "\xC2\xB0y"), '"' + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace ingest::app::config
