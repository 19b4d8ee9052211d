#include "postgres-sink/column_type.h"

#include <gtest/gtest.h>

#include <map>

#include "support/batches.h"

namespace ingest::postgres_sink {
namespace {

using model::ColumnType;

constexpr TypeOid real = 700;
constexpr TypeOid numeric = 1700;
constexpr TypeOid timestamp_without_zone = 1114;

TEST(PostgresColumnType, FixedColumnsHaveTheirNamesInTheTable) {
    const auto schema = test::sensor_schema();
    const std::vector<Column> columns = columns_of(sdk::Schema(schema->arrow()));
    ASSERT_EQ(columns.size(), 9U);
    EXPECT_EQ(columns[0].name, "id");
    EXPECT_EQ(columns[1].name, "equipment_id");
    EXPECT_EQ(columns[2].name, "timestamp");
    EXPECT_EQ(columns[3].name, "created_at");
    EXPECT_EQ(columns[4].name, "temperature");
    EXPECT_EQ(columns[0].type->sql, "uuid");
    EXPECT_EQ(columns[4].type->sql, "double precision");
    EXPECT_TRUE(columns[3].required && columns[3].fixed);
    EXPECT_TRUE(columns[4].required && !columns[4].fixed);
    EXPECT_FALSE(columns[7].required);
}

TEST(PostgresColumnType, FieldsThatNoTableCanHaveAreRefused) {
    for (const std::string& name :
         {std::string("id"), std::string("created_at"), std::string(64, 'x')}) {
        const model::Schema schema({{name, ColumnType::float64}});
        EXPECT_THROW(columns_of(sdk::Schema(schema.arrow())), sdk::Error) << name;
    }
    const model::Schema longest({{std::string(63, 'x'), ColumnType::float64}});
    EXPECT_EQ(columns_of(sdk::Schema(longest.arrow())).size(), 5U);
}

TEST(PostgresColumnType, OnlyExactStorageIsTaken) {
    const auto takes = [](const char* format, TypeOid stored) {
        return stores_exactly(*find_type(format), stored);
    };
    for (const char* format : {"w:16", "u", "tsu:UTC", "g", "l", "b"}) {
        ASSERT_NE(find_type(format), nullptr) << format;
        EXPECT_TRUE(takes(format, find_type(format)->oid)) << format;
    }
    EXPECT_TRUE(takes("w:16", 25));
    EXPECT_TRUE(takes("w:16", 1043));
    EXPECT_TRUE(takes("u", 1043));
    EXPECT_TRUE(takes("l", 23));
    EXPECT_FALSE(takes("g", real));
    EXPECT_FALSE(takes("g", numeric));
    EXPECT_FALSE(takes("tsu:UTC", timestamp_without_zone));
    EXPECT_FALSE(takes("u", 2950));
    EXPECT_EQ(find_type("x"), nullptr);
}

TEST(PostgresColumnType, CopiesWhatNeedsNoConversion) {
    const std::map<std::pair<std::string_view, TypeOid>, CellForm> copied{
        {{"w:16", 2950}, CellForm::uuid},
        {{"w:16", 25}, CellForm::uuid_as_text},
        {{"w:16", 1043}, CellForm::uuid_as_text},
        {{"u", 25}, CellForm::text},
        {{"u", 1043}, CellForm::text},
        {{"tsu:UTC", 1184}, CellForm::timestamp},
        {{"g", 701}, CellForm::float8},
        {{"l", 20}, CellForm::int8},
        {{"b", 16}, CellForm::boolean},
    };
    // Integers of 16 and 32 bits among them, which are stored exactly, but take another size.
    for (const char* format : {"w:16", "u", "tsu:UTC", "g", "l", "b"}) {
        for (const TypeOid stored :
             {TypeOid{16}, TypeOid{20}, TypeOid{21}, TypeOid{23}, TypeOid{25}, real, TypeOid{701},
              TypeOid{1043}, timestamp_without_zone, TypeOid{1184}, numeric, TypeOid{2950}}) {
            const auto found = copied.find({format, stored});
            const auto form = copied_as(*find_type(format), stored);
            EXPECT_EQ(form.has_value(), found != copied.end()) << format << " in " << stored;
            if (form && found != copied.end()) {
                EXPECT_EQ(*form, found->second) << format << " in " << stored;
            }
        }
    }
}

TEST(PostgresColumnType, QuotesNames) {
    EXPECT_EQ(quoted("plain"), "\"plain\"");
    EXPECT_EQ(quoted("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace ingest::postgres_sink
