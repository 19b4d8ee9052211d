#include "base/crash_point.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

#include <gtest/gtest.h>

namespace ingest {
namespace {

TEST(CrashPoint, EveryNameInTheTableIsPassedInOnePlaceOfTheHost) {
    const char* source_dir = std::getenv("INGEST_SOURCE_DIR");
    if (source_dir == nullptr) GTEST_SKIP() << "INGEST_SOURCE_DIR is not set: run it through ctest";
    std::map<std::string, int, std::less<>> places;
    const std::filesystem::path host = std::filesystem::path(source_dir) / "host";
    const std::regex pass("\\bcrash_point\\(\"([^\"]*)\"\\)");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(host)) {
        if (entry.path().extension() != ".cpp") continue;
        std::ifstream in(entry.path());
        const std::string text(std::istreambuf_iterator<char>(in), {});
        for (std::sregex_iterator at(text.begin(), text.end(), pass), end; at != end; ++at) {
            places[(*at)[1]] += 1;
        }
    }
    for (const std::string_view name : crash_point_names) {
        const auto found = places.find(name);
        EXPECT_EQ(found == places.end() ? 0 : found->second, 1) << name;
    }
    EXPECT_EQ(places.size(), crash_point_names.size());
}

TEST(CrashPoint, UnknownNamesAndCountsAreRefusedWithTheList) {
    for (const char* wrong : {"append", "append.before_sync:", "append.before_sync:0",
                              "append.before_sync:x", "append.before_sync:2x", ":1", "nothing:3"}) {
        const auto armed = arm_crash_point(wrong);
        ASSERT_FALSE(armed) << wrong;
        EXPECT_NE(armed.error().message.find(wrong), std::string::npos);
        EXPECT_NE(armed.error().message.find("append.before_sync"), std::string::npos);
    }
    EXPECT_TRUE(arm_crash_point(nullptr));
    EXPECT_TRUE(arm_crash_point(""));
    pass_crash_point("append.before_sync");
}

TEST(CrashPointDeathTest, TheProcessEndsByKillAtItsNthPass) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            (void)arm_crash_point("append.before_sync");
            pass_crash_point("append.after_sync");
            pass_crash_point("append.before_sync");
        },
        testing::KilledBySignal(SIGKILL), "");
    EXPECT_EXIT(
        {
            (void)arm_crash_point("append.before_sync:3");
            for (int n = 0; n < 2; ++n) pass_crash_point("append.before_sync");
            std::_Exit(7);
        },
        testing::ExitedWithCode(7), "");
    EXPECT_EXIT(
        {
            (void)arm_crash_point("append.before_sync:3");
            for (int n = 0; n < 3; ++n) pass_crash_point("append.before_sync");
        },
        testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace ingest
