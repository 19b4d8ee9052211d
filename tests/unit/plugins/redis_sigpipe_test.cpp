#include "redis-sink/sigpipe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace ingest::redis_sink {
namespace {

bool blocked() {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, SIGPIPE) == 1;
}

bool pending() {
    sigset_t now;
    sigpending(&now);
    return sigismember(&now, SIGPIPE) == 1;
}

// SIGPIPE has its default here: it would end this process.
TEST(RedisSigpipe, ABrokenConnectionIsAnErrorAndNoSignal) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    {
        const SigpipeBlocked no_sigpipe;
        EXPECT_TRUE(blocked());
        EXPECT_EQ(write(ends[1], "x", 1), -1);
        EXPECT_EQ(errno, EPIPE);
        EXPECT_TRUE(pending());
    }
    EXPECT_FALSE(blocked());
    EXPECT_FALSE(pending());
    close(ends[1]);
}

TEST(RedisSigpipe, AnothersSignalIsLeftToIt) {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr);
    pthread_kill(pthread_self(), SIGPIPE);
    { const SigpipeBlocked no_sigpipe; }
    EXPECT_TRUE(blocked());
    EXPECT_TRUE(pending());
    constexpr timespec no_time{};
    sigtimedwait(&sigpipe, nullptr, &no_time);
    pthread_sigmask(SIG_UNBLOCK, &sigpipe, nullptr);
}

}  // namespace
}  // namespace ingest::redis_sink
