#include "ingest/intake.h"

#include <future>

#include <gmock/gmock.h>

#include "support/batches.h"
#include "support/temp_dir.h"

namespace ingest::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

constexpr std::int64_t now_us = test::some_time_us;

// Rejects what is hotter than 100, warns above 50, and fails above 1000.
std::int32_t check_heat(void*, const ingest_batch* batch, ingest_report* report,
                        ingest_error*) noexcept {
    const ArrowArray* column = batch->data->children[4];
    const auto* valid = static_cast<const std::uint8_t*>(column->buffers[0]);
    const auto* values = static_cast<const double*>(column->buffers[1]);
    for (std::int64_t row = 0; row < column->length; ++row) {
        if ((valid[row / 8] >> (row % 8) & 1) == 0) continue;
        if (values[row] > 1000) return INGEST_INTERNAL;
        if (values[row] > 50) {
            report->issue(report->ctx, row, 4, values[row] > 100 ? INGEST_REJECT_ROW : INGEST_WARN,
                          text("heat"), text("hot"));
        }
    }
    return INGEST_OK;
}
void destroy_nothing(void*) noexcept {}
constexpr ingest_validator heat_table{sizeof(ingest_validator), 0, nullptr, &check_heat,
                                      &destroy_nothing};

class IntakeTest : public ::testing::Test {
protected:
    IntakeTest() : schema_(test::sensor_schema()), validator_(heat_table, nullptr) {
        spool::Options options;
        options.dir = dir_.path();
        options.segment_bytes = 1 << 20;
        spool_ = std::move(*spool::Spool::open(options, *schema_, spool::posix_files()));
        make_intake({});
    }

    void make_intake(const Intake::Options& options) {
        intake_ = std::make_unique<Intake>(
            options, *schema_,
            std::vector<validate::Step>{
                {"heat", validate::OnError::refuse, &validator_, nullptr, &counters_}},
            *spool_, nullptr);
    }

    Outcome accept(Form form, std::string body) {
        const std::size_t size = body.size();
        body.resize(size + body_padding);
        return intake_->accept({form, std::string_view(body).substr(0, size), {}, now_us});
    }
    Outcome single(const std::string& temperature) {
        return accept(Form::single, reading(temperature));
    }
    Explanation explain(std::string body) {
        const std::size_t size = body.size();
        body.resize(size + body_padding);
        return intake_->explain({Form::single, std::string_view(body).substr(0, size), {}, now_us});
    }
    static std::string reading(const std::string& temperature) {
        return R"({"equipment_id":"PUMP-A1-001","vibration":0.5,"pressure":1,"temperature":)" +
               temperature + "}";
    }
    Ack hand_over() {
        std::promise<Ack> done;
        intake_->hand_over([&](Ack ack) { done.set_value(ack); });
        return done.get_future().get();
    }

    test::TempDir dir_;
    std::unique_ptr<model::Schema> schema_;
    plugin::Validator validator_;
    validate::Counters counters_;
    std::unique_ptr<spool::Spool> spool_;
    std::unique_ptr<Intake> intake_;
};

TEST_F(IntakeTest, AnAcceptedReadingIsInTheSpoolOnceHandedOver) {
    const Outcome outcome = single("21.5");
    EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
    ASSERT_THAT(outcome.accepted, SizeIs(1));
    EXPECT_EQ(outcome.accepted[0].equipment_id, "PUMP-A1-001");
    EXPECT_EQ(outcome.accepted[0].timestamp_us, now_us) << "the time of receipt";
    EXPECT_EQ(intake_->pending_rows(), 1);
    EXPECT_EQ(spool_->end(), 0U);
    EXPECT_EQ(hand_over(), Ack::spooled);
    EXPECT_EQ(intake_->pending_rows(), 0);
    const auto run = spool_->read(0, 10);
    ASSERT_TRUE(run);
    ASSERT_THAT(run->records, SizeIs(1));
    EXPECT_EQ(run->records[0].batch->float64(4, 0), 21.5);
    EXPECT_EQ(run->records[0].batch->uuid(0, 0), outcome.accepted[0].reading_id);
}

TEST_F(IntakeTest, ABatchKeepsTheGoodOnesAndTellsOfTheOthers) {
    const Outcome outcome =
        accept(Form::batch, R"({"readings":[)" + reading("20") + "," + reading("200") + "," +
                                reading("60") + "," + reading("\"x\"") + ",7," + reading("30") +
                                "]}");
    EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
    EXPECT_EQ(outcome.total, 6U);
    std::vector<std::uint32_t> kept;
    for (const auto& accepted : outcome.accepted) kept.push_back(accepted.index);
    EXPECT_THAT(kept, ElementsAre(0, 2, 5));
    std::vector<std::uint32_t> wrong;
    for (const auto& error : outcome.errors) wrong.push_back(error.index);
    EXPECT_THAT(wrong, ElementsAre(1, 3, 4));
    EXPECT_THAT(outcome.error_equipment_ids, ElementsAre("PUMP-A1-001", "PUMP-A1-001", ""));
    ASSERT_THAT(outcome.warnings, SizeIs(1));
    EXPECT_EQ(outcome.warnings[0].index, 2U);
    EXPECT_EQ(outcome.warnings[0].field, "temperature");
    EXPECT_EQ(hand_over(), Ack::spooled);
    EXPECT_EQ(spool_->end(), 3U);
}

TEST_F(IntakeTest, LinesAreAsABatch) {
    const Outcome outcome = accept(Form::lines, reading("20") + "\n\n{\n" + reading("200") + "\n");
    EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
    EXPECT_EQ(outcome.total, 3U);
    ASSERT_THAT(outcome.accepted, SizeIs(1));
    ASSERT_THAT(outcome.errors, SizeIs(2));
    EXPECT_EQ(outcome.errors[0].code, "malformed");
    EXPECT_EQ(outcome.errors[1].index, 3U);
    EXPECT_THAT(outcome.error_equipment_ids, ElementsAre("", "PUMP-A1-001"));
    EXPECT_EQ(hand_over(), Ack::spooled);
    EXPECT_EQ(spool_->end(), 1U);
}

TEST_F(IntakeTest, CsvIsAsABatch) {
    const std::string names = "temperature,equipment_id,vibration,pressure\n";
    const Outcome outcome = accept(
        Form::csv, names + "20,PUMP-A1-001,1,1\n\n20,\"PUMP,1,1\n200,PUMP-A1-001,1,1\n"
                           "21,PUMP-A1-001,1,1\n");
    EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
    EXPECT_EQ(outcome.total, 4U);
    ASSERT_THAT(outcome.accepted, SizeIs(2));
    EXPECT_EQ(outcome.accepted[1].index, 5U);
    ASSERT_THAT(outcome.errors, SizeIs(2));
    EXPECT_EQ(outcome.errors[0].code, "malformed");
    EXPECT_EQ(outcome.errors[1].index, 4U);
    EXPECT_THAT(outcome.error_equipment_ids, ElementsAre("", "PUMP-A1-001"));
    const Outcome refused =
        accept(Form::csv, "equipment_id,temperature,vibration,colour\nA,1,1,red\n");
    EXPECT_EQ(refused.kind, Outcome::Kind::refused);
    EXPECT_EQ(refused.total, 0U);
    EXPECT_THAT(refused.errors, SizeIs(2));
    EXPECT_EQ(hand_over(), Ack::spooled);
    EXPECT_EQ(spool_->end(), 2U);
}

TEST_F(IntakeTest, NothingIsKeptOfARequestWithoutAGoodReading) {
    const Outcome outcome = single("200");
    EXPECT_EQ(outcome.kind, Outcome::Kind::refused);
    EXPECT_THAT(outcome.errors, SizeIs(1));
    EXPECT_EQ(intake_->pending_rows(), 0);
}

TEST_F(IntakeTest, MalformedJsonIsToldApart) {
    const Outcome outcome = accept(Form::single, "{\"equipment_id\": }");
    EXPECT_EQ(outcome.kind, Outcome::Kind::malformed);
    EXPECT_THAT(outcome.detail, HasSubstr("line 1"));
    EXPECT_EQ(intake_->pending_rows(), 0);
}

TEST_F(IntakeTest, AValidatorThatFailsKeepsNothing) {
    const Outcome outcome = accept(
        Form::batch, R"({"readings":[)" + reading("20") + "," + reading("2000") + "]}");
    EXPECT_EQ(outcome.kind, Outcome::Kind::failed);
    EXPECT_THAT(outcome.detail, HasSubstr("heat"));
    EXPECT_EQ(intake_->pending_rows(), 0);
    EXPECT_EQ(single("20").kind, Outcome::Kind::accepted) << "the next request is untouched";
}

TEST_F(IntakeTest, AnExplanationIsWhatAcceptWouldSayAndKeepsNothing) {
    const Explanation good = explain(reading("21.5"));
    EXPECT_EQ(good.kind, Outcome::Kind::accepted);
    EXPECT_EQ(good.ack, Ack::spooled) << "nobody waits for a storage sink";
    ASSERT_TRUE(good.reading);
    EXPECT_EQ(good.reading->rows(), 1);
    EXPECT_EQ(good.reading->float64(4, 0), 21.5);
    ASSERT_THAT(good.steps, SizeIs(1));
    EXPECT_EQ(good.steps[0].name, "heat");
    EXPECT_EQ(good.steps[0].verdict, Explanation::Verdict::passed);

    const Explanation warned = explain(reading("60"));
    EXPECT_EQ(warned.kind, Outcome::Kind::accepted);
    EXPECT_EQ(warned.steps[0].verdict, Explanation::Verdict::warned);
    EXPECT_EQ(warned.steps[0].issues[0].finding.field, "temperature");
    EXPECT_FALSE(warned.steps[0].issues[0].reject);

    const Explanation refused = explain(reading("200"));
    EXPECT_EQ(refused.kind, Outcome::Kind::refused);
    EXPECT_EQ(refused.steps[0].verdict, Explanation::Verdict::rejected);
    EXPECT_FALSE(refused.reading);

    const Explanation failed = explain(reading("2000"));
    EXPECT_EQ(failed.kind, Outcome::Kind::failed);
    EXPECT_EQ(failed.steps[0].verdict, Explanation::Verdict::failed);
    EXPECT_THAT(failed.steps[0].reason, HasSubstr("code 7"));
    EXPECT_EQ(failed.detail, single("2000").detail);

    EXPECT_EQ(intake_->pending_rows(), 0);
    EXPECT_EQ(counters_.by_code()[0].rejections + counters_.by_code()[0].warnings, 0U);
    EXPECT_EQ(counters_.failures, 1U) << "that of the request that was real";
}

TEST_F(IntakeTest, AnExplanationOfWhatCannotBeRead) {
    const Explanation malformed = explain("{");
    EXPECT_EQ(malformed.kind, Outcome::Kind::malformed);
    EXPECT_EQ(malformed.detail, accept(Form::single, "{").detail);

    const Explanation bad = explain(reading("\"x\""));
    EXPECT_EQ(bad.kind, Outcome::Kind::refused);
    ASSERT_THAT(bad.findings, SizeIs(1));
    EXPECT_EQ(bad.findings[0].field, "temperature");
    EXPECT_EQ(bad.steps[0].verdict, Explanation::Verdict::passed) << "it is asked all the same";

    const Explanation nothing = explain("7");
    EXPECT_EQ(nothing.kind, Outcome::Kind::refused);
    EXPECT_EQ(nothing.steps[0].verdict, Explanation::Verdict::not_asked);
}

TEST_F(IntakeTest, AnOutcomeSaysWhatItHolds) {
    const std::size_t first = single("20").bytes;
    const std::size_t second = single("20").bytes;
    EXPECT_GT(second, sizeof(Outcome::Accepted));
    EXPECT_GE(first, second + model::Batch(*schema_).memory()) << "it began the turn's batch";
    EXPECT_GT(single("200").bytes, sizeof(model::Finding)) << "what is wrong is held too";
}

TEST_F(IntakeTest, FindingsAreBoundedAndEveryRefusedReadingHasOne) {
    Intake::Options options;
    options.decode.findings_max = 20;
    make_intake(options);
    std::string readings = reading("\"x\"");
    for (int i = 0; i < 20; ++i) readings += "," + reading("60");
    for (int i = 0; i < 20; ++i) readings += "," + reading("200");
    const Outcome outcome = accept(Form::batch, R"({"readings":[)" + readings + "]}");
    EXPECT_EQ(outcome.accepted.size(), 20U);
    EXPECT_THAT(outcome.warnings, SizeIs(19));
    EXPECT_THAT(outcome.errors, SizeIs(21));
    EXPECT_LE(outcome.bytes,
              Intake::outcome_bytes_max(options.decode) + 2 * model::Batch(*schema_).memory());
}

TEST_F(IntakeTest, RequestsOfOneTurnAreHandedOverTogether) {
    for (int i = 0; i < 5; ++i) single(std::to_string(i));
    EXPECT_EQ(intake_->pending_rows(), 5);
    EXPECT_EQ(hand_over(), Ack::spooled);
    const auto run = spool_->read(0, 10);
    ASSERT_TRUE(run);
    EXPECT_THAT(run->records, SizeIs(1)) << "one record for all";
}

TEST_F(IntakeTest, ATurnIsFullAtItsBound) {
    std::string readings = reading("20");
    for (int i = 1; i < 100; ++i) readings += "," + reading("20");
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(intake_->full());
        accept(Form::batch, R"({"readings":[)" + readings + "]}");
    }
    EXPECT_TRUE(intake_->full());
}

TEST_F(IntakeTest, ASpoolThatIsClosedAcknowledgesNothing) {
    single("20");
    spool_->close();
    EXPECT_EQ(hand_over(), Ack::failed);
}

}  // namespace
}  // namespace ingest::intake
