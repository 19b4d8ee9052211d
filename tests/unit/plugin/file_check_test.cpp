#include "plugin/file_check.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileCheck : public ::testing::Test {
protected:
    FileCheck() {
        std::string pattern = fs::temp_directory_path() / "plugin-XXXXXX";
        dir_ = ::mkdtemp(pattern.data());
        fs::permissions(dir_, fs::perms(0755));
        file_ = dir_ / "demo.so";
        std::ofstream(file_) << "abc";
        fs::permissions(file_, fs::perms(0644));
    }
    ~FileCheck() override { fs::remove_all(dir_); }

    std::string refusal() {
        const auto opened = open_plugin_file(file_);
        return opened ? "" : opened.error().message;
    }

    fs::path dir_;
    fs::path file_;
};

TEST_F(FileCheck, AcceptsAPlainFile) { EXPECT_EQ(refusal(), ""); }

TEST_F(FileCheck, RefusesWhatOthersMayWrite) {
    fs::permissions(file_, fs::perms(0664));
    EXPECT_THAT(refusal(), HasSubstr("chmod go-w"));
    fs::permissions(file_, fs::perms(0646));
    EXPECT_THAT(refusal(), HasSubstr("chmod go-w"));
}

TEST_F(FileCheck, RefusesADirectoryThatOthersMayWrite) {
    fs::permissions(dir_, fs::perms(0777));
    EXPECT_THAT(refusal(), HasSubstr("chmod go-w"));
}

TEST_F(FileCheck, RefusesADirectoryAboveThatOthersMayWriteUnlessItIsSticky) {
    fs::create_directory(dir_ / "inner");
    fs::rename(file_, dir_ / "inner/demo.so");
    file_ = dir_ / "inner/demo.so";
    fs::permissions(dir_, fs::perms(0777));
    EXPECT_THAT(refusal(), HasSubstr("chmod go-w " + dir_.string()));
    fs::permissions(dir_, fs::perms(01777));
    EXPECT_EQ(refusal(), "");
}

TEST_F(FileCheck, FollowsLinksOnTheWayOnly) {
    fs::create_directories(dir_ / "a/b");
    fs::rename(file_, dir_ / "a/b/demo.so");
    fs::create_directory_symlink("a/../a", dir_ / "on-the-way");
    fs::create_directory_symlink(dir_ / "a/b", dir_ / "last");
    fs::create_directory_symlink("round", dir_ / "round");
    file_ = dir_ / "on-the-way/b/./demo.so";
    EXPECT_EQ(refusal(), "");
    fs::permissions(dir_ / "a", fs::perms(0777));
    EXPECT_THAT(refusal(), HasSubstr("chmod go-w " + (dir_ / "a").string()));
    file_ = dir_ / "last/demo.so";
    EXPECT_THAT(refusal(), HasSubstr("is a symbolic link; name the directory"));
    file_ = dir_ / "round/b/demo.so";
    EXPECT_THAT(refusal(), HasSubstr("symbolic links"));
}

TEST_F(FileCheck, RefusesASymbolicLinkAndADirectory) {
    fs::rename(file_, dir_ / "real.so");
    fs::create_symlink("real.so", file_);
    EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
    fs::remove(file_);
    fs::create_directory(file_);
    EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(FileCheck, RefusesAnotherUsersFile) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_EQ(::chown(file_.c_str(), 65534, 65534), 0);
    EXPECT_THAT(refusal(), HasSubstr("belongs to user 65534"));
}

TEST_F(FileCheck, RefusesAPipeWithoutWaitingForItsWriter) {
    fs::remove(file_);
    ASSERT_EQ(::mkfifo(file_.c_str(), 0644), 0);
    EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(FileCheck, SaysThatThereIsNoFile) {
    fs::remove(file_);
    EXPECT_THAT(refusal(), HasSubstr("cannot open"));
}

TEST_F(FileCheck, ComparesTheDigest) {
    EXPECT_TRUE(match_digest(file_, "0a", ""));
    EXPECT_TRUE(match_digest(file_, "0a", "0A"));
    const auto other = match_digest(file_, "0a", "0b");
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("changed or replaced"));
    EXPECT_FALSE(match_digest(file_, "0a", "0a0"));
}

TEST_F(FileCheck, FindsTheFirstOfTheDirectories) {
    const fs::path dirs[] = {dir_ / "none", dir_};
    const auto found = find_plugin_file(dirs, "demo");
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, file_);
}

TEST_F(FileCheck, NamesAreNotPaths) {
    const fs::path dirs[] = {dir_ / "sub"};
    for (const char* name : {"../demo", "Demo", "", "a/b", "demo.so"}) {
        const auto found = find_plugin_file(dirs, name);
        ASSERT_FALSE(found) << name;
        EXPECT_THAT(found.error().message, HasSubstr("no plugin name"));
    }
    const auto missing = find_plugin_file(dirs, "demo");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr((dir_ / "sub").string()));
}

}  // namespace
}  // namespace ingest::plugin
