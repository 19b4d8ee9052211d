#include "app/plugin_search.h"

#include <fstream>

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace ingest::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class PluginSearchTest : public ::testing::Test {
protected:
    PluginSearchTest() : first_(dir_.path() / "first"), second_(dir_.path() / "second") {
        fs::create_directory(first_);
        fs::create_directory(second_);
    }
    static fs::path put(const fs::path& file) {
        std::ofstream(file) << "no library";
        return file;
    }
    static PluginSearch search(std::vector<fs::path> dirs) { return search_plugins(dirs); }

    test::TempDir dir_;
    const fs::path first_;
    const fs::path second_;
};

TEST_F(PluginSearchTest, TheFirstDirectoryWinsAndTheOthersAreTold) {
    const fs::path range = put(first_ / "range.so");
    const fs::path shadowed = put(second_ / "range.so");
    const fs::path alone = put(second_ / "alone.so");
    const PluginSearch found = search({first_, second_});
    ASSERT_THAT(found.files, SizeIs(2));
    EXPECT_EQ(found.files[0].id, "alone");
    EXPECT_EQ(found.files[0].path, alone);
    EXPECT_EQ(found.files[1].path, range);
    ASSERT_THAT(found.shadowed, SizeIs(1));
    EXPECT_EQ(found.shadowed[0].file.id, "range");
    EXPECT_EQ(found.shadowed[0].file.path, shadowed);
    EXPECT_EQ(found.shadowed[0].by, range);
    EXPECT_THAT(found.others, IsEmpty());
}

TEST_F(PluginSearchTest, WhatIsNoPluginIsToldWithTheReason) {
    put(first_ / "README.md");
    put(first_ / "Upper.so");
    fs::create_directory(first_ / "nested.so");
    const PluginSearch found = search({first_});
    EXPECT_THAT(found.files, IsEmpty());
    std::vector<std::string> names;
    for (const PluginSearch::Other& other : found.others) {
        names.push_back(other.path.filename());
        EXPECT_NE(other.reason, "");
    }
    EXPECT_THAT(names, ElementsAre("README.md", "Upper.so", "nested.so"));
}

TEST_F(PluginSearchTest, DirectoriesThatCannotBeReadAreTold) {
    const fs::path file = put(dir_.path() / "file");
    const PluginSearch found = search({dir_.path() / "missing", file, first_});
    ASSERT_THAT(found.directories, SizeIs(3));
    EXPECT_EQ(found.directories[0].trouble, "No such file or directory");
    EXPECT_EQ(found.directories[1].trouble, "Not a directory");
    EXPECT_EQ(found.directories[2].trouble, "");
}

TEST_F(PluginSearchTest, ADirectoryThatIsNamedTwiceIsReadOnce) {
    put(first_ / "range.so");
    fs::create_directory_symlink(first_, dir_.path() / "again");
    const PluginSearch found = search({first_, first_ / ".", dir_.path() / "again"});
    EXPECT_THAT(found.directories, SizeIs(1));
    EXPECT_THAT(found.files, SizeIs(1));
    EXPECT_THAT(found.shadowed, IsEmpty());
}

}  // namespace
}  // namespace ingest::app
