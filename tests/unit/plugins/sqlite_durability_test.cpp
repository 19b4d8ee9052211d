#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "unit/plugins/sqlite_fixture.h"

// What is synced, and what happens when a sync fails: this program's fsync and fdatasync stand
// before the C library's, for SQLite and the plugin too.
namespace {

std::multiset<std::string> synced;
std::string failing;  // syncs of paths with this end fail

int sync_seen(int fd, long call) {
    char path[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), path, sizeof path);
    const std::string name(path, size > 0 ? static_cast<size_t>(size) : 0);
    if (!failing.empty() && name.ends_with(failing)) {
        errno = EIO;
        return -1;
    }
    synced.insert(name);
    return static_cast<int>(syscall(call, fd));
}

}  // namespace

extern "C" int fsync(int fd) { return sync_seen(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return sync_seen(fd, SYS_fdatasync); }

namespace ingest::test {
namespace {

class SqliteDurability : public SqliteFixture {
protected:
    void SetUp() override {
        synced.clear();
        failing.clear();
    }
    void TearDown() override { failing.clear(); }
    std::string log() const { return path_.string() + "-wal"; }
    model::Batch rows(int count) const {
        model::Batch batch(*schema_);
        for (int i = 0; i < count; ++i) add_reading(batch, "X", {i * 1.0, 0.0, 0.0});
        return batch;
    }
};

TEST_F(SqliteDurability, EveryCommitSyncsTheLog) {
    Sink sink = this->sink();
    ASSERT_TRUE(sink.connect().ok());
    for (int i = 1; i <= 3; ++i) {
        synced.clear();
        ASSERT_TRUE(sink.write(rows(i)).ok());
        EXPECT_GE(synced.count(log()), 1U);
    }
}

TEST_F(SqliteDurability, NewDirectoriesAndTheFilesEntryAreSynced) {
    const auto deep = directory_ / "a" / "b";
    Sink sink = this->sink({{"path", (deep / "readings.db").string()}});
    ASSERT_TRUE(sink.write(rows(1)).ok());
    EXPECT_TRUE(synced.contains(directory_.string()));
    EXPECT_TRUE(synced.contains(deep.parent_path().string()));
    EXPECT_TRUE(synced.contains(deep.string()));
}

TEST_F(SqliteDurability, AFailedSyncIsRetriedUntilItIsTrue) {
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(rows(1)).ok());
    failing = "-wal";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(sink.write(rows(2)).code, INGEST_RETRY);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    failing.clear();
    synced.clear();
    const Outcome healed = sink.write(rows(2));
    ASSERT_TRUE(healed.ok()) << healed.message;
    EXPECT_TRUE(synced.contains(log()));
    EXPECT_EQ(count(), "2");
}

// A process wrote its commit and was killed before it synced it. The readings come again, insert
// nothing, and must be on the disk all the same.
TEST_F(SqliteDurability, WhatAKilledProcessLeftIsSyncedBeforeARepetitionIsAnswered) {
    const auto left = directory_ / "left";
    std::filesystem::create_directory(left);
    {
        Sink sink = this->sink();
        ASSERT_TRUE(sink.write(rows(5)).ok());
        for (const char* suffix : {"", "-wal"}) {
            std::filesystem::copy(path_.string() + suffix,
                                  (left / "readings.db").string() + suffix);
        }
    }
    const auto path = left / "readings.db";
    Sink next = this->sink({{"path", path.string()}});
    synced.clear();
    ASSERT_TRUE(next.write(rows(5)).ok());
    EXPECT_TRUE(synced.contains(path.string() + "-wal"));
    EXPECT_TRUE(synced.contains(path.string())) << "written anew by a checkpoint";
    EXPECT_EQ(OtherProgram(path).one("SELECT count(*) FROM sensor_data"), "5");
}

}  // namespace
}  // namespace ingest::test
