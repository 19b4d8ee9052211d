#include "sdk/examples.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RoundedTest : public ::testing::Test {
protected:
    Plugin plugin_ = example("rounded");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
};

TEST_F(RoundedTest, RefusesWholeNumbersOnly) {
    const model::Batch batch =
        readings(*schema_, {{20.0, 0.5, 2.0}, {20.0, 0.5, 2.25}, {20.0, 0.5, -0.0}, {20.0, 0.5}});
    const Found found = run(plugin_, "{}", batch);
    ASSERT_THAT(rows_of(found), ElementsAre(0, 2));
    EXPECT_EQ(found.issues[0].code, "rounded");
    EXPECT_EQ(found.issues[0].column, 6);
}

TEST_F(RoundedTest, NothingOfNoRows) {
    EXPECT_THAT(run(plugin_, "{}", model::Batch(*schema_)).issues, IsEmpty());
}

TEST_F(RoundedTest, SaysThatItsColumnIsMissingOrOfAnotherType) {
    const model::Schema without({{"presure", model::ColumnType::float64, false}});
    EXPECT_EQ(config_message(plugin_, "{}", without),
              "there is no column \"pressure\"; did you mean \"presure\"?");
    const model::Schema whole({{"pressure", model::ColumnType::int64, false}});
    EXPECT_EQ(config_message(plugin_, "{}", whole),
              "the column \"pressure\" is not of the type double");
}

}  // namespace
}  // namespace ingest::test
