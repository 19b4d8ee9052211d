#include "app/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

class MemoryLimits : public ::testing::Test {
protected:
    void put(const fs::path& file, const std::string& text) {
        fs::create_directories((dir_.path() / file).parent_path());
        std::ofstream(dir_.path() / file) << text;
    }
    std::optional<MemoryLimit> limit() const {
        return memory_limit(dir_.path() / "proc", dir_.path() / "cgroup");
    }
    // As its bytes and where it stands; "none".
    std::string told() const {
        const auto found = limit();
        if (!found) return "none";
        return std::to_string(found->bytes) + " in " +
               found->file.lexically_relative(dir_.path()).string();
    }

    test::TempDir dir_;
};

TEST_F(MemoryLimits, TheLowestOnTheWayToTheRootHolds) {
    put("proc/self/cgroup", "4:memory:/other\n0::/a/b/c\n");
    put("cgroup/a/b/c/memory.max", "3000\n");
    EXPECT_EQ(told(), "3000 in cgroup/a/b/c/memory.max");
    put("cgroup/a/b/memory.max", "max\n");
    put("cgroup/a/memory.max", "2000\n");
    EXPECT_EQ(told(), "2000 in cgroup/a/memory.max");
    put("cgroup/a/b/c/memory.max", "1999\n");
    EXPECT_EQ(told(), "1999 in cgroup/a/b/c/memory.max");
}

TEST_F(MemoryLimits, InAContainerTheRootIsItsOwnGroup) {
    put("proc/self/cgroup", "0::/\n");
    put("cgroup/memory.max", "536870912\n");
    EXPECT_EQ(told(), "536870912 in cgroup/memory.max");
}

TEST_F(MemoryLimits, GroupsThatAreNotToBeSeenDoNotCount) {
    put("proc/self/cgroup", "0::/../../elsewhere\n");
    put("memory.max", "1\n");
    put("cgroup/memory.max", "7\n");
    EXPECT_EQ(told(), "7 in cgroup/memory.max");
}

TEST_F(MemoryLimits, ThereMayBeNone) {
    EXPECT_EQ(told(), "none") << "no such file";
    put("proc/self/cgroup", "4:memory:/a\n");
    put("cgroup/a/memory.max", "1\n");
    EXPECT_EQ(told(), "none") << "only groups of v1";
    put("proc/self/cgroup", "0::/a\n");
    for (const char* text : {"max\n", "", "many\n", "12x\n", "99999999999999999999999\n"}) {
        put("cgroup/a/memory.max", text);
        EXPECT_EQ(told(), "none") << text;
    }
}

TEST(MemoryLimitWarning, SaysWhatWhereAndWhatWouldBeRight) {
    const MemoryLimit limit{100, "/sys/fs/cgroup/a/memory.max"};
    testing::internal::CaptureStdout();
    warn_of_memory_limit(limit, 100);
    warn_of_memory_limit(std::nullopt, 1'000);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    testing::internal::CaptureStdout();
    warn_of_memory_limit(limit, 101);
    const std::string line = testing::internal::GetCapturedStdout();
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    for (const char* part : {"WARN", "memory_max=100", "sum=101", "/sys/fs/cgroup/a/memory.max",
                             "MemoryMax="}) {
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    }
}

}  // namespace
}  // namespace ingest::app
