#include <gtest/gtest.h>

#include "postgres-sink/sqlstate.h"

namespace ingest::postgres_sink {
namespace {

TEST(PostgresSqlstate, DataThatCanNeverBeStoredIsRejected) {
    for (const char* state : {"21000", "22001", "22003", "22021", "22P05", "23502", "23503",
                              "23505", "23514", "23P01", "54000"}) {
        EXPECT_EQ(verdict_of(state), Verdict::reject) << state;
    }
}

TEST(PostgresSqlstate, WhatAPersonMustRepairIsFatal) {
    for (const char* state : {"28000", "28P01", "3D000", "3F000", "42501", "42703", "42804",
                              "42P01"}) {
        EXPECT_EQ(verdict_of(state), Verdict::fatal) << state;
    }
}

TEST(PostgresSqlstate, EverythingElseIsTriedAgain) {
    for (const char* state : {"08006", "0A000", "25006", "26000", "40001", "40P01", "53100",
                              "53300", "55P03", "57014", "57P01", "57P03", "58030", "F0000",
                              "P0001", "XX000", "00000", "99999", "", "2", "22", "221", "230011"}) {
        EXPECT_EQ(verdict_of(state), Verdict::retry) << state;
    }
}

}  // namespace
}  // namespace ingest::postgres_sink
