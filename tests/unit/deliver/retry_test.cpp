#include "deliver/retry.h"

#include <gtest/gtest.h>
#include <ingest/plugin/status.h>

namespace ingest::deliver {
namespace {

using namespace std::chrono_literals;

TEST(Retry, OnlyRejectGivesAReadingUp) {
    EXPECT_EQ(verdict_of(INGEST_OK), Verdict::done);
    EXPECT_EQ(verdict_of(INGEST_REJECT), Verdict::halve);
    for (const auto code : {INGEST_RETRY, INGEST_TIMEOUT, INGEST_FATAL, INGEST_CONFIG,
                            INGEST_UNSUPPORTED, INGEST_INTERNAL, -1, 4711}) {
        EXPECT_EQ(verdict_of(code), Verdict::retry) << code;
    }
}

TEST(Retry, BackoffDoublesUpToItsBound) {
    const RetryOptions options{100ms, 1000ms};
    EXPECT_EQ(backoff(options, 1, 1.0), 100ms);
    EXPECT_EQ(backoff(options, 2, 1.0), 200ms);
    EXPECT_EQ(backoff(options, 4, 1.0), 800ms);
    EXPECT_EQ(backoff(options, 5, 1.0), 1000ms);
    EXPECT_EQ(backoff(options, 4'000'000'000U, 1.0), 1000ms);
}

TEST(Retry, HalfOfTheDelayIsRandom) {
    const RetryOptions options{100ms, 1000ms};
    EXPECT_EQ(backoff(options, 1, 0.0), 50ms);
    EXPECT_EQ(backoff(options, 1, 0.5), 75ms);
}

}  // namespace
}  // namespace ingest::deliver
