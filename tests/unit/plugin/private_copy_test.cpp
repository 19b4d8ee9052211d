#include "plugin/private_copy.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include <fcntl.h>
#include <gmock/gmock.h>

#include "plugin/library.h"
#include "support/temp_dir.h"

namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// SHA-256 of "abc", FIPS 180-4's example
constexpr std::string_view abc_digest =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class PrivateCopyTest : public ::testing::Test {
protected:
    PrivateCopyTest() : file_(dir_.path() / "demo.so") {
        fs::permissions(dir_.path(), fs::perms(0755));
        write("abc");
    }
    // In place, as cp does.
    void write(std::string_view content) {
        std::ofstream(file_, std::ios::binary) << content;
        fs::permissions(file_, fs::perms(0644));
    }
    static std::string content(const fs::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const test::TempDir dir_;
    const fs::path file_;
};

TEST_F(PrivateCopyTest, StaysWhatTheFileWas) {
    const auto copy = copy_privately(file_);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->digest, abc_digest);
    write("another content");
    EXPECT_EQ(content(copy->path()), "abc");
    const auto now = digest_of(file_);
    ASSERT_TRUE(now) << now.error().message;
    EXPECT_NE(*now, abc_digest);
    write("abc");
    EXPECT_EQ(digest_of(file_).value(), abc_digest);
}

// As a debugger does with the name that the loader has.
TEST_F(PrivateCopyTest, AnotherProcessFindsItByItsPath) {
    const auto copy = copy_privately(file_);
    ASSERT_TRUE(copy) << copy.error().message;
    const std::string command = "cat '" + copy->path().string() + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> cat(::popen(command.c_str(), "r"), ::pclose);
    ASSERT_TRUE(cat);
    std::array<char, 8> read{};
    EXPECT_EQ(std::fread(read.data(), 1, read.size(), cat.get()), 3U) << command;
    EXPECT_STREQ(read.data(), "abc");
}

TEST_F(PrivateCopyTest, NobodyCanWriteToIt) {
    const auto copy = copy_privately(file_);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_LT(::pwrite(copy->memory.get(), "x", 1, 0), 0);
    std::ofstream(copy->path()) << "x";
    EXPECT_EQ(content(copy->path()), "abc");
}

TEST_F(PrivateCopyTest, IsOfTheWholeFileAlsoWhenItIsLarge) {
    const std::string large(1'000'003, 'x');
    write(large);
    const auto copy = copy_privately(file_);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(content(copy->path()), large);
}

TEST_F(PrivateCopyTest, IsClosedOnExecution) {
    const auto copy = copy_privately(file_);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_NE(::fcntl(copy->memory.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PrivateCopyTest, IsMadeOfVerifiedFilesOnly) {
    fs::permissions(file_, fs::perms(0666));
    EXPECT_FALSE(copy_privately(file_));
    EXPECT_FALSE(digest_of(file_));
}

// A plugin's file in a directory of its own, as it is installed.
class InstalledPlugin : public ::testing::Test {
protected:
    InstalledPlugin() : file_(dir_.path() / "range.so") {
        fs::permissions(dir_.path(), fs::perms(0755));
        fs::copy_file(fs::path(std::getenv("INGEST_BUILD_DIR")) / "plugins" / "range.so", file_);
        fs::permissions(file_, fs::perms(0644));
    }
    const test::TempDir dir_;
    const fs::path file_;
};

TEST_F(InstalledPlugin, RunsOnWhenItsFileIsOverwrittenInPlace) {
    const auto library = Library::load(file_, "range");
    ASSERT_TRUE(library) << library.error().message;
    EXPECT_EQ((*library)->digest(), digest_of(file_).value());
    const auto size = fs::file_size(file_);
    std::ofstream(file_, std::ios::binary) << std::string(size, '\xFF');
    fs::resize_file(file_, 16);
    // Code that was mapped from the file would have become garbage, or pages that are not there.
    EXPECT_EQ((*library)->identity().get_interface({"nothing", 7}), nullptr);
    EXPECT_NE((*library)->identity().get_interface({INGEST_VALIDATOR_ID, 18}), nullptr);
    EXPECT_NE((*library)->digest(), digest_of(file_).value());
}

TEST_F(InstalledPlugin, LoadedTwiceIsTwoLibraries) {
    const auto first = Library::load(file_, "range");
    const auto second = Library::load(file_, "range");
    ASSERT_TRUE(first && second);
    EXPECT_EQ((*first)->digest(), (*second)->digest());
    EXPECT_NE((*first)->identity().get_interface, (*second)->identity().get_interface);
}

TEST_F(InstalledPlugin, IsRefusedWhenThePinnedDigestIsAnother) {
    const auto other = Library::load(file_, "range", abc_digest);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("not the one that the configuration pins"));
    EXPECT_TRUE(Library::load(file_, "range", digest_of(file_).value()));
}

TEST_F(InstalledPlugin, MustBeTheOneThatWasAskedFor) {
    const auto other = Library::load(file_, "limits");
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("holds the plugin 'range'"));
}

}  // namespace
}  // namespace ingest::plugin
