#include "base/log.h"

#include <cstdio>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ingest::log {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr std::int64_t noon_us = 1'764'000'000'123'456;

Options json_options() {
    return {.level = Level::info, .format = Format::json, .service = "ingest", .version = "1.2.3",
            .environment = "test"};
}

Options text_options() {
    Options options = json_options();
    options.format = Format::text;
    return options;
}

TEST(LogTest, RendersJson) {
    const std::string line = render(json_options(), noon_us, Level::warn, "spool", "is full",
                                    {{"rows", 100},
                                     {"share", 0.5},
                                     {"sink", "database"},
                                     {"open", true},
                                     {"lost", std::numeric_limits<double>::quiet_NaN()}});
    EXPECT_EQ(line,
              R"({"timestamp":"2025-11-24T16:00:00.123456Z","level":"WARNING","service":"ingest",)"
              R"("version":"1.2.3","environment":"test","logger":"spool","message":"is full",)"
              R"("rows":100,"share":0.5,"sink":"database","open":true,"lost":null})");
    EXPECT_TRUE(json::accept(line));
}

TEST(LogTest, RendersText) {
    EXPECT_EQ(render(text_options(), noon_us, Level::error, "spool", "is full",
                     {{"rows", std::int64_t{-1}}, {"sink", std::string("database")},
                      {"end", std::numeric_limits<std::uint64_t>::max()}}),
              "2025-11-24T16:00:00.123456Z ERROR spool: is full rows=-1 sink=database "
              "end=18446744073709551615");
    EXPECT_THAT(render(text_options(), noon_us, Level::info, "audit", "accepted",
                       {{"client", "token:x key_id=admin"}, {"reason", "none"}}),
                testing::EndsWith(R"(client="token:x key_id=admin" reason=none)"));
}

TEST(LogTest, HostileTextsStayOneValidLine) {
    const std::string hostile =
        "\"},{\"a\":\"\n\r\t\v\x01\x1b[2J\\ \u2028\u2029\u0085\x7fü€" + std::string(1, '\0');
    Options options = json_options();
    options.service = options.version = options.environment = hostile;
    const std::string line = render(options, noon_us, Level::info, hostile, hostile,
                                    {{"plain", hostile}, {hostile, "value"}});
    const json document = json::parse(line);
    EXPECT_EQ(document.size(), 9U);
    for (const char* name : {"service", "version", "environment", "logger", "message", "plain"}) {
        EXPECT_EQ(document.at(name), hostile) << name;
    }
    EXPECT_EQ(document.at(hostile), "value");

    const std::string text = render(text_options(), noon_us, Level::info, hostile, hostile,
                                    {{"plain", hostile}});
    for (const std::string& rendered : {line, text}) {
        for (const char c : rendered) {
            EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << rendered;
        }
        for (const char* separator : {"\u2028", "\u2029", "\u0085"}) {
            EXPECT_THAT(rendered, Not(HasSubstr(separator)));
        }
    }
}

TEST(LogTest, AnyBytesStayOneValidLine) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 5'000; ++round) {
        std::string bytes;
        for (auto size = random() % 32; size > 0; --size) {
            bytes += static_cast<char>(random() & 0xFF);
        }
        const std::string line =
            render(json_options(), noon_us, Level::info, bytes, bytes, {{"field", bytes}});
        ASSERT_TRUE(json::accept(line)) << line;
        ASSERT_EQ(line.find('\n'), std::string::npos);
    }
}

TEST(LogTest, WritesLinesFromTheConfiguredLevelOn) {
    ::testing::internal::CaptureStdout();
    configure(json_options());
    EXPECT_FALSE(enabled(Level::debug));
    EXPECT_TRUE(enabled(Level::info));
    debug("test", "not shown");
    info("test", "{} %s is no format", {{"n", 1}});
    Options quiet = json_options();
    quiet.level = Level::error;
    configure(quiet);
    warn("test", "not shown");
    error("test", "shown");
    const std::string out = ::testing::internal::GetCapturedStdout();
    EXPECT_THAT(out, MatchesRegex(R"(\{.*"\{\} %s is no format","n":1\}
\{.*"shown"\}
)"));
    EXPECT_THAT(out, Not(HasSubstr("not shown")));
}

TEST(LogTest, RendersListsOfTexts) {
    const std::vector<std::string> texts{"a", "b\n\"c"};
    const Field list{"ids", std::span<const std::string>(texts)};
    const json document =
        json::parse(render(json_options(), noon_us, Level::info, "test", "list", {list}));
    EXPECT_EQ(document.at("ids"), json(texts));
    EXPECT_THAT(render(text_options(), noon_us, Level::info, "test", "list", {list}),
                testing::EndsWith(R"(test: list ids=a,"b\n\"c")"));
    const Field none{"ids", std::span<const std::string>()};
    EXPECT_THAT(render(json_options(), noon_us, Level::info, "test", "list", {none}),
                HasSubstr(R"("ids":[])"));
}

TEST(LogTest, RecordsAreWrittenAtEveryLevel) {
    ::testing::internal::CaptureStdout();
    Options quiet = json_options();
    quiet.level = Level::error;
    configure(quiet);
    record("test", "not to be missed", {{"n", 1}});
    EXPECT_THAT(::testing::internal::GetCapturedStdout(),
                MatchesRegex(R"(\{.*"level":"INFO".*"not to be missed","n":1\}
)"));
}

}  // namespace
}  // namespace ingest::log
