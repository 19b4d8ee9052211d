#include <cerrno>
#include <utility>

#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using namespace std::chrono_literals;
using test::Operation;

class LogErrorsTest : public LogTest {
protected:
    void fail(Operation failing, std::string_view part_of_path, int number = EIO) {
        files_.inject([failing, part = std::string(part_of_path), number](
                          Operation operation, const std::string& path) {
            return operation == failing && path.find(part) != std::string::npos ? number : 0;
        });
    }
};

TEST_F(LogErrorsTest, ASecondOwnerWaitsAsLongAsItIsToldTo) {
    ASSERT_TRUE(open());
    Options options = options_;
    int asked = 0;
    options.wait_for_owner = [&asked] { return ++asked < 3; };
    const auto refused = Log::open(options, test_schema(), files_);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("uses it"), std::string::npos);
    EXPECT_EQ(asked, 3);
    options.wait_for_owner = [this] {
        log_ = nullptr;
        return true;
    };
    EXPECT_TRUE(Log::open(options, test_schema(), files_));
    fail(Operation::lock, "lock");
    EXPECT_FALSE(Log::open(options, test_schema(), files_)) << "an error is not waited for";
}

TEST_F(LogErrorsTest, DirectoriesThatCannotBeMadeOrSyncedStopTheStart) {
    fail(Operation::list, "", ENOENT);
    EXPECT_FALSE(open()) << "not even the root is there";
    fail(Operation::create, "spool");
    EXPECT_FALSE(open());
    fail(Operation::create, "quarantine");
    EXPECT_FALSE(open());
    fail(Operation::sync_directory, "/");
    EXPECT_FALSE(open());
    fail(Operation::sync_directory, "/", EACCES);
    EXPECT_FALSE(open()) << "what was made must be synced";
    files_.inject({});
    ASSERT_TRUE(open());
    log_ = nullptr;
    files_.inject([](Operation operation, const std::string& path) {
        return operation == Operation::sync_directory && path == "/data" ? EACCES : 0;
    });
    EXPECT_TRUE(open()) << "who may not open the parent did not make the directory";
    files_.inject([](Operation operation, const std::string& path) {
        return operation == Operation::sync_directory && path == "/data" ? EIO : 0;
    });
    EXPECT_FALSE(open());
}

TEST_F(LogErrorsTest, AnOrphanThatCannotBeRemovedStays) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(log_->open_cursor("gone"));
    ASSERT_TRUE(open());
    fail(Operation::unlink, "cursor-gone");
    EXPECT_FALSE(log_->drop_orphan("gone"));
    EXPECT_EQ(log_->cursors().size(), 2U);
    fail(Operation::sync_directory, "");
    EXPECT_FALSE(log_->drop_orphan("gone")) << "it may come back";
    EXPECT_EQ(log_->cursors().size(), 1U);
    files_.inject({});
    EXPECT_FALSE(log_->drop_orphan("gone")) << "there is none any more";
    // The name may be used again.
    const auto again = log_->open_cursor("gone");
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->created);
    EXPECT_EQ(log_->cursors().size(), 2U);
    EXPECT_FALSE(log_->drop_orphan("gone")) << "it is in use";
}

TEST_F(LogErrorsTest, ACursorThatCannotBeMadeIsAnErrorOfItsSinkOnly) {
    ASSERT_TRUE(open());
    fail(Operation::create, "cursor-new");
    EXPECT_FALSE(log_->open_cursor("new"));
    EXPECT_EQ(log_->cursors().size(), 1U);
}

TEST_F(LogErrorsTest, CursorsThatCannotBeSyncedAreTriedAgainWhenItIsTime) {
    options_.cursor_sync_interval = 1h;
    ASSERT_TRUE(open());
    fill(3);
    log_->advance(cursor_, log_->end());
    fail(Operation::sync, "cursor");
    const auto now = Log::TimePoint() + 1000h;
    log_->tidy(now, false);
    const std::uint64_t errors = log_->counters().cursor_errors;
    EXPECT_GT(errors, 0U);
    const std::uint64_t syncs = files_.count(Operation::sync);
    EXPECT_EQ(log_->tidy(now + 30min, false), now + 1h);
    EXPECT_EQ(files_.count(Operation::sync), syncs) << "not yet";
    EXPECT_EQ(log_->begin(), 0U);
    files_.inject({});
    log_->tidy(now + 1h, false);
    EXPECT_GT(log_->begin(), 0U);
    EXPECT_EQ(log_->counters().cursor_errors, errors);
}

TEST_F(LogErrorsTest, OneSinkThatCannotStoreItsCursorHoldsTheSegments) {
    ASSERT_TRUE(open());
    const auto other = log_->open_cursor("other");
    fill(3);
    log_->advance(cursor_, log_->end());
    log_->advance(other->id, log_->end());
    fail(Operation::write, "cursor-other");
    tidy();
    EXPECT_GT(log_->begin(), 0U) << "its position was written before";
    fill(5);
    const std::uint64_t begin = log_->begin();
    log_->advance(cursor_, log_->end());
    log_->advance(other->id, log_->end());
    tidy();
    tidy();
    EXPECT_EQ(log_->begin(), begin);
    EXPECT_GT(log_->counters().cursor_errors, 0U);
    files_.inject({});
    tidy();
    EXPECT_GT(log_->begin(), begin);
}

TEST_F(LogErrorsTest, ARemovalThatFailsIsNotForgottenAndALostSyncStopsTheSpool) {
    ASSERT_TRUE(open());
    fill(4);
    log_->advance(cursor_, log_->end());
    fail(Operation::unlink, "segment-");
    tidy();
    EXPECT_GT(log_->begin(), 0U);
    EXPECT_EQ(log_->state(), State::accepting);
    files_.restart();
    ASSERT_TRUE(open()) << "what could not be removed is found again";
    files_.inject({});
    log_->advance(cursor_, log_->end());
    fail(Operation::sync_directory, "spool");
    tidy();
    EXPECT_EQ(log_->state(), State::failed) << "a file may come back under its old name";
    EXPECT_FALSE(commit(0, 1));
    EXPECT_FALSE(log_->tidy(std::chrono::steady_clock::now(), true)) << "there is nothing to try";
}

TEST_F(LogErrorsTest, AFullSpoolThatFailsDoesNotHeal) {
    options_.size_max = 4 * options_.segment_bytes;
    ASSERT_TRUE(open());
    while (commit(log_->end(), 20)) continue;
    ASSERT_EQ(log_->state(), State::full);
    log_->advance(cursor_, log_->end());
    fail(Operation::sync_directory, "spool");
    EXPECT_FALSE(log_->tidy(std::chrono::steady_clock::now(), true)) << "there is nothing to try";
    EXPECT_EQ(log_->state(), State::failed);
    files_.inject({});
    tidy();
    EXPECT_EQ(log_->state(), State::failed) << "until the next start";
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_TRUE(commit(log_->end(), 20));
}

TEST_F(LogErrorsTest, AFreshDeviceThatFailsStopsTheStartAndAFullOneDoesNot) {
    fail(Operation::sync, "spare");
    EXPECT_FALSE(open());
    files_.inject({});
    files_.restart();
    files_.set_capacity(16);
    Options options = options_;
    auto opened = Log::open(options, test_schema(), files_);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->state(), State::full);
    EXPECT_EQ((*opened)->read(0, 10)->end, 0U);
}

TEST_F(LogErrorsTest, AFullDiskThatHasLostAllItsHeadsStillTellsWhereTheLogEnds) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 30));
    files_.overwrite(segment(0), 100, std::vector<std::byte>(1, std::byte{0xA5}));
    files_.restart();
    files_.set_capacity(1);
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->state(), State::full);
    EXPECT_EQ(log_->end(), 30U);
    EXPECT_EQ(log_->counters().lost_readings, 30U);
    const auto run = log_->read(0, 10);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->end, 30U);
    EXPECT_TRUE(run->records.empty());
    files_.set_capacity(UINT64_MAX);
    tidy();
    EXPECT_EQ(commit(30, 1)->first, 30U);
}

TEST_F(LogErrorsTest, ASpareThatFailsIsNotTriedAgainUntilTheNextSegment) {
    ASSERT_TRUE(open());
    while (log_->used_bytes() * 2 < options_.segment_bytes) ASSERT_TRUE(commit(log_->end(), 20));
    fail(Operation::create, "spare");
    tidy();
    const std::uint64_t creates = files_.count(Operation::create);
    tidy();
    EXPECT_EQ(files_.count(Operation::create), creates);
    files_.inject({});
    fill(2);
    while (log_->used_bytes() * 2 < 3 * options_.segment_bytes) {
        ASSERT_TRUE(commit(log_->end(), 20));
    }
    tidy();
    EXPECT_EQ(files_.contents(options_.dir / "spare.log").size(), options_.segment_bytes);
}

TEST_F(LogErrorsTest, ALargeSpareIsWrittenPieceByPieceWhileNothingElseIsToDo) {
    options_.segment_bytes = 9U << 20;
    options_.size_max = 10 * options_.segment_bytes;
    ASSERT_TRUE(open());
    while (log_->used_bytes() < 2U << 20) ASSERT_TRUE(commit(log_->end(), 1000));
    const auto now = std::chrono::steady_clock::now();
    EXPECT_EQ(log_->tidy(now, true), now) << "go on at once";
    EXPECT_NE(log_->tidy(now, false), now) << "there is work to do";
    EXPECT_EQ(log_->tidy(now, true), now);
    EXPECT_NE(log_->tidy(now, true), now);
    EXPECT_EQ(files_.contents(options_.dir / "spare.log").size(), options_.segment_bytes);
}

TEST_F(LogErrorsTest, AnUnreadableTailIsKeptAndTheLogGoesOnInANewSegment) {
    // A page in the midst of the second record, or of the only one.
    for (const std::uint64_t before : {50U, 0U}) {
        options_.dir = "/data/" + std::to_string(before);
        ASSERT_TRUE(open());
        if (before > 0) { ASSERT_TRUE(commit(0, before)); }
        ASSERT_TRUE(commit(before, 60));
        const int first_bad = before > 0 ? 5 : 4;
        files_.restart();
        const auto fail_tail = [&](bool kept, bool moved) {
            files_.inject([this, kept, moved, first_bad, reads = 0](Operation operation,
                                                         const std::string& path) mutable {
                if (!kept && path.find("quarantine/") != std::string::npos) return EIO;
                if (!moved && operation == Operation::rename && path == segment(0)) return EIO;
                if (operation != Operation::read || path != segment(0)) return 0;
                // The head takes two; then all at once, page by page, and one page three times.
                ++reads;
                return reads == 3 || (reads >= first_bad && reads < first_bad + 3) ? EIO : 0;
            });
        };
        fail_tail(false, true);
        EXPECT_FALSE(open()) << "neither readable nor kept";
        if (before == 0) {
            fail_tail(true, false);
            EXPECT_FALSE(open()) << "nothing of it counts, and it cannot be moved away";
        }
        fail_tail(true, true);
        ASSERT_TRUE(open());
        files_.inject({});
        EXPECT_EQ(log_->end(), before);
        EXPECT_EQ(log_->counters().segments, before > 0 ? 2U : 1U);
        ASSERT_TRUE(commit(1000, 5));
        log_->advance(cursor_, log_->end());
        tidy();
        const auto kept = *files_.list(options_.dir / "quarantine");
        EXPECT_EQ(std::ranges::count(kept, segment_name(0)), 1) << "the whole file";
        EXPECT_EQ(read_all(before).size(), 5U);
    }
}

TEST_F(LogErrorsTest, AFileThatIsOnlyNamedLikeACursorIsLeftAlone) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(files_.create(options_.dir / "cursor-%4"));
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->cursors().size(), 1U);
    EXPECT_EQ(std::ranges::count(*files_.list(options_.dir), "cursor-%4"), 1);
}

}  // namespace
}  // namespace ingest::spool
