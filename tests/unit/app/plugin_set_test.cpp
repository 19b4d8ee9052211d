#include "app/plugin_set.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace ingest::app {
namespace {

using ::testing::HasSubstr;

class PluginSetTest : public ::testing::Test {
protected:
    // Puts a build of `stamp` in place, into the same file.
    void install(const char* number) {
        std::ifstream from(std::filesystem::path(std::getenv("INGEST_BUILD_DIR")) / "tests" /
                           "builds" / number / "stamp.so");
        std::ofstream to(dir_.path() / "stamp.so", std::ios::trunc);
        to << from.rdbuf();
    }
    const plugin::Library* open(const std::string& sha256 = "") {
        const auto opened = set_.open("stamp", sha256);
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? *opened : nullptr;
    }

    const test::TempDir dir_;
    PluginSet set_{{dir_.path()}};
};

TEST_F(PluginSetTest, OneLookIsOneLibrary) {
    install("1");
    const plugin::Library* first = open();
    install("2");
    EXPECT_EQ(open(), first);
    set_.look_anew({dir_.path()});
    const plugin::Library* second = open();
    EXPECT_NE(second, first);
    EXPECT_EQ(first->identity().version, "1.0.0");
    EXPECT_EQ(second->identity().version, "2.0.0");
}

TEST_F(PluginSetTest, TheSameBytesAreTheSameLibraryWhereverTheyLie) {
    install("1");
    const plugin::Library* first = open();
    install("2");
    set_.look_anew({dir_.path()});
    open();
    const test::TempDir other;
    install("1");
    std::filesystem::rename(dir_.path() / "stamp.so", other.path() / "stamp.so");
    set_.look_anew({other.path()});
    EXPECT_EQ(open(), first);
    EXPECT_EQ(open(first->digest()), first);
}

TEST_F(PluginSetTest, TheDigestIsAskedOfWhatIsOpenToo) {
    install("1");
    const std::string digest = open()->digest();
    const auto wrong = set_.open("stamp", std::string(64, '0'));
    ASSERT_FALSE(wrong);
    install("2");
    EXPECT_TRUE(set_.open("stamp", digest)) << "in this look it is the first one";
    set_.look_anew({dir_.path()});
    EXPECT_FALSE(set_.open("stamp", digest));
}

TEST_F(PluginSetTest, WhatIsGoneIsNotFoundAnyMore) {
    install("1");
    open();
    std::filesystem::remove(dir_.path() / "stamp.so");
    set_.look_anew({dir_.path()});
    EXPECT_FALSE(set_.open("stamp", ""));
}

}  // namespace
}  // namespace ingest::app
