#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>
#include <initializer_list>

#include <ingest/plugin/status.h>

#include "sqlite-sink/time_text.h"
#include "sqlite-sink/uuid_text.h"
#include "sqlite-sink/verdict.h"

namespace ingest::sqlite_sink {
namespace {

TEST(SqliteVerdict, WhatPassesIsRetried) {
    for (const int result :
         {SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_BUSY_RECOVERY, SQLITE_LOCKED, SQLITE_PROTOCOL,
          SQLITE_FULL, SQLITE_IOERR, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE, SQLITE_NOMEM,
          SQLITE_READONLY_DBMOVED, SQLITE_READONLY_RECOVERY}) {
        EXPECT_EQ(judge(result, 0).code, INGEST_RETRY) << result;
        EXPECT_NE(&judge(result, 0), &judge(250, 0)) << result;
    }
    EXPECT_EQ(judge(SQLITE_INTERRUPT, 0).code, INGEST_TIMEOUT);
    EXPECT_EQ(judge(250, 0).code, INGEST_RETRY) << "of a later SQLite";
}

TEST(SqliteVerdict, DataIsRejected) {
    for (const int result : {SQLITE_CONSTRAINT, SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_NOTNULL,
                             SQLITE_CONSTRAINT_UNIQUE, SQLITE_MISMATCH, SQLITE_TOOBIG}) {
        EXPECT_EQ(judge(result, 0).code, INGEST_REJECT) << result;
        EXPECT_FALSE(judge(result, 0).reopen) << result;
    }
}

TEST(SqliteVerdict, WhatAPersonMustCorrectIsFatal) {
    for (const int result : {SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_NOTADB, SQLITE_READONLY,
                             SQLITE_READONLY_DIRECTORY, SQLITE_PERM, SQLITE_AUTH, SQLITE_ERROR}) {
        EXPECT_EQ(judge(result, 0).code, INGEST_FATAL) << result;
        EXPECT_TRUE(judge(result, 0).reopen) << result;
    }
    EXPECT_EQ(judge(SQLITE_MISUSE, 0).code, INGEST_INTERNAL);
}

TEST(SqliteVerdict, FilesThatCannotBeOpenedDependOnWhy) {
    for (const int error : {EACCES, EPERM, EISDIR, ENOTDIR, EROFS, ELOOP, ENAMETOOLONG}) {
        EXPECT_EQ(judge(SQLITE_CANTOPEN, error).code, INGEST_FATAL) << error;
    }
    for (const int error : {0, ENOENT, EMFILE, ENFILE, ENOSPC, EIO, EINTR}) {
        EXPECT_EQ(judge(SQLITE_CANTOPEN, error).code, INGEST_RETRY) << error;
    }
}

TEST(SqliteVerdict, OnlyDoubtfulConnectionsAreReopened) {
    for (const int result : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_CONSTRAINT}) {
        EXPECT_FALSE(judge(result, 0).reopen) << result;
    }
    for (const int result : {SQLITE_IOERR, SQLITE_IOERR_FSYNC, SQLITE_CORRUPT, SQLITE_CANTOPEN}) {
        EXPECT_TRUE(judge(result, 0).reopen) << result;
    }
}

TEST(SqliteTimeText, IsFixedInWidthAndComesBack) {
    const std::pair<int64_t, const char*> cases[] = {
        {1764000000123456, "2025-11-24 16:00:00.123456"},
        {1764000000000000, "2025-11-24 16:00:00.000000"},
        {951827696000001, "2000-02-29 12:34:56.000001"},
        {-1, "1969-12-31 23:59:59.999999"},
        {-62135596800000000, "0001-01-01 00:00:00.000000"},
        {253402300799999999, "9999-12-31 23:59:59.999999"},
    };
    for (const auto& [us, text] : cases) {
        EXPECT_EQ(to_time_text(us).view(), text);
        EXPECT_EQ(read_time_text(text), us);
    }
}

TEST(SqliteTimeText, ReadsWhatOthersWrite) {
    constexpr int64_t second = 1764000000000000;
    for (const char* text :
         {"2025-11-24 16:00:00", "2025-11-24T16:00:00Z", "2025-11-24T16:00:00.000",
          "2025-11-24 16:00:00+00:00", "2025-11-24T18:30:00+02:30", "2025-11-24T14:00:00-02:00"}) {
        EXPECT_EQ(read_time_text(text), second) << text;
    }
    EXPECT_EQ(read_time_text("2025-11-24 16:00:00.5"), second + 500000);
    EXPECT_EQ(read_time_text("2025-11-24 16:00:00.123456789Z"), second + 123456);
}

TEST(SqliteTimeText, RefusesWhatIsNone) {
    for (const char* text :
         {"", "1764000000", "2025-11-24", "2025-11-24 16:00", "2025-11-24 16:00:00.",
          "2025-02-29 00:00:00", "2025-13-01 00:00:00", "2025-11-24 24:00:00",
          "2025-11-24 16:60:00", "2025-11-24 16:00:60", "2025-11-24 16:00:00 ",
          "2025-11-24 16:00:00+0200", "2025-11-24 16:00:00ZZ", "2025/11/24 16:00:00",
          "-025-11-24 16:00:00"}) {
        EXPECT_EQ(read_time_text(text), std::nullopt) << text;
    }
}

TEST(SqliteUuidText, ComesBack) {
    const std::array<uint8_t, 16> uuid{0x01, 0x90, 0xF3, 0xC4, 0x8F, 0x3B, 0x7A, 0x51,
                                       0x9C, 0x1E, 0x3F, 0x6D, 0x2B, 0x7A, 0x9E, 0x10};
    EXPECT_EQ(to_uuid_text(uuid).view(), "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10");
    EXPECT_EQ(read_uuid_text("0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10"), uuid);
    EXPECT_EQ(read_uuid_text("0190F3C48F3B7A519C1E3F6D2B7A9E10"), uuid);
    for (const char* text :
         {"", "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e1", "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e100",
          "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e1g"}) {
        EXPECT_EQ(read_uuid_text(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace ingest::sqlite_sink
