#include <ingest/sdk/plugin.h>

#include "sdk/examples.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::SizeIs;

constexpr std::string_view document = R"({
    "max": 2.5, "count": 7, "on": true, "name": "n", "list": [1, 2], "nul": "a\u0000b"})";

class CAccessorsTest : public ::testing::Test {
protected:
    CAccessorsTest() { error_.struct_size = sizeof error_; }
    ingest_reader reader() {
        return ingest_read(host_.table(), {document.data(), document.size()}, &error_);
    }
    static model::Batch two_rows(const model::Schema& schema) {
        model::Batch rows(schema);
        add_reading(rows, "A", {1.5, std::int64_t{7}, std::string("text"), true});
        add_reading(rows, "B", {null, null, null, null});
        return rows;
    }

    HostTable host_;
    ingest_error error_{};
    const model::Schema schema_{{{"real", model::ColumnType::float64, false},
                                 {"whole", model::ColumnType::int64, false},
                                 {"text", model::ColumnType::utf8, false},
                                 {"on", model::ColumnType::boolean, false}}};
};

TEST_F(CAccessorsTest, ReadsOptionsAndDefaults) {
    ingest_reader options = reader();
    char text[8];
    EXPECT_EQ(ingest_need_f64(&options, "/max"), 2.5);
    EXPECT_EQ(ingest_get_f64(&options, "/none", 1.5), 1.5);
    EXPECT_EQ(ingest_get_i64(&options, "/count", 1), 7);
    EXPECT_EQ(ingest_get_bool(&options, "/on", 0), 1);
    EXPECT_EQ(ingest_get_bool(&options, "/none", 1), 1);
    EXPECT_EQ(ingest_get_size(&options, "/list"), 2U);
    ingest_need_utf8(&options, "/name", text, 2);
    EXPECT_STREQ(text, "n");
    ingest_get_utf8(&options, "/none", "default", text, sizeof text);
    EXPECT_STREQ(text, "default");
    EXPECT_EQ(options.code, INGEST_OK);
}

TEST_F(CAccessorsTest, TheFirstThingThatIsWrongStays) {
    ingest_reader options = reader();
    EXPECT_EQ(ingest_get_i64(&options, "/max", 9), 9);
    EXPECT_EQ(ingest_get_i64(&options, "/count", 9), 9) << "nothing is read after an error";
    ingest_wrong(&options, "/count", "is wrong too");
    EXPECT_EQ(options.code, INGEST_CONFIG);
    EXPECT_EQ(error_.code, INGEST_CONFIG);
    EXPECT_STREQ(error_.message, "/max: must be an integer of 64 bits");
}

TEST_F(CAccessorsTest, SaysWhatIsWrong) {
    char text[4];
    const auto message = [&](auto&& read) {
        ingest_reader options = reader();
        read(&options);
        EXPECT_EQ(options.code, INGEST_CONFIG);
        return std::string(error_.message);
    };
    EXPECT_EQ(message([](auto* o) { ingest_need_f64(o, "/none"); }), "/none: is missing");
    EXPECT_EQ(message([](auto* o) { ingest_get_f64(o, "/on", 0); }), "/on: must be a number");
    EXPECT_EQ(message([](auto* o) { ingest_get_bool(o, "/max", 0); }),
              "/max: must be true or false");
    EXPECT_EQ(message([](auto* o) { ingest_get_size(o, "/max"); }),
              "/max: must be an array or an object");
    EXPECT_EQ(message([&](auto* o) { ingest_need_utf8(o, "/none", text, sizeof text); }),
              "/none: is missing");
    EXPECT_EQ(message([&](auto* o) { ingest_need_utf8(o, "/name", text, 1); }),
              "/name: is too long");
    EXPECT_STREQ(text, "");
    EXPECT_EQ(message([&](auto* o) { ingest_need_utf8(o, "/nul", text, sizeof text); }),
              "/nul: must not contain a NUL character");
}

TEST_F(CAccessorsTest, AHostWithoutTheServiceIsAFatalError) {
    ingest_host without = *host_.table();
    without.get_service = [](void*, ingest_str) -> const void* { return nullptr; };
    ingest_reader options = ingest_read(&without, ingest_text("{}"), &error_);
    EXPECT_EQ(ingest_get_f64(&options, "/x", 3), 3);
    EXPECT_EQ(options.code, INGEST_FATAL);
}

TEST_F(CAccessorsTest, ReadsCells) {
    const model::Batch rows = two_rows(schema_);
    const std::uint8_t refused = 0b10;
    const Shown shown(rows, 0, 0, &refused, INGEST_BATCH_TRIAL);
    const ingest_batch* batch = shown.batch();
    EXPECT_EQ(ingest_rows_of(batch), 2);
    EXPECT_TRUE(ingest_has(batch, 4, 0));
    EXPECT_FALSE(ingest_has(batch, 4, 1));
    EXPECT_EQ(ingest_f64(batch, 4, 0), 1.5);
    EXPECT_EQ(ingest_i64(batch, 5, 0), 7);
    EXPECT_EQ(to_string(ingest_utf8(batch, 6, 0)), "text");
    EXPECT_TRUE(ingest_bool(batch, 7, 0));
    EXPECT_EQ(ingest_uuid(batch, 0, 1)[15], 2);
    EXPECT_TRUE(ingest_refused(batch, 1));
    EXPECT_FALSE(ingest_refused(batch, 0));
    EXPECT_TRUE(ingest_trial(batch));
    const Shown plain(rows);
    EXPECT_FALSE(ingest_refused(plain.batch(), 1));
    EXPECT_FALSE(ingest_trial(plain.batch()));
}

TEST_F(CAccessorsTest, FindsColumnsAndSaysWhatIsWrongWithThem) {
    EXPECT_EQ(ingest_find_column(schema_.arrow(), "text"), 6);
    EXPECT_EQ(ingest_find_column(schema_.arrow(), "tex"), -1);
    EXPECT_EQ(ingest_need_column(schema_.arrow(), "real", "g", &error_), 4);
    EXPECT_EQ(ingest_need_column(schema_.arrow(), "rael", "g", &error_), -1);
    EXPECT_STREQ(error_.message, "there is no column \"rael\"");
    EXPECT_EQ(ingest_need_column(schema_.arrow(), "whole", "g", &error_), -1);
    EXPECT_STREQ(error_.message, "the column \"whole\" is of the format l, not g");
    EXPECT_EQ(error_.code, INGEST_CONFIG);
}

TEST_F(CAccessorsTest, Reports) {
    Report report(schema_, 2);
    EXPECT_EQ(ingest_reject(report.table(), 1, 4, "c", "m"), INGEST_OK);
    EXPECT_EQ(ingest_warn(report.table(), 0, -1, "d", "n"), INGEST_OK);
    EXPECT_EQ(ingest_set_f64(report.table(), 0, 4, 2.5), INGEST_OK);
    EXPECT_EQ(ingest_set_f64(report.table(), 0, 5, 2.5), INGEST_UNSUPPORTED);
    EXPECT_THAT(report.issues(), ElementsAre(Report::Issue{1, 4, INGEST_REJECT_ROW, "c", "m"},
                                             Report::Issue{0, -1, INGEST_WARN, "d", "n"}));
    EXPECT_THAT(report.sets(), ElementsAre(Report::Set{0, 4, 2.5}));
}

TEST_F(CAccessorsTest, AMessageIsCutBetweenCharacters) {
    EXPECT_EQ(ingest_fail(&error_, INGEST_RETRY, "%d %s", 5, "x"), INGEST_RETRY);
    EXPECT_STREQ(error_.message, "5 x");
    // 503 bytes fit: of each character there is a length at which it is the one that does not.
    for (const std::string_view character : {"a", "é", "€", "😀"}) {
        for (std::size_t lead = 0; lead < 4; ++lead) {
            std::string text(lead, '.');
            while (text.size() < 600) text += character;
            ingest_fail(&error_, INGEST_RETRY, "%s", text.c_str());
            const std::string message = error_.message;
            const std::size_t whole = (503 - lead) / character.size();
            EXPECT_THAT(message, SizeIs(lead + whole * character.size()));
            EXPECT_THAT(message, EndsWith(std::string(character)));
        }
    }
    error_.struct_size = 8;
    EXPECT_EQ(ingest_fail(&error_, INGEST_FATAL, "x"), INGEST_FATAL) << "no room for a message";
    EXPECT_EQ(ingest_fail(nullptr, INGEST_FATAL, "x"), INGEST_FATAL);
}

}  // namespace
}  // namespace ingest::test
