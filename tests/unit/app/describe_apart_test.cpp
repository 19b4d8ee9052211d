#include "app/describe_apart.h"

#include <cstdlib>

#include <gmock/gmock.h>

namespace ingest::app {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{60};

fs::path built(const std::string& below) {
    return fs::path(std::getenv("INGEST_BUILD_DIR")) / below;
}

Result<nlohmann::ordered_json> faulty(const std::string& id,
                                      std::chrono::milliseconds patient = patience) {
    return describe_apart(built("tests/faulty") / (id + ".so"), id, patient);
}

TEST(DescribeApart, SaysWhatThePluginSaysOfItself) {
    const fs::path file = built("plugins/range.so");
    const auto range = describe_apart(file, "range", patience);
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ((*range)["id"], "range");
    EXPECT_EQ((*range)["kind"], "validator");
    EXPECT_EQ((*range)["file"], file.string());
    EXPECT_THAT((*range)["sha256"].get<std::string>(), ContainsRegex("^[0-9a-f]{64}$"));
    EXPECT_THAT((*range)["abi"].get<std::string>(), ContainsRegex("^1\\.[0-9]+$"));
    EXPECT_EQ((*range)["shared_state"], false);
    EXPECT_EQ((*range)["issues"][0]["code"], "out_of_range");
    EXPECT_EQ((*range)["options"][0]["name"], "*");
}

TEST(DescribeApart, AnErrorOfTheLoadComesThrough) {
    const auto missing = faulty("needs-missing-library");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("libingest-missing-library"));
    const auto nothing = faulty("there-is-none");
    ASSERT_FALSE(nothing);
    EXPECT_THAT(nothing.error().message, HasSubstr("there-is-none.so"));
}

TEST(DescribeApart, ACrashIsTheChilds) {
    const auto crashed = faulty("crashes-on-loading");
    ASSERT_FALSE(crashed);
    EXPECT_THAT(crashed.error().message, HasSubstr("crashes when it is loaded (SIGABRT)"));
}

TEST(DescribeApart, AnExitIsTheChilds) {
    const auto ended = faulty("quits-on-loading");
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, HasSubstr("exit status 3"));
}

TEST(DescribeApart, OneThatBlocksIsNotWaitedFor) {
    const auto hung = faulty("slow-loading", std::chrono::milliseconds(0));
    ASSERT_FALSE(hung);
    EXPECT_THAT(hung.error().message, HasSubstr("longer than 0 ms"));
}

TEST(DescribeApart, WhatAPluginPrintsIsNoPartOfTheAnswer) {
    const auto loud = faulty("prints-on-loading");
    ASSERT_TRUE(loud) << loud.error().message;
    EXPECT_EQ((*loud)["id"], "prints-on-loading");
}

}  // namespace
}  // namespace ingest::app
