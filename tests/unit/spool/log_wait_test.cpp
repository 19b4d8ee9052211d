#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include <unistd.h>

#include "unit/spool/log_fixture.h"

// Who waits for the log's end, and when it is woken.
namespace ingest::spool {
namespace {

using Clock = std::chrono::steady_clock;

// A thread in wait_beyond(), and what the kernel knows of it.
class WaitingThread {
public:
    WaitingThread(Log& log, std::uint64_t position) {
        thread_ = std::thread([this, &log, position] {
            const auto until = Clock::now() + patience;
            id_ = ::gettid();
            reached_.set_value(log.wait_beyond(position, until, stop_));
        });
        const auto until = Clock::now() + patience;
        while ((id_ == 0 || !status("State:").starts_with('S')) && Clock::now() < until) {
            std::this_thread::yield();
        }
    }
    ~WaitingThread() { thread_.join(); }
    WaitingThread(const WaitingThread&) = delete;
    WaitingThread& operator=(const WaitingThread&) = delete;

    // How often it was put to sleep: once more after each time that it was woken.
    int sleeps() const { return std::stoi(status("voluntary_ctxt_switches:")); }
    bool waits() const {
        return result_.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
    }
    // What wait_beyond() said; waits for that.
    bool reached() const { return result_.get(); }
    void stop() { stop_ = true; }

private:
    static constexpr std::chrono::seconds patience{30};

    std::string status(std::string_view name) const {
        std::ifstream file("/proc/self/task/" + std::to_string(id_) + "/status");
        for (std::string line; std::getline(file, line);) {
            if (!line.starts_with(name)) continue;
            return line.substr(line.find_first_not_of(" \t", name.size()));
        }
        return {};
    }

    std::atomic<bool> stop_ = false;
    std::promise<bool> reached_;
    std::shared_future<bool> result_ = reached_.get_future().share();
    std::atomic<pid_t> id_ = 0;
    std::thread thread_;
};

class LogWaitTest : public LogTest {
protected:
    LogWaitTest() { EXPECT_TRUE(open()); }
};

TEST_F(LogWaitTest, NobodyIsWokenBeforeTheLogReachesItsPosition) {
    const WaitingThread waiting(*log_, 99);
    const int before = waiting.sleeps();
    for (std::uint64_t id = 0; id < 99; ++id) ASSERT_TRUE(commit(id, 1));
    EXPECT_EQ(waiting.sleeps(), before);
    EXPECT_TRUE(waiting.waits());
    ASSERT_TRUE(commit(99, 1));
    EXPECT_TRUE(waiting.reached());
}

TEST_F(LogWaitTest, EachIsWokenAtItsOwnPosition) {
    const WaitingThread late(*log_, 30);
    const WaitingThread early(*log_, 10);
    const WaitingThread also_early(*log_, 10);
    ASSERT_TRUE(commit(0, 10));
    for (const auto* waiting : {&early, &also_early, &late}) EXPECT_TRUE(waiting->waits());
    ASSERT_TRUE(commit(10, 10));
    EXPECT_TRUE(early.reached());
    EXPECT_TRUE(also_early.reached());
    EXPECT_TRUE(late.waits());
    ASSERT_TRUE(commit(20, 20));
    EXPECT_TRUE(late.reached());
}

TEST_F(LogWaitTest, StoppingEndsOneWaitAndClosingTheOthers) {
    WaitingThread stopped(*log_, 0);
    const WaitingThread left(*log_, 0);
    const WaitingThread also_left(*log_, 1000);
    stopped.stop();
    log_->wake();
    EXPECT_FALSE(stopped.reached());
    EXPECT_TRUE(left.waits());
    EXPECT_TRUE(also_left.waits());
    log_->finish();
    EXPECT_FALSE(left.reached());
    EXPECT_FALSE(also_left.reached());
}

}  // namespace
}  // namespace ingest::spool
