#include "base/file_watch.h"

#include <fstream>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace ingest {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

using Sight = FileWatch::Sight;

class FileWatchTest : public testing::Test {
protected:
    void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
    // As those who write for others do: the file is there, whole, at every moment.
    void replace(const fs::path& file, const std::string& text) {
        write(file.string() + ".new", text);
        fs::rename(file.string() + ".new", file);
    }
    Sight look() { return watch.look({one, two}, now); }
    // A change is seen when it has held still, once.
    void expect_change(std::chrono::milliseconds patience = FileWatch::still) {
        EXPECT_EQ(look(), Sight::same);
        EXPECT_GT(watch.pause(now), 0ms);
        EXPECT_LE(watch.pause(now), FileWatch::pause_max);
        now += patience - 1ms;
        EXPECT_EQ(look(), Sight::same);
        now += 1ms;
        EXPECT_EQ(look(), Sight::changed);
        EXPECT_EQ(look(), Sight::same);
        EXPECT_EQ(watch.pause(now), FileWatch::pause_max);
    }

    test::TempDir dir;
    const fs::path one = dir.path() / "one";
    const fs::path two = dir.path() / "two";
    FileWatch watch;
    FileWatch::Time now;
};

TEST_F(FileWatchTest, SeesEachKindOfChange) {
    write(one, "a");
    write(two, "b");
    expect_change();
    write(one, "as");  // in its place
    expect_change();
    replace(two, "c");  // as large as before
    expect_change();
    fs::permissions(one, fs::perms::owner_read);
    expect_change();
    now += 1h;
    EXPECT_EQ(look(), Sight::same);
}

TEST_F(FileWatchTest, WaitsUntilFilesHoldStill) {
    write(one, "a");
    write(two, "b");
    expect_change();
    for (int i = 0; i < 5; ++i) {
        std::ofstream(one, std::ios::app) << i;
        EXPECT_EQ(look(), Sight::same);
        now += FileWatch::still - 1ms;
    }
    now += 1ms;
    EXPECT_EQ(look(), Sight::changed);
}

TEST_F(FileWatchTest, GivesAMissingFileTimeToComeBack) {
    write(one, "a");
    write(two, "b");
    expect_change();
    fs::remove(one);
    EXPECT_EQ(look(), Sight::same);
    now += FileWatch::missing_still - 1ms;
    EXPECT_EQ(look(), Sight::same);
    write(one, "c");
    expect_change();
    fs::remove(one);
    expect_change(FileWatch::missing_still);
}

// As Kubernetes has secrets: FILE -> ..data/FILE, ..data -> a directory that others replace.
TEST_F(FileWatchTest, LooksThroughLinks) {
    for (const char* version : {"first", "second"}) {
        fs::create_directory(dir.path() / version);
        write(dir.path() / version / "one", version);
    }
    write(two, "b");
    fs::create_directory_symlink("first", dir.path() / "..data");
    fs::create_symlink("..data/one", one);
    expect_change();
    fs::create_directory_symlink("second", dir.path() / "..data.new");
    fs::rename(dir.path() / "..data.new", dir.path() / "..data");
    expect_change();
}

TEST_F(FileWatchTest, OtherFilesAreAChange) {
    write(one, "a");
    write(two, "b");
    expect_change();
    EXPECT_EQ(watch.look({one}, now), Sight::same);
    now += FileWatch::still;
    EXPECT_EQ(watch.look({one}, now), Sight::changed);
}

TEST_F(FileWatchTest, TellsAgainWhoCouldNotTakeIt) {
    write(one, "a");
    write(two, "b");
    expect_change();
    watch.again(now);
    EXPECT_EQ(watch.pause(now), FileWatch::pause_max);
    now += FileWatch::pause_max - 1ms;
    EXPECT_EQ(look(), Sight::same);
    now += 1ms;
    EXPECT_EQ(look(), Sight::again);
    EXPECT_EQ(look(), Sight::same);
    watch.again(now);
    write(two, "bb");
    expect_change();
}

}  // namespace
}  // namespace ingest
