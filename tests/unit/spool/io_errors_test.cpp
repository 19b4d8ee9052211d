#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "base/log.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using test::FakeFiles;
using test::Operation;

// How the k-th operation fails, and whether all later ones do.
struct Failure {
    const char* name;
    int number;
    bool once;
    int next = 0;  // the operation behind it fails with this
};

// One life of a log: it starts, rotates, removes, is killed and recovers, while one operation
// fails or all from one on. A single-threaded reference keeps what was acknowledged.
class Life : public LogTest {
protected:
    explicit Life(std::uint64_t seed) : LogTest(seed) {
        log::Options quiet;
        quiet.level = log::Level::error;
        log::configure(quiet);
    }
    ~Life() override { log::configure({}); }

    // Returns the number of operations.
    std::uint64_t live(std::uint64_t fail_at, const Failure& failure) {
        std::uint64_t operations = 0;
        files_.inject([&operations, fail_at, &failure](Operation what, const std::string&) {
            const std::uint64_t at = ++operations;
            if (fail_at == 0 || at < fail_at) return 0;
            if (at == fail_at) return failure.number;
            if (failure.once) return at == fail_at + 1 ? failure.next : 0;
            return what == Operation::read ? 0 : failure.number;  // what is stored is readable
        });
        bool started = try_open();
        if (!started && failure.once) started = try_open();
        // Not long after the failure, so that what it hit is not consumed yet.
        const std::uint64_t last = fail_at == 0 ? UINT64_MAX : fail_at + 40;
        for (int life = 0; started && life < 2; ++life) {
            for (int n = 0; n < 24 && operations < last; ++n) work(n);
            if (life == 0) started = try_open();
        }
        files_.inject({});
        return operations;
    }

    // Whatever happened: after a restart, and a power cut behind it or at once, all that was
    // acknowledged is there and nothing else.
    void verify(bool power_cut) {
        log_ = nullptr;
        files_.power_off();
        if (power_cut) {
            files_.power_on();
        } else {
            files_.restart();
        }
        verify_opened();
        if (!power_cut) verify(true);
    }

    std::uint64_t removed() const { return log_->begin(); }

private:
    void verify_opened() {
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_LE(position_, advanced_);
        check(position_, read_all(position_));
        EXPECT_EQ(lost_, 0U);
        EXPECT_EQ(log_->state(), State::accepting);
        work(0);
        EXPECT_EQ(answers_, submissions_);
    }

    bool try_open() {
        files_.restart();
        return open().has_value();
    }

    void work(int n) {
        const std::uint64_t first = next_id_;
        next_id_ += 20;
        for (std::uint64_t id = first; id < next_id_; ++id) unknown_.insert(id);
        std::vector<Submission> group;
        group.push_back({readings(first, 20), [this, first](Result<Range> range) {
                             ++answers_;
                             if (!range) return;
                             for (std::uint64_t i = 0; i < 20; ++i) {
                                 unknown_.erase(first + i);
                                 acknowledged_.emplace(range->first + i, first + i);
                             }
                         }});
        ++submissions_;
        log_->commit(group);
        if (n % 4 == 3) {
            const auto run = log_->read(position_, 100);
            if (run) {
                EXPECT_EQ(run->lost, 0U);
                position_ = run->end;
                // It stays behind, so that there is always something to be lost.
                const std::uint64_t done = std::max(position_, lag + advanced_) - lag;
                log_->advance(cursor_, done);
                advanced_ = std::max(advanced_, done);
            }
        }
        tidy();
    }

    void check(std::uint64_t from, const std::map<std::uint64_t, std::uint64_t>& got) {
        for (auto at = acknowledged_.lower_bound(from); at != acknowledged_.end(); ++at) {
            const auto found = got.find(at->first);
            ASSERT_TRUE(found != got.end()) << "lost: position " << at->first;
            ASSERT_EQ(found->second, at->second);
        }
        for (const auto& [position, id] : got) {
            ASSERT_TRUE(acknowledged_.contains(position) || unknown_.contains(id))
                << "a reading that nobody sent: " << id;
        }
    }

    static constexpr std::uint64_t lag = 200;
    std::uint64_t next_id_ = 1;
    std::uint64_t submissions_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t advanced_ = 0;
    std::map<std::uint64_t, std::uint64_t> acknowledged_;  // position -> id
    std::set<std::uint64_t> unknown_;                      // sent, and no acknowledgement came
};

class IoErrorsTest : public testing::TestWithParam<Failure> {};

// A life can be lived only once.
class OneLife : public Life {
public:
    explicit OneLife(std::uint64_t seed) : Life(seed) {}
    void TestBody() override {}
    using Life::live;
    using Life::removed;
    using Life::verify;
};

TEST_P(IoErrorsTest, NoOperationMayFailSoThatAnAcknowledgedReadingIsLost) {
    OneLife healthy(1);
    const std::uint64_t operations = healthy.live(0, GetParam());
    ASSERT_GT(operations, 200U);
    EXPECT_GT(healthy.removed(), 0U) << "the run removes segments";
    for (std::uint64_t k = 1; k <= operations; ++k) {
        OneLife life(k);
        life.live(k, GetParam());
        life.verify(k % 2 == 0);
        ASSERT_FALSE(HasFailure()) << "when operation " << k << " fails";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Failures, IoErrorsTest,
    testing::Values(Failure{"EioOnce", EIO, true}, Failure{"EioForEver", EIO, false},
                    Failure{"NoSpaceOnce", ENOSPC, true},
                    Failure{"NoSpaceForEver", ENOSPC, false},
                    Failure{"CutShort", FakeFiles::cut_short, true},
                    Failure{"CutShortAndEio", FakeFiles::cut_short, true, EIO},
                    Failure{"CutShortAndNoSpace", FakeFiles::cut_short, true, ENOSPC},
                    Failure{"InterruptedOnce", EINTR, true}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ingest::spool
