#include "decode/text.h"

#include <string>

#include <gtest/gtest.h>

namespace ingest::decode {
namespace {

std::string unescaped(std::string_view raw) {
    std::string to(raw.size(), '?');
    const Unescaped done = unescape(raw, to.data());
    if (done.fault != nullptr) return "fault at " + std::to_string(done.fault_offset);
    to.resize(done.size);
    return to;
}

TEST(Unescape, ResolvesEveryEscape) {
    EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\uFFFF)"), "A\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF");
    EXPECT_EQ(unescaped(R"(\ud83d\ude00\uDBFF\uDFFF)"), "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF");
    EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
    EXPECT_EQ(unescaped(""), "");
}

TEST(Unescape, RefusesBadEscapesAndHalfSurrogates) {
    EXPECT_EQ(unescaped(R"(ab\x)"), "fault at 2");
    EXPECT_EQ(unescaped(R"(\a)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\u12)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\u12g4)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\U0041)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(x\ud800)"), "fault at 1");
    EXPECT_EQ(unescaped(R"(\ud800\u0041)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\ud800\ud800)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\ud800\n)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\udc00)"), "fault at 0");
    EXPECT_EQ(unescaped(R"(\udc00\ud800)"), "fault at 0");
    EXPECT_EQ(unescaped("a\\"), "fault at 1");
}

TEST(Cut, NeverSplitsACharacter) {
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("abcd", 3), "abc");
    EXPECT_EQ(cut("ab\xC3\xA9", 3), "ab");
    EXPECT_EQ(cut("\xF0\x9F\x98\x80", 3), "");
    EXPECT_EQ(cut("a\xF0\x9F\x98\x80z", 5), "a\xF0\x9F\x98\x80");
}

TEST(InvalidUtf8, IsFoundWhereItBegins) {
    const std::string good = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF";
    EXPECT_EQ(first_invalid_utf8(good), good.size());
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                            "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                            "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3(", "\xE2(\xAC"}) {
        EXPECT_EQ(first_invalid_utf8(good + bad), good.size());
        EXPECT_EQ(first_invalid_utf8(good + bad + good), good.size());
    }
}

}  // namespace
}  // namespace ingest::decode
