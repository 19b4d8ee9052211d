#include "app/reading_json.h"

#include <gtest/gtest.h>

#include "support/batches.h"

namespace ingest::app {
namespace {

using model::ColumnType;

std::string json_of(const model::Batch& batch, std::size_t columns) {
    std::string out;
    append_reading(out, batch, 0, columns);
    return out;
}

TEST(ReadingJson, HasWhatTheEndpointTakes) {
    const model::Schema schema({{"temperature", ColumnType::float64},
                                {"turns", ColumnType::int64},
                                {"line", ColumnType::utf8},
                                {"open", ColumnType::boolean},
                                {"since", ColumnType::timestamp},
                                {"absent", ColumnType::float64},
                                {"reason", ColumnType::utf8}});
    model::Batch batch(schema);
    test::add_reading(batch, "PUMP-A1-001",
                      {20.0, std::int64_t{-3}, "a \"line\"", true, std::int64_t{1'000'000},
                       test::null, "not the reading's"});
    EXPECT_EQ(json_of(batch, schema.size() - 1),
              R"({"reading_id":"0190f3c4-8f3b-7000-8000-000000000001",)"
              R"("equipment_id":"PUMP-A1-001","temperature":20.0,"turns":-3,)"
              R"("line":"a \"line\"","open":true,"since":"1970-01-01T00:00:01Z",)"
              R"("timestamp":"2025-11-24T16:00:00.123456Z"})");
}

TEST(ReadingJson, UnknownMembersAreMembersAgain) {
    const model::Schema schema({{"metadata", ColumnType::utf8}});
    for (const auto& [kept, shown] :
         {std::pair(R"({"colour":"red","n":[1,{}]})", R"(,"colour":"red","n":[1,{}])"),
          std::pair("{}", "")}) {
        model::Batch batch(schema);
        test::add_reading(batch, "PUMP-A1-001", {kept});
        EXPECT_EQ(json_of(batch, schema.size()),
                  R"({"reading_id":"0190f3c4-8f3b-7000-8000-000000000001",)"
                  R"("equipment_id":"PUMP-A1-001")" +
                      std::string(shown) + R"(,"timestamp":"2025-11-24T16:00:00.123456Z"})");
    }
}

}  // namespace
}  // namespace ingest::app
