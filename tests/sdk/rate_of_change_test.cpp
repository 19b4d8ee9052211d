#include "sdk/examples.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::int64_t second_us = 1'000'000;

struct Reading {
    std::string equipment;
    std::int64_t at_s;
    Cell temperature;
};

class RateOfChangeTest : public ::testing::Test {
protected:
    // An instance that lives for the test, as the host's one does.
    void configure(std::string_view options) {
        validator_.emplace(plugin_, options, *schema_);
        ASSERT_TRUE(validator_->created().ok()) << validator_->created().message;
    }
    // "ROW CODE" of each finding.
    std::vector<std::string> check(const std::vector<Reading>& rows,
                                   const std::uint8_t* refused = nullptr,
                                   std::uint32_t flags = 0) {
        model::Batch batch(*schema_);
        for (const Reading& row : rows) {
            add_reading(batch, row.equipment, {row.temperature, 0.5, 1.0},
                        some_time_us + row.at_s * second_us);
        }
        Report report(*schema_, batch.rows());
        const Outcome outcome = validator_->validate(batch, report, refused, flags);
        EXPECT_TRUE(outcome.ok()) << outcome.message;
        EXPECT_EQ(report.misbehaviour(), 0);
        std::vector<std::string> found;
        for (const auto& issue : report.issues()) {
            found.push_back(std::to_string(issue.row) + " " + issue.code);
            severity_ = issue.severity;
            message_ = issue.message;
        }
        return found;
    }
    std::string refused_options(std::string_view options) {
        return config_message(plugin_, options, *schema_);
    }

    Plugin plugin_ = example("rate-of-change");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
    std::optional<Validator> validator_;
    std::int32_t severity_ = 0;
    std::string message_;
};

constexpr std::string_view fast = R"({"columns": {"temperature": {"per_minute_max": 6}}})";
constexpr std::string_view fast_rejects =
    R"({"columns": {"temperature": {"per_minute_max": 6}}, "then": "reject"})";
constexpr std::string_view stuck = R"({"columns": {"temperature": {"same_max_s": 60}}})";

TEST_F(RateOfChangeTest, TellsOfAJumpWithinABatchAndAcrossBatches) {
    configure(fast);
    EXPECT_THAT(check({{"A", 0, 20.0}, {"A", 60, 26.0}, {"A", 120, 32.5}}),
                ElementsAre("2 too_fast"));
    EXPECT_EQ(severity_, INGEST_WARN);
    EXPECT_EQ(message_, "changed by 6.5 in 60 s; must change by at most 6 a minute");
    EXPECT_THAT(check({{"A", 130, 34.0}}), ElementsAre("0 too_fast"));
    EXPECT_THAT(check({{"A", 190, 34.5}}), IsEmpty());
}

TEST_F(RateOfChangeTest, EquipmentsDoNotKnowOfEachOther) {
    configure(fast);
    EXPECT_THAT(check({{"A", 0, 20.0}, {"B", 1, 90.0}, {"A", 60, 21.0}, {"B", 61, 91.0}}),
                IsEmpty());
}

TEST_F(RateOfChangeTest, OneRefusedSpikeDoesNotMakeItsSuccessorsSuspect) {
    configure(fast_rejects);
    EXPECT_THAT(check({{"A", 0, 20.0}, {"A", 10, 99.0}, {"A", 20, 20.5}}),
                ElementsAre("1 too_fast"));
    EXPECT_EQ(severity_, INGEST_REJECT_ROW);
}

TEST_F(RateOfChangeTest, LateRepeatedAndAbsentValuesSayNothing) {
    configure(fast);
    EXPECT_THAT(check({{"A", 60, 20.0}, {"A", 60, 90.0}, {"A", 0, 90.0}, {"A", 70, null}}),
                IsEmpty());
    EXPECT_THAT(check({{"A", 120, 26.0}}), IsEmpty()) << "it remembers the first of them";
}

TEST_F(RateOfChangeTest, TellsOfAValueThatStaysTheSame) {
    configure(stuck);
    EXPECT_THAT(check({{"A", 0, 20.0}, {"A", 60, 20.0}, {"A", 61, 20.0}}), ElementsAre("2 stuck"));
    EXPECT_EQ(message_, "has been 20 for 61 s; must change within 60 s");
    EXPECT_THAT(check({{"A", 62, 20.5}, {"A", 63, 20.0}, {"A", 123, 20.0}}), IsEmpty());
}

TEST_F(RateOfChangeTest, SkipsRowsThatWereRefused) {
    configure(fast);
    const std::uint8_t second = 0b010;
    EXPECT_THAT(check({{"A", 0, 20.0}, {"A", 10, 99.0}, {"A", 20, 20.0}}, &second), IsEmpty());
    const std::uint8_t all = 0b11;
    EXPECT_THAT(check({{"A", 30, 99.0}, {"B", 30, 99.0}}, &all), IsEmpty());
    EXPECT_THAT(check({{"A", 40, 20.0}, {"B", 40, 20.0}}), IsEmpty()) << "none was remembered";
}

TEST_F(RateOfChangeTest, ATrialIsJudgedAsAlwaysAndForgotten) {
    configure(fast);
    EXPECT_THAT(check({{"A", 0, 20.0}}), IsEmpty());
    const std::vector<Reading> rows = {{"A", 10, 99.0}, {"A", 20, 20.0}, {"NEW", 0, 1.0}};
    EXPECT_THAT(check(rows, nullptr, INGEST_BATCH_TRIAL), ElementsAre("0 too_fast", "1 too_fast"));
    EXPECT_THAT(check(rows, nullptr, INGEST_BATCH_TRIAL), ElementsAre("0 too_fast", "1 too_fast"));
    EXPECT_THAT(check({{"A", 5, 20.0}, {"NEW", 1, 50.0}}), IsEmpty());
}

TEST_F(RateOfChangeTest, ForgetsTheOneThatWasSilentForLongest) {
    configure(R"({"columns": {"temperature": {"per_minute_max": 6}}, "equipments_max": 2})");
    EXPECT_THAT(check({{"A", 0, 20.0}, {"B", 0, 20.0}, {"A", 1, 20.0}, {"C", 0, 20.0}}), IsEmpty());
    EXPECT_THAT(check({{"A", 2, 50.0}, {"C", 2, 50.0}}), ElementsAre("0 too_fast", "1 too_fast"));
    EXPECT_THAT(check({{"B", 2, 50.0}}), IsEmpty()) << "B should be forgotten";
}

TEST_F(RateOfChangeTest, ATrialDoesNotMakeItForget) {
    configure(R"({"columns": {"temperature": {"per_minute_max": 6}}, "equipments_max": 1})");
    EXPECT_THAT(check({{"A", 0, 20.0}}), IsEmpty());
    EXPECT_THAT(check({{"B", 0, 20.0}}, nullptr, INGEST_BATCH_TRIAL), IsEmpty());
    EXPECT_THAT(check({{"A", 1, 50.0}}), ElementsAre("0 too_fast"));
}

TEST_F(RateOfChangeTest, SaysWhichOptionIsWrong) {
    EXPECT_EQ(refused_options(R"({"columns": {}})"), "/columns: must name at least one column");
    EXPECT_THAT(refused_options(R"({"columns": {"temprature": {"per_minute_max": 1}}})"),
                StartsWith("/columns/temprature: there is no column"));
    EXPECT_THAT(refused_options(R"({"columns": {"equipment_id": {"per_minute_max": 1}}})"),
                HasSubstr("is not of the type double"));
    EXPECT_THAT(refused_options(R"({"columns": {"temperature": {}}})"),
                StartsWith("/columns/temperature: must have"));
    EXPECT_THAT(refused_options(R"({"columns": {"temperature": {"per_minute_max": "6"}}})"),
                "/columns/temperature/per_minute_max: must be a number");
    EXPECT_THAT(refused_options(R"({"columns": {"temperature": {"same_max_s": 0}}})"),
                "/columns/temperature/same_max_s: must be above 0");
    EXPECT_THAT(refused_options(R"({"columns": {"temperature": {"same_max_s": 1}},
                                    "equipments_max": 0})"),
                StartsWith("/equipments_max: "));
}

}  // namespace
}  // namespace ingest::test
