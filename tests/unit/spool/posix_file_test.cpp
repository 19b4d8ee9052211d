#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "spool/file.h"
#include "support/temp_dir.h"

namespace ingest::spool {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

class PosixFilesTest : public testing::Test {
protected:
    std::filesystem::path path(const char* name) const { return dir_.path() / name; }

    test::TempDir dir_;
    FileSystem& files_ = posix_files();
};

TEST_F(PosixFilesTest, DirectoriesAreMadeAndFilesComeAndGo) {
    const auto deep = dir_.path() / "a" / "b";
    ASSERT_TRUE(make_directories(files_, deep));
    ASSERT_TRUE(make_directories(files_, deep));
    ASSERT_TRUE(make_directories(files_, deep.string() + "/c/"));
    EXPECT_EQ(files_.open(deep / "file").error().number, ENOENT);
    const auto file = files_.create(deep / "file");
    ASSERT_TRUE(file);
    const std::string text = "some bytes";
    ASSERT_TRUE((*file)->write(3, bytes_of(text)));
    ASSERT_TRUE((*file)->sync());
    EXPECT_EQ(*(*file)->size(), 13U);
    std::vector<std::byte> back(100);
    EXPECT_EQ(*(*file)->read(3, back), text.size());
    EXPECT_EQ(std::memcmp(back.data(), text.data(), text.size()), 0);
    ASSERT_TRUE(files_.rename(deep / "file", deep / "other"));
    EXPECT_EQ(*files_.list(deep), std::vector<std::string>{"other"}) << "files, not directories";
    EXPECT_TRUE(files_.unlink(deep / "other"));
    EXPECT_TRUE(files_.sync_directory(deep));
    EXPECT_GT(*files_.free_bytes(dir_.path()), 0U);
}

TEST_F(PosixFilesTest, WhatIsNotThereIsAnErrorThatNamesIt) {
    const auto missing = path("missing") / "file";
    const auto expect = [](const FileError& error, int number) {
        EXPECT_EQ(error.number, number);
        EXPECT_NE(error.what.find("cannot "), std::string::npos);
        EXPECT_NE(error.error().message.find(std::strerror(number)), std::string::npos);
    };
    expect(files_.open(missing).error(), ENOENT);
    expect(files_.create(missing).error(), ENOENT);
    expect(files_.rename(missing, path("new")).error(), ENOENT);
    expect(files_.unlink(missing).error(), ENOENT);
    expect(files_.sync_directory(path("missing")).error(), ENOENT);
    expect(files_.make_directory(missing).error(), ENOENT);
    expect(files_.list(path("missing")).error(), ENOENT);
    expect(files_.free_bytes(path("missing")).error(), ENOENT);
    expect(files_.lock(missing).error(), ENOENT);
    // A file where a directory should be.
    ASSERT_TRUE(files_.create(path("plain")));
    expect(make_directories(files_, path("plain") / "spool").error(), ENOTDIR);
}

TEST_F(PosixFilesTest, DevicesThatRefuseAreHeard) {
    const auto full = files_.open("/dev/full");
    ASSERT_TRUE(full);
    const auto written = (*full)->write(0, bytes_of("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().number, ENOSPC);
    EXPECT_TRUE(written.error().no_space());
    EXPECT_EQ((*full)->sync().error().number, EINVAL) << "a device has nothing to sync";
    EXPECT_EQ(files_.sync_directory("/proc").error().number, EINVAL);
}

TEST_F(PosixFilesTest, ADescriptorThatIsGoneIsHeard) {
    const auto file = files_.create(path("file"));
    ASSERT_TRUE(file);
    for (int fd = 0; fd < 1000; ++fd) {
        std::error_code none;
        const auto link = "/proc/self/fd/" + std::to_string(fd);
        if (std::filesystem::read_symlink(link, none) == path("file")) ::close(fd);
    }
    std::vector<std::byte> byte(1);
    EXPECT_EQ((*file)->read(0, byte).error().number, EBADF);
    EXPECT_EQ((*file)->write(0, byte).error().number, EBADF);
    EXPECT_EQ((*file)->size().error().number, EBADF);
    EXPECT_EQ((*file)->sync().error().number, EBADF);
    EXPECT_FALSE((*file)->size().error().no_space());
}

TEST_F(PosixFilesTest, TheOwnerOfALockIsNamedIfItSaysWhoItIs) {
    for (const char* content : {"", "rubbish", "0", "-5", "4711\n"}) {
        std::ofstream(path("lock")) << content;
        const int fd = ::open(path("lock").c_str(), O_RDWR | O_CLOEXEC);
        ASSERT_EQ(::flock(fd, LOCK_EX), 0);
        const auto locked = files_.lock(path("lock"));
        ASSERT_FALSE(locked);
        EXPECT_EQ(locked.error().number, EWOULDBLOCK);
        const std::string owner =
            content[0] == '4' ? ": process 4711 uses" : ": another process uses";
        EXPECT_NE(locked.error().what.find(owner), std::string::npos) << locked.error().what;
        ::close(fd);
        EXPECT_TRUE(files_.lock(path("lock")));
    }
}

// Takes and gives what the test says, in turn: a number of bytes, or an errno below zero.
class StubbornFile final : public File {
public:
    explicit StubbornFile(std::vector<int> turns) : turns_(std::move(turns)) {}
    FileResult<void> sync() override { return {}; }
    FileResult<std::uint64_t> size() override { return std::uint64_t{0}; }
    std::string taken;

protected:
    FileResult<std::size_t> write_some(std::uint64_t offset,
                                       std::span<const std::byte> bytes) override {
        const auto size = turn(bytes.size());
        if (!size) return size;
        EXPECT_EQ(offset, taken.size());
        taken.append(reinterpret_cast<const char*>(bytes.data()), *size);
        return size;
    }
    FileResult<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> bytes) override {
        const auto size = turn(bytes.size());
        if (!size) return size;
        for (std::size_t i = 0; i < *size; ++i) {
            bytes[i] = static_cast<std::byte>('a' + offset + i);
        }
        return size;
    }

private:
    FileResult<std::size_t> turn(std::size_t size) {
        const int next = turns_.empty() ? static_cast<int>(size) : turns_.front();
        if (!turns_.empty()) turns_.erase(turns_.begin());
        if (next < 0) return FileError{"stubborn", -next};
        return std::min(size, static_cast<std::size_t>(next));
    }

    std::vector<int> turns_;
};

TEST(FileTest, ShortWritesAndInterruptionsAreContinued) {
    StubbornFile file({-EINTR, 1, -EINTR, -EINTR, 3, 2});
    EXPECT_TRUE(file.write(0, bytes_of("abcdefghij")));
    EXPECT_EQ(file.taken, "abcdefghij");
    EXPECT_TRUE(file.write(0, {})) << "nothing is written, nothing fails";
}

TEST(FileTest, ErrorsEndAWriteAndNothingTakenDoesNotGoOnForEver) {
    StubbornFile failing({4, -ENOSPC});
    EXPECT_EQ(failing.write(0, bytes_of("abcdefghij")).error().number, ENOSPC);
    EXPECT_EQ(failing.taken, "abcd");
    StubbornFile idle({4, 0});
    EXPECT_EQ(idle.write(0, bytes_of("abcdefghij")).error().number, EIO);
}

TEST(FileTest, ReadsGoOnUntilTheEndOfTheFile) {
    std::vector<std::byte> bytes(10);
    StubbornFile file({-EINTR, 2, 3, -EINTR, 1, 0});
    EXPECT_EQ(*file.read(0, bytes), 6U);
    EXPECT_EQ(std::memcmp(bytes.data(), "abcdef", 6), 0);
    StubbornFile failing({2, -EIO});
    EXPECT_EQ(failing.read(0, bytes).error().number, EIO);
}

TEST(FileDeathTest, AskingAnErrorForItsValueIsABug) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const FileResult<int> error = FileError{"cannot sync /f", EIO};
    EXPECT_DEATH((void)error.value(), "cannot sync /f");
}

}  // namespace
}  // namespace ingest::spool
