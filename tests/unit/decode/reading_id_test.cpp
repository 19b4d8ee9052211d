#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/reading_id.h"
#include "unit/decode/decoding.h"

namespace ingest::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::int64_t ms_of(const Uuid& id) {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id[i];
    return ms;
}

Uuid id_of(const std::string& text, std::string_view key = {}) {
    Decoding it;
    it.single(text, key);
    EXPECT_THAT(summary(it.decoded), IsEmpty()) << text;
    return it.batch.uuid(model::column_reading_id, 0);
}

TEST(ReadingId, IsNewAndOfThisTimeWithoutAKey) {
    const Uuid id = id_of(reading());
    EXPECT_EQ(id[6] >> 4, 7);
    EXPECT_EQ(id[8] >> 6, 2);
    EXPECT_EQ(ms_of(id), received_at_us / 1000);
    EXPECT_NE(id, id_of(reading()));
}

TEST(ReadingId, IsTheSameForTheSameRequest) {
    for (const auto& [text, key] :
         {std::pair{reading(), "key"}, std::pair{reading(R"(, "reading_id": "r1")"), ""},
          std::pair{reading(R"(, "timestamp": 5)"), "key"}}) {
        const Uuid id = id_of(text, key);
        EXPECT_EQ(id, id_of(text, key));
        EXPECT_EQ(id, id_of("  " + text + "\n", key)) << "bytes outside of the reading count";
        EXPECT_EQ(id[6] >> 4, 8);
        EXPECT_EQ(id[8] >> 6, 2);
    }
}

TEST(ReadingId, DiffersWhereTheRequestDiffers) {
    const std::set<Uuid> ids{
        id_of(reading(), "key"),
        id_of(reading(), "kez"),
        id_of(reading(R"(, "humidity": 1)"), "key"),
        id_of(reading(R"(, "humidity": 1.0)"), "key"),
        id_of(reading(R"(, "humidity":  1)"), "key"),
        id_of(reading(R"(, "unknown": 1)"), "key"),
        id_of(reading(R"(, "reading_id": "key")")),
        id_of(reading(R"(, "reading_id": "kez")")),
        id_of(reading(R"(, "reading_id": "key", "humidity": 1)")),
    };
    EXPECT_EQ(ids.size(), 9U);
}

TEST(ReadingId, DependsOnThePositionUnlessTheReadingHasItsOwn) {
    Decoding it;
    const std::string own = reading(R"(, "reading_id": "r1")");
    it.many(R"({"readings": [)" + reading() + "," + reading() + "," + own + "," + own + "]}",
            "key");
    EXPECT_NE(it.batch.uuid(0, 0), it.batch.uuid(0, 1));
    EXPECT_EQ(it.batch.uuid(0, 2), it.batch.uuid(0, 3));
    EXPECT_EQ(it.batch.uuid(0, 2), id_of(own));
    EXPECT_EQ(it.batch.uuid(0, 2), id_of(own, "another key"));
    EXPECT_EQ(it.batch.uuid(0, 0), id_of(reading(), "key"));
}

TEST(ReadingId, BeginsWithTheReadingsOwnTime) {
    EXPECT_EQ(ms_of(id_of(reading(R"(, "timestamp": 1700000000.1239)"), "key")), 1'700'000'000'123);
    EXPECT_EQ(ms_of(id_of(reading(R"(, "timestamp": 0)"), "key")), 0);
    EXPECT_EQ(ms_of(id_of(reading(R"(, "timestamp": "9999-12-31T23:59:59Z")"), "key")),
              253'402'300'799'000);
    // Without a time since 1970 there is none to begin with: two readings share no prefix.
    EXPECT_NE(ms_of(id_of(reading(), "a")), ms_of(id_of(reading(), "b")));
    const std::string before = reading(R"(, "timestamp": -1)");
    EXPECT_NE(ms_of(id_of(before, "a")), ms_of(id_of(before, "b")));
    EXPECT_EQ(id_of(before, "a")[6] >> 4, 8);
}

// Retries may span an update of this program: the derivation must not change.
TEST(ReadingId, StaysTheSameForEver) {
    ReadingIds ids;
    EXPECT_EQ(to_text(ids.from_key("key", 3, "{}", {})), "f1e8840d-bbfb-8108-925a-03235c6c37fd");
    EXPECT_EQ(to_text(ids.from_own_id("r1", "{}", 1'700'000'000'000'000)),
              "018bcfe5-6800-8840-876c-c45ec2c6c289");
}

TEST(ReadingId, CannotConfuseItsParts) {
    ReadingIds ids;
    const std::string zeros(8, '\0');
    EXPECT_NE(ids.from_key("a", 0, "bc", {}), ids.from_key("ab", 0, "c", {}));
    EXPECT_NE(ids.from_key("a", 0, "bc", {}), ids.from_own_id("a", zeros + "bc", {}));
    EXPECT_NE(ids.from_key("a", 0, zeros + "bc", {}), ids.from_key("a" + zeros, 0, "bc", {}));
}

TEST(ReadingId, OfTheClientIsBoundedAndPrintable) {
    Decoding it;
    for (const std::string& bad :
         {std::string(), std::string(129, 'x'), std::string("a\\u0000b"), std::string("a\\nb"),
          std::string("\\u007f"), std::string("\xC3\xA9")}) {
        it.single(reading(R"(, "reading_id": ")" + bad + "\""));
        EXPECT_THAT(summary(it.decoded), ElementsAre("0 reading_id format")) << bad;
    }
    it.single(reading(R"(, "reading_id": ")" + std::string(128, '~') + "\""));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    it.single(reading(R"(, "reading_id": 7)"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 reading_id type"));
    it.single(reading(R"(, "reading_id": "a", "reading_id": "a")"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 reading_id duplicate"));
}

}  // namespace
}  // namespace ingest::decode
