#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <future>
#include <optional>
#include <set>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/log.h"
#include "spool/spool.h"
#include "support/temp_dir.h"
#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t group_rows = 20;

// The system's, but it claims that there is room: so writes themselves run out of it.
class RoomyFiles final : public FileSystem {
public:
    FileResult<std::unique_ptr<File>> open(const std::filesystem::path& path) override {
        return system_.open(path);
    }
    FileResult<std::unique_ptr<File>> create(const std::filesystem::path& path) override {
        return system_.create(path);
    }
    FileResult<void> rename(const std::filesystem::path& from,
                            const std::filesystem::path& to) override {
        return system_.rename(from, to);
    }
    FileResult<void> unlink(const std::filesystem::path& path) override {
        return system_.unlink(path);
    }
    FileResult<void> sync_directory(const std::filesystem::path& dir) override {
        return system_.sync_directory(dir);
    }
    FileResult<bool> make_directory(const std::filesystem::path& dir) override {
        return system_.make_directory(dir);
    }
    FileResult<std::vector<std::string>> list(const std::filesystem::path& dir) override {
        return system_.list(dir);
    }
    FileResult<std::uint64_t> free_bytes(const std::filesystem::path&) override {
        return std::uint64_t{1} << 40;
    }
    FileResult<std::unique_ptr<File>> lock(const std::filesystem::path& path) override {
        return system_.lock(path);
    }

private:
    FileSystem& system_ = posix_files();
};

// A spool on the real file system whose space runs out.
class NoSpaceTest : public testing::Test {
protected:
    NoSpaceTest() {
        log::Options quiet;
        quiet.level = log::Level::error;
        log::configure(quiet);
        options_.dir = dir_.path() / "disk" / "spool";
        options_.segment_bytes = 4 * page_bytes;
        options_.size_max = 1000 * options_.segment_bytes;
        options_.memory_tail_bytes_max = 0;
        options_.cursor_sync_interval = std::chrono::milliseconds(1);
        options_.space_retry_interval = std::chrono::milliseconds(1);
    }
    ~NoSpaceTest() override { log::configure({}); }

    std::filesystem::path disk() const { return dir_.path() / "disk"; }

    Result<void> open(FileSystem& files) {
        spool_ = nullptr;
        auto opened = Spool::open(options_, test_schema(), files);
        if (!opened) return opened.error();
        spool_ = std::move(*opened);
        const auto cursor = spool_->open_cursor("sink");
        if (!cursor) {
            spool_ = nullptr;
            return cursor.error();
        }
        cursor_ = *cursor;
        return {};
    }

    bool submit() {
        const std::uint64_t first = next_id_;
        next_id_ += group_rows;
        std::promise<Result<Range>> done;
        spool_->submit(readings(first, group_rows),
                       [&done](Result<Range> range) { done.set_value(std::move(range)); });
        const auto range = done.get_future().get();
        for (std::uint64_t i = 0; i < group_rows; ++i) {
            if (range) {
                acknowledged_[range->first + i] = first + i;
            } else {
                unknown_.insert(first + i);
            }
        }
        return range.has_value();
    }

    // All that was acknowledged is there, and nothing that nobody sent.
    void verify() {
        std::map<std::uint64_t, std::uint64_t> got;
        for (std::uint64_t at = spool_->begin(); at < spool_->end();) {
            const auto run = spool_->read(at, 1000);
            ASSERT_TRUE(run) << run.error().message;
            EXPECT_EQ(run->lost, 0U);
            collect(*run, got);
            at = run->end;
        }
        for (const auto& [position, id] : acknowledged_) {
            const auto found = got.find(position);
            ASSERT_TRUE(found != got.end()) << "lost: position " << position;
            ASSERT_EQ(found->second, id);
        }
        for (const auto& [position, id] : got) {
            ASSERT_TRUE(acknowledged_.contains(position) || unknown_.contains(id))
                << "a reading that nobody sent: " << id;
        }
    }

    test::TempDir dir_;
    Options options_;
    std::unique_ptr<Spool> spool_;
    OpenedCursor cursor_;
    std::uint64_t next_id_ = 1;
    std::map<std::uint64_t, std::uint64_t> acknowledged_;  // position -> id
    std::set<std::uint64_t> unknown_;                      // sent, and not acknowledged
};

// A file system in memory of so many pages, in a mount namespace of this process, so that nothing
// is left behind whatever happens.
class TmpfsTest : public NoSpaceTest {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
        static const int apart = ::unshare(CLONE_NEWNS);
        if (apart != 0) GTEST_SKIP() << "no mount namespace of its own can be had";
        ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
        std::filesystem::create_directory(disk());
    }

    void TearDown() override {
        spool_ = nullptr;
        ::umount2(disk().c_str(), MNT_DETACH);
    }

    void set_pages(std::uint64_t pages, unsigned long flags = 0) {
        const std::string size = "size=" + std::to_string(pages * page_bytes);
        ASSERT_EQ(::mount("none", disk().c_str(), "tmpfs", flags, size.c_str()), 0)
            << std::strerror(errno);
    }

    void fill_and_heal(std::uint64_t pages, FileSystem& files) {
        set_pages(pages);
        const auto opened = open(files);
        if (!opened) {
            EXPECT_NE(opened.error().message.find("No space left"), std::string::npos)
                << opened.error().message;
        } else {
            while (submit()) continue;
            EXPECT_EQ(spool_->state(), State::full);
            verify();
            const auto again = open(files);
            ASSERT_TRUE(again) << "what is stored must be delivered: " << again.error().message;
            verify();
            EXPECT_FALSE(spool_->state() == State::failed);
        }
        set_pages(pages + 64, MS_REMOUNT);
        if (!spool_) {
            ASSERT_TRUE(open(files));
        }
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (spool_->state() != State::accepting && std::chrono::steady_clock::now() < deadline) {
            (void)submit();
        }
        EXPECT_EQ(spool_->state(), State::accepting);
        EXPECT_TRUE(submit());
        ASSERT_TRUE(open(files));
        verify();
        spool_ = nullptr;
        ASSERT_EQ(::umount(disk().c_str()), 0) << std::strerror(errno);
        acknowledged_.clear();
        unknown_.clear();
    }
};

TEST_F(TmpfsTest, SpaceMayEndAtAnyPage) {
    std::uint64_t most = 0;
    for (std::uint64_t pages = 1; pages < 32; ++pages) {
        fill_and_heal(pages, posix_files());
        ASSERT_FALSE(HasFailure()) << pages << " pages";
        most = std::max(most, next_id_);
    }
    EXPECT_GT(most, 1000U);
}

// A cursor's file has all its bytes from the beginning, so that who is done with readings can say
// so, and make room, when there is no room for anything else.
TEST_F(TmpfsTest, CursorsMoveWithoutSpace) {
    set_pages(16);
    ASSERT_TRUE(open(posix_files()));
    while (submit()) continue;
    ASSERT_EQ(spool_->state(), State::full);
    std::ofstream rest(disk() / "rest", std::ios::binary);
    while (rest << 'x' << std::flush) continue;
    const std::uint64_t half = spool_->begin() + (spool_->end() - spool_->begin()) / 2;
    spool_->advance(cursor_.id, half);
    spool_->close();
    EXPECT_EQ(spool_->counters().cursor_errors, 0U);
    ASSERT_TRUE(open(posix_files()));
    EXPECT_EQ(cursor_.position, half);
}

TEST_F(TmpfsTest, SpaceMayEndInTheMiddleOfAnyWrite) {
    RoomyFiles files;
    for (std::uint64_t pages = 1; pages < 32; ++pages) {
        fill_and_heal(pages, files);
        ASSERT_FALSE(HasFailure()) << pages << " pages";
    }
}

// What the system writes is cut short at the limit, and refused beyond it.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, former_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    void (*former_)(int) = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before_{};
};

TEST_F(NoSpaceTest, AFileThatMayNotGrowFailsTheWriteAndNothingAcknowledgedIsLost) {
    ASSERT_TRUE(open(posix_files()));
    for (int n = 0; n < 3; ++n) ASSERT_TRUE(submit());
    {
        // Less than a segment, so that no new one can be made.
        const FileSizeLimit limit(2 * page_bytes + 100);
        while (submit()) continue;
        EXPECT_EQ(spool_->state(), State::full);
        verify();
        const auto file = posix_files().create(dir_.path() / "large");
        const std::vector<std::byte> bytes(5 * page_bytes, std::byte{1});
        const auto written = (*file)->write(0, bytes);
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().number, EFBIG);
        EXPECT_EQ(*(*file)->size(), 2 * page_bytes + 100) << "short, before it was refused";
    }
    ASSERT_TRUE(open(posix_files()));
    verify();
    EXPECT_TRUE(submit());
}

}  // namespace
}  // namespace ingest::spool
