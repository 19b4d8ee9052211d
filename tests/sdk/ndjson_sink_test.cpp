#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "sdk/examples.h"
#include "support/temp_dir.h"

// This program's write and fsync stand before the C library's, for the plugin too.
namespace {

std::int64_t room = -1;  // bytes that still fit on the disk; -1: no limit
int write_error = ENOSPC;
int sync_error = 0;
std::multiset<std::string> synced;

std::string path_of(int fd) {
    char path[4096];
    const ssize_t size =
        readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    return {path, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
    const bool limited = room >= 0 && path_of(fd).ends_with(".ndjson");
    if (limited && room == 0) {
        errno = write_error;
        return -1;
    }
    if (limited) size = std::min(size, static_cast<std::size_t>(room));
    const ssize_t written = syscall(SYS_write, fd, bytes, size);
    if (limited && written > 0) room -= written;
    return written;
}

extern "C" int fsync(int fd) {
    if (sync_error != 0 && path_of(fd).ends_with(".ndjson")) {
        errno = sync_error;
        return -1;
    }
    synced.insert(path_of(fd));
    return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace ingest::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class NdjsonSinkTest : public ::testing::Test {
protected:
    void SetUp() override { restore(); }
    void TearDown() override { restore(); }
    static void restore() {
        room = -1;
        write_error = ENOSPC;
        sync_error = 0;
        synced.clear();
    }
    std::string path() const { return directory_.path() / "readings.ndjson"; }
    Sink sink() const { return sink(path()); }
    Sink sink(const std::string& path) const {
        return Sink(plugin_, json{{"path", path}}.dump(), *schema_);
    }
    std::string content() const {
        std::ifstream file(path());
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void put(std::string_view text) const { std::ofstream(path()) << text; }
    // The temperatures of the lines; each must be an object on its own.
    std::vector<double> temperatures() const {
        std::ifstream file(path());
        std::vector<double> all;
        for (std::string line; std::getline(file, line);) {
            all.push_back(json::parse(line).at("temperature").get<double>());
        }
        return all;
    }
    std::string refused_options(const std::string& options) const {
        const Sink sink(plugin_, options, *schema_);
        EXPECT_EQ(sink.created().code, INGEST_CONFIG) << options;
        return sink.created().message;
    }
    model::Batch one(double temperature) const {
        return readings(*schema_, {{temperature, 0.5, 1.0}});
    }

    TempDir directory_;
    Plugin plugin_ = example("ndjson-sink");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
};

TEST_F(NdjsonSinkTest, WritesEveryColumnOfEveryRow) {
    const model::Schema all({{"real", model::ColumnType::float64, false},
                             {"whole", model::ColumnType::int64, false},
                             {"text", model::ColumnType::utf8, false},
                             {"on", model::ColumnType::boolean, false},
                             {"absent", model::ColumnType::float64, false}});
    model::Batch batch(all);
    add_reading(batch, "PUMP", {0.1, std::int64_t{-7}, std::string("a\"\\\n\x01é"), true});
    add_reading(batch, "PUMP", {1e300, std::int64_t{1} << 60, std::string(), false}, -1);
    Sink sink(plugin_, json{{"path", path()}}.dump(), all);
    ASSERT_TRUE(sink.write(batch).ok());
    std::ifstream file(path());
    std::string first, second, end;
    std::getline(file, first);
    std::getline(file, second);
    EXPECT_FALSE(std::getline(file, end));
    EXPECT_EQ(json::parse(first), json::parse(R"({
        "reading_id": "0190f3c4-8f3b-7000-8000-000000000001", "equipment_id": "PUMP",
        "timestamp": "2025-11-24T16:00:00.123456Z", "received_at": "2025-11-24T16:00:00.124456Z",
        "real": 0.1, "whole": -7, "text": "a\"\\\n\u0001é", "on": true, "absent": null})"));
    EXPECT_THAT(second, HasSubstr(R"("timestamp":"1969-12-31T23:59:59.999999Z")"));
    EXPECT_THAT(second, HasSubstr("1152921504606846976"));
    EXPECT_THAT(second, HasSubstr("1e+300"));
}

TEST_F(NdjsonSinkTest, AppendsAndSyncsFileAndDirectoryBeforeItAnswers) {
    put("{\"temperature\": 1}\n");
    Sink sink = this->sink();
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_UNKNOWN);
    ASSERT_TRUE(sink.connect().ok());
    EXPECT_EQ(synced.count(directory_.path()), 1U);
    EXPECT_EQ(synced.count(path()), 1U) << "who wrote before may have crashed before its sync";
    synced.clear();
    ASSERT_TRUE(sink.write(one(2)).ok());
    EXPECT_EQ(synced.count(path()), 1U);
    ASSERT_TRUE(sink.write(one(3)).ok());
    EXPECT_EQ(synced.count(path()), 2U);
    EXPECT_THAT(temperatures(), ElementsAre(1, 2, 3));
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    EXPECT_TRUE(sink.flush().ok());
}

TEST_F(NdjsonSinkTest, TakesNoRowsAndRowsWithoutValues) {
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(model::Batch(*schema_)).ok());
    EXPECT_THAT(content(), IsEmpty());
    ASSERT_TRUE(sink.write(readings(*schema_, {{}})).ok());
    EXPECT_THAT(content(), HasSubstr("\"temperature\":null"));
}

TEST_F(NdjsonSinkTest, AFullDiskLeavesNoTornLineAndIsTriedAgain) {
    for (const int error : {ENOSPC, EIO}) {
        std::filesystem::remove(path());
        restore();
        write_error = error;
        Sink sink = this->sink();
        ASSERT_TRUE(sink.write(one(1)).ok());
        room = 10;
        const Outcome outcome = sink.write(one(2));
        EXPECT_EQ(outcome.code, INGEST_RETRY) << outcome.message;
        EXPECT_THAT(outcome.message, HasSubstr(path()));
        EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
        EXPECT_THAT(temperatures(), ElementsAre(1));
        room = -1;
        ASSERT_TRUE(sink.write(one(2)).ok());
        EXPECT_THAT(temperatures(), ElementsAre(1, 2));
        EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    }
}

TEST_F(NdjsonSinkTest, WhatCouldNotBeSyncedIsNotAnsweredWithOk) {
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(one(1)).ok());
    sync_error = EIO;
    EXPECT_EQ(sink.write(one(2)).code, INGEST_RETRY);
    EXPECT_EQ(sink.write(one(2)).code, INGEST_RETRY) << "opening must sync too";
    sync_error = 0;
    ASSERT_TRUE(sink.write(one(2)).ok());
    EXPECT_THAT(temperatures(), ElementsAre(1, 2));
}

TEST_F(NdjsonSinkTest, AfterAnErrorTheFileIsOpenedAgain) {
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(one(1)).ok());
    sync_error = EIO;
    EXPECT_EQ(sink.write(one(2)).code, INGEST_RETRY);
    sync_error = 0;
    std::filesystem::remove(path());
    ASSERT_TRUE(sink.write(one(2)).ok());
    EXPECT_THAT(temperatures(), ElementsAre(2));
}

TEST_F(NdjsonSinkTest, CutsALineThatACrashLeftWithoutItsEnd) {
    const std::string long_line(10'000, 'x');
    put("{\"temperature\": 1}\n{\"temper" + long_line);
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(one(2)).ok());
    EXPECT_THAT(temperatures(), ElementsAre(1, 2));
}

TEST_F(NdjsonSinkTest, TwoWritersDoNotMixTheirLines) {
    Sink second = sink();
    {
        Sink first = sink();
        ASSERT_TRUE(first.connect().ok());
        const Outcome outcome = second.write(one(2));
        EXPECT_EQ(outcome.code, INGEST_RETRY);
        EXPECT_THAT(outcome.message, HasSubstr("another writer"));
    }
    EXPECT_TRUE(second.write(one(2)).ok()) << "the first has gone";
}

TEST_F(NdjsonSinkTest, WhatAPersonMustRepairIsFatal) {
    Sink nowhere = sink(directory_.path() / "no" / "x.ndjson");
    EXPECT_EQ(nowhere.connect().code, INGEST_FATAL);
    const std::string pipe = directory_.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    Sink into_pipe = sink(pipe);
    const Outcome outcome = into_pipe.connect();
    EXPECT_EQ(outcome.code, INGEST_FATAL);
    EXPECT_THAT(outcome.message, HasSubstr("no regular file"));
    EXPECT_EQ(sink(directory_.path()).connect().code, INGEST_FATAL);
}

TEST_F(NdjsonSinkTest, SaysWhichOptionIsWrong) {
    EXPECT_EQ(refused_options("{}"), "/path: is missing");
    EXPECT_EQ(refused_options(R"({"path": 7})"), "/path: must be a text");
    EXPECT_THAT(refused_options(R"({"path": ""})"), StartsWith("/path: must be an absolute path"));
    EXPECT_EQ(refused_options(R"({"path": "x.ndjson"})"),
              "/path: must be an absolute path: it begins with /");
    EXPECT_THAT(refused_options(R"({"path": "/tmp/"})"), HasSubstr("does not end with /"));
    EXPECT_EQ(refused_options(R"({"path": "/a\u0000b"})"),
              "/path: must not contain a NUL character");
    EXPECT_EQ(refused_options(json{{"path", "/" + std::string(5000, 'x')}}.dump()),
              "/path: is too long");
}

}  // namespace
}  // namespace ingest::test
