#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "base/check.h"

namespace ingest {
namespace {

TEST(ErrorTest, NamesTheOperatingSystemsReason) {
    EXPECT_EQ(os_error("open /tmp/x", ENOENT).message, "open /tmp/x: No such file or directory");
}

TEST(ErrorDeathTest, ValueOfAnErrorIsABug) {
    const Result<int> result = Error{"the disk is gone"};
    ASSERT_FALSE(result);
    EXPECT_DEATH(static_cast<void>(result.value()), "the disk is gone");
}

TEST(CheckDeathTest, AbortsWithThePlace) {
    check(true, "nothing happens");
    EXPECT_DEATH(check(false, "rows are counted"), "bug: rows are counted does not hold, at .*:");
}

}  // namespace
}  // namespace ingest
