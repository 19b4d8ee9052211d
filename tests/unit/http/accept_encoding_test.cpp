#include "http/accept_encoding.h"

#include <gtest/gtest.h>

#include <array>

namespace ingest::http {
namespace {

using coding::Coding;

struct Case {
    std::string_view value;
    Coding preferred;
    bool identity;
};

void expect_codings(std::span<const FieldView> fields, const Case& expected) {
    const AnswerCodings got = read_accept_encoding(fields);
    EXPECT_EQ(static_cast<int>(got.preferred), static_cast<int>(expected.preferred))
        << expected.value;
    EXPECT_EQ(got.identity, expected.identity) << expected.value;
    EXPECT_EQ(got.none(), !expected.identity && expected.preferred == Coding::identity);
}

TEST(AcceptEncoding, Table) {
    constexpr std::array cases = {
        Case{"", Coding::identity, true},
        Case{"gzip", Coding::gzip, true},
        Case{"x-gzip", Coding::gzip, true},
        Case{"zstd", Coding::zstd, true},
        Case{"GZip", Coding::gzip, true},
        Case{"gzip, zstd", Coding::zstd, true},
        Case{"gzip, deflate, br, zstd", Coding::zstd, true},
        Case{"gzip, deflate, br", Coding::gzip, true},
        Case{"br", Coding::identity, true},
        Case{"*", Coding::zstd, true},
        // Weights.
        Case{"gzip;q=1.0, zstd;q=0.5", Coding::gzip, true},
        Case{"gzip;q=0.001", Coding::gzip, true},
        Case{"gzip ; q=0.5 , zstd ; Q=0.75", Coding::zstd, true},
        Case{"gzip;q=0", Coding::identity, true},
        Case{"gzip;q=0.000", Coding::identity, true},
        Case{"gzip;q=0, *", Coding::zstd, true},
        Case{"*;q=0.5, gzip", Coding::gzip, true},
        Case{"zstd;q=0.4, *;q=0.5", Coding::gzip, true},
        // The text as it is: equally welcome is welcome less.
        Case{"identity", Coding::identity, true},
        Case{"identity, gzip", Coding::gzip, true},
        Case{"identity;q=1, gzip;q=0.9", Coding::identity, true},
        Case{"identity;q=0.5, gzip;q=0.5, zstd;q=0.1", Coding::gzip, true},
        Case{"identity;q=0, gzip", Coding::gzip, false},
        Case{"identity;q=0", Coding::identity, false},
        Case{"identity;q=0, br", Coding::identity, false},
        Case{"*;q=0", Coding::identity, false},
        Case{"gzip;q=0.1, *;q=0", Coding::gzip, false},
        Case{"identity;q=0.1, *;q=0", Coding::identity, true},
        Case{"identity;q=0, *", Coding::zstd, false},
        // What is not of the grammar is not there.
        Case{"gzip;q=2", Coding::identity, true},
        Case{"gzip;q=1.001", Coding::identity, true},
        Case{"gzip;q=0.1234", Coding::identity, true},
        Case{"gzip;q=-1", Coding::identity, true},
        Case{"gzip;q=", Coding::identity, true},
        Case{"gzip;q", Coding::identity, true},
        Case{"gzip;level=9", Coding::identity, true},
        Case{"gzip;q=0.5;level=9", Coding::identity, true},
        Case{",, gzip ,", Coding::gzip, true},
        Case{"gzip;q=0, gzip", Coding::identity, true},
    };
    for (const Case& one : cases) {
        const std::array fields = {FieldView{"Accept-Encoding", one.value}};
        expect_codings(fields, one);
    }
}

TEST(AcceptEncoding, NoneAndSeveralFields) {
    expect_codings({}, {"none", Coding::identity, true});
    const std::array several = {FieldView{"Host", "gzip"}, FieldView{"accept-encoding", "gzip"},
                                FieldView{"ACCEPT-ENCODING", "zstd, identity;q=0"}};
    expect_codings(several, {"several", Coding::zstd, false});
}

}  // namespace
}  // namespace ingest::http
