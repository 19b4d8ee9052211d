#include "validate/chain.h"

#include <functional>

#include <gmock/gmock.h>

#include "support/batches.h"

namespace ingest::validate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

// A validator that does what the test says.
struct FakeValidator {
    std::function<std::int32_t(const ingest_batch&, ingest_report&)> act;

    static std::int32_t validate(void* self, const ingest_batch* batch, ingest_report* report,
                                 ingest_error*) noexcept {
        return static_cast<FakeValidator*>(self)->act(*batch, *report);
    }
    static void destroy(void*) noexcept {}
    static const ingest_validator& table() {
        static const ingest_validator table{sizeof(ingest_validator), 0, nullptr, &validate,
                                            &destroy};
        return table;
    }
    std::unique_ptr<plugin::Validator> instance() {
        return std::make_unique<plugin::Validator>(table(), this);
    }
};

class ChainTest : public ::testing::Test {
protected:
    ChainTest() : schema_(test::sensor_schema()), batch_(*schema_) {
        for (int i = 0; i < 3; ++i) test::add_reading(batch_, "pump-a1-001", {1.0 * i, 0.5, 1.0});
        refused_ = {0};
    }

    Step& add(FakeValidator& validator, OnError on_error = OnError::refuse) {
        instances_.push_back(validator.instance());
        counters_.push_back(std::make_unique<Counters>());
        steps_.push_back({"step" + std::to_string(steps_.size()), on_error,
                          instances_.back().get(), nullptr, counters_.back().get()});
        return steps_.back();
    }
    bool run() {
        chain_ = std::make_unique<Chain>(steps_);
        return chain_->run(batch_, refused_, issues_);
    }

    std::unique_ptr<model::Schema> schema_;
    model::Batch batch_;
    std::vector<std::uint8_t> refused_;
    std::vector<plugin::Report::Issue> issues_;
    std::vector<std::unique_ptr<plugin::Validator>> instances_;
    std::vector<std::unique_ptr<Counters>> counters_;
    std::vector<Step> steps_;
    std::unique_ptr<Chain> chain_;
};

TEST_F(ChainTest, WithoutValidatorsEverythingPasses) {
    EXPECT_TRUE(run());
    EXPECT_THAT(refused_, ElementsAre(0));
}

TEST_F(ChainTest, RejectionsAreMarkedAndTheRestGoesOn) {
    FakeValidator first{[](const ingest_batch&, ingest_report& report) {
        report.issue(report.ctx, 1, 4, INGEST_REJECT_ROW, text("hot"), text("too hot"));
        report.issue(report.ctx, 2, 4, INGEST_WARN, text("warm"), text("rather hot"));
        return INGEST_OK;
    }};
    std::uint8_t seen = 0;
    FakeValidator second{[&](const ingest_batch& batch, ingest_report& report) {
        seen = batch.refused[0];
        EXPECT_EQ(batch.data->length, 3) << "refused readings are still shown";
        report.issue(report.ctx, 1, 5, INGEST_REJECT_ROW, text("shaky"), text(""));
        return INGEST_OK;
    }};
    add(first);
    add(second);
    EXPECT_TRUE(run());
    EXPECT_EQ(seen, 0b010);
    EXPECT_THAT(refused_, ElementsAre(0b010));
    ASSERT_EQ(issues_.size(), 3U);
    EXPECT_EQ(issues_[2].code, "shaky");
    ASSERT_EQ(counters_[0]->by_code().size(), 1U) << "there is no manifest";
    EXPECT_EQ(counters_[0]->by_code()[0].rejections, 1U);
    EXPECT_EQ(counters_[0]->by_code()[0].warnings, 1U);
    EXPECT_EQ(counters_[1]->by_code()[0].rejections, 1U);
}

TEST_F(ChainTest, FindingsAreCountedByCode) {
    plugin::Manifest manifest;
    manifest.issues = {{"hot", ""}, {"shaky", ""}};
    FakeValidator validator{[](const ingest_batch&, ingest_report& report) {
        report.issue(report.ctx, 0, 4, INGEST_REJECT_ROW, text("shaky"), text(""));
        report.issue(report.ctx, 0, 4, INGEST_WARN, text("shaky"), text(""));
        report.issue(report.ctx, 1, 4, INGEST_REJECT_ROW, text("shaky"), text(""));
        report.issue(report.ctx, 2, 4, INGEST_WARN, text("odd"), text(""));
        return INGEST_OK;
    }};
    Step& step = add(validator);
    plugin::Validator instance(validator.table(), &validator, {manifest, *schema_});
    Counters counters(manifest.issues.size());
    step.instance = &instance;
    step.counters = &counters;
    EXPECT_TRUE(run());
    std::vector<std::pair<std::uint64_t, std::uint64_t>> counted;
    for (const auto& code : counters.by_code())
        counted.emplace_back(code.rejections, code.warnings);
    EXPECT_THAT(counted, ElementsAre(Pair(0, 0), Pair(2, 1), Pair(0, 1)))
        << "hot, shaky, not listed";
}

TEST_F(ChainTest, ATrialIsSaidToBeOneAndLeavesNoTrace) {
    std::vector<std::uint32_t> flags;
    FakeValidator first{[&](const ingest_batch& batch, ingest_report& report) {
        flags.push_back(batch.flags);
        report.issue(report.ctx, 1, 4, INGEST_REJECT_ROW, text("hot"), text("too hot"));
        report.issue(report.ctx, -1, 4, INGEST_WARN, text("x"), text("y"));
        return report.set_f64(report.ctx, 0, 4, 7.0);
    }};
    FakeValidator second{[&](const ingest_batch& batch, ingest_report&) {
        flags.push_back(batch.flags);
        EXPECT_EQ(batch.refused[0], 0b010);
        return INGEST_INTERNAL;
    }};
    bool called = false;
    FakeValidator third{[&](const ingest_batch&, ingest_report&) {
        called = true;
        return INGEST_OK;
    }};
    add(first);
    add(second);
    add(third);
    chain_ = std::make_unique<Chain>(steps_);
    std::vector<std::string> told;
    EXPECT_FALSE(chain_->try_out(batch_, refused_, [&](const Chain::Said& said) {
        told.push_back(said.step.name + (said.answer.ok() ? " ok" : " failed"));
        EXPECT_EQ(batch_.float64(4, 0), 7.0) << "its changes are in the batch";
        EXPECT_EQ(said.report.misbehaviours(), said.answer.ok() ? 1U : 0U);
        EXPECT_GE(said.nanoseconds, 0);
    }));
    EXPECT_THAT(told, ElementsAre("step0 ok", "step1 failed"));
    EXPECT_FALSE(called);
    EXPECT_EQ(chain_->failed_step(), "step1");
    EXPECT_THAT(refused_, ElementsAre(0b010));
    EXPECT_THAT(flags, ElementsAre(INGEST_BATCH_TRIAL, INGEST_BATCH_TRIAL));
    for (const auto& counters : counters_) {
        EXPECT_EQ(counters->by_code()[0].rejections + counters->by_code()[0].warnings, 0U);
        EXPECT_EQ(counters->failures + counters->misbehaviours, 0U);
    }
    flags.clear();
    chain_->run(batch_, refused_, issues_);
    EXPECT_THAT(flags, ElementsAre(0U, 0U)) << "what comes then is none";
}

TEST_F(ChainTest, TheNextValidatorSeesChanges) {
    FakeValidator first{[](const ingest_batch&, ingest_report& report) {
        return report.set_utf8(report.ctx, 0, 1, text("PUMP-A1-001"));
    }};
    std::string seen;
    FakeValidator second{[&](const ingest_batch& batch, ingest_report&) {
        const auto* column = batch.data->children[1];
        const auto* offsets = static_cast<const std::int32_t*>(column->buffers[1]);
        seen.assign(static_cast<const char*>(column->buffers[2]),
                    static_cast<std::size_t>(offsets[1]));
        return INGEST_OK;
    }};
    add(first);
    add(second);
    EXPECT_TRUE(run());
    EXPECT_EQ(seen, "PUMP-A1-001");
    EXPECT_EQ(batch_.utf8(1, 1), "pump-a1-001");
}

TEST_F(ChainTest, AFailedReportCountsForNothing) {
    FakeValidator failing{[](const ingest_batch&, ingest_report& report) {
        report.issue(report.ctx, 0, 4, INGEST_REJECT_ROW, text("x"), text("y"));
        report.set_f64(report.ctx, 0, 4, 99.0);
        return INGEST_INTERNAL;
    }};
    add(failing, OnError::pass);
    EXPECT_TRUE(run());
    EXPECT_THAT(refused_, ElementsAre(0));
    EXPECT_THAT(issues_, IsEmpty());
    EXPECT_EQ(batch_.float64(4, 0), 0.0);
    EXPECT_EQ(counters_[0]->failures, 1U);
}

TEST_F(ChainTest, OnErrorRefuseEndsTheChain) {
    FakeValidator failing{[](const ingest_batch&, ingest_report&) { return 4711; }};
    bool called = false;
    FakeValidator next{[&](const ingest_batch&, ingest_report&) {
        called = true;
        return INGEST_OK;
    }};
    add(failing);
    add(next);
    EXPECT_FALSE(run());
    EXPECT_EQ(chain_->failed_step(), "step0");
    EXPECT_FALSE(called);
}

TEST_F(ChainTest, MisbehaviourIsCountedAndIgnored) {
    FakeValidator odd{[](const ingest_batch&, ingest_report& report) {
        report.issue(report.ctx, -1, 4, INGEST_REJECT_ROW, text("x"), text("y"));
        report.issue(report.ctx, 0, 99, INGEST_REJECT_ROW, text("x"), text("y"));
        return INGEST_OK;
    }};
    add(odd);
    EXPECT_TRUE(run());
    EXPECT_THAT(refused_, ElementsAre(0));
    EXPECT_EQ(counters_[0]->misbehaviours, 2U);
}

TEST_F(ChainTest, TheLogSaysWhatAMisbehaviourWasEachTimeTheirNumberHasDoubled) {
    FakeValidator odd{[](const ingest_batch&, ingest_report& report) {
        report.issue(report.ctx, -1, 4, INGEST_REJECT_ROW, text("x"), text("y"));
        return INGEST_OK;
    }};
    add(odd);
    ::testing::internal::CaptureStdout();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(run());
    const std::string log = ::testing::internal::GetCapturedStdout();
    const std::string line =
        "a validator does what its manifest or the ABI forbids validator=step0 plugin=? "
        "what=\"issue: row -1 of 3\" misbehaviours=";
    std::string counted;
    for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1))
        counted += log[at + line.size()];
    EXPECT_EQ(counted, "124");
}

}  // namespace
}  // namespace ingest::validate
