#include "http/explain_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ingest::http {
namespace {

using intake::Explanation;
using intake::Outcome;
using nlohmann::json;
using Verdict = Explanation::Verdict;

struct Answer {
    unsigned status;
    json body;
};

Answer answer(const Explanation& explanation, Sight sight = Sight::local) {
    std::string text;
    const unsigned status = append_explanation(text, explanation, sight, {"request-1", 0});
    return {status, json::parse(text)};
}

Explanation::Step step(const std::string& name, Verdict verdict) {
    Explanation::Step made;
    made.name = made.plugin = name;
    made.verdict = verdict;
    return made;
}

TEST(ExplainAnswer, OfAnAcceptedReading) {
    const model::Schema schema({{"temperature", model::ColumnType::float64, true}});
    Explanation explanation;
    explanation.kind = Outcome::Kind::accepted;
    explanation.ack = intake::Ack::stored;
    explanation.decode_nanoseconds = 5;
    explanation.steps.push_back({.name = "ids",
                                 .plugin = "equipment-id",
                                 .verdict = Verdict::warned,
                                 .issues = {{{0, "", "odd", "is odd"}, false}},
                                 .changes = {{"equipment_id", "\"p-1\"", "\"P-1\""}},
                                 .nanoseconds = 7,
                                 .misbehaviours = 1,
                                 .reason = "issue: row 7 of 1"});
    model::Batch& reading = explanation.reading.emplace(schema);
    reading.add_row();
    reading.set_uuid(model::column_reading_id, Uuid{});
    reading.set_utf8(model::column_equipment_id, "P-1");
    reading.set_float64(model::column_first_field, 21.5);
    reading.set_int64(model::column_timestamp, 0);
    reading.set_int64(model::column_received_at, 1);
    const Answer got = answer(explanation);
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.body, json::parse(R"({
        "outcome": "accepted", "status_code": 201, "detail": null,
        "decode": {"nanoseconds": 5, "findings": []},
        "validators": [{"name": "ids", "plugin": "equipment-id", "verdict": "warned",
            "on_error": "refuse",
            "issues": [{"severity": "warn", "message": "is odd", "field": null, "code": "odd"}],
            "changes": [{"field": "equipment_id", "before": "p-1", "after": "P-1"}],
            "nanoseconds": 7, "misbehaviours": 1, "reason": "issue: row 7 of 1"}],
        "reading": {"reading_id": "00000000-0000-0000-0000-000000000000", "equipment_id": "P-1",
            "temperature": 21.5, "timestamp": "1970-01-01T00:00:00Z",
            "created_at": "1970-01-01T00:00:00.000001Z"}})"));
    explanation.ack = intake::Ack::spooled;
    EXPECT_EQ(answer(explanation).body["status_code"], 202);
}

TEST(ExplainAnswer, OfOthers) {
    Explanation explanation;
    explanation.kind = Outcome::Kind::refused;
    explanation.findings = {{0, "pressure", "missing", "is missing"}};
    explanation.steps = {step("a", Verdict::rejected), step("b", Verdict::failed),
                         step("c", Verdict::not_asked)};
    explanation.steps[0].issues = {{{0, "x", "bad", "is bad"}, true}};
    explanation.steps[1].passes_on_error = true;
    const json refused = answer(explanation).body;
    EXPECT_EQ(refused["outcome"], "refused");
    EXPECT_EQ(refused["status_code"], 422);
    EXPECT_EQ(refused["decode"]["findings"][0]["code"], "missing");
    EXPECT_EQ(refused["validators"][0]["issues"][0]["severity"], "reject");
    EXPECT_EQ(refused["validators"][1]["verdict"], "failed");
    EXPECT_EQ(refused["validators"][1]["on_error"], "pass");
    EXPECT_EQ(refused["validators"][2]["verdict"], "not_asked");
    EXPECT_TRUE(refused["reading"].is_null());
    explanation.kind = Outcome::Kind::failed;
    explanation.detail = "the check 'b' failed";
    EXPECT_EQ(answer(explanation).body["status_code"], 503);
    EXPECT_EQ(answer(explanation).body["detail"], "the check 'b' failed");
}

TEST(ExplainAnswer, OfWhatIsMalformedIsAnError) {
    Explanation explanation;
    explanation.detail = "line 1, column 2: not JSON";
    const Answer got = answer(explanation);
    EXPECT_EQ(got.status, 400U);
    EXPECT_EQ(got.body["status_code"], 400);
    EXPECT_EQ(got.body["detail"], explanation.detail);
}

TEST(ExplainAnswer, APluginsWordsAreForThisMachineOnly) {
    Explanation explanation;
    explanation.kind = Outcome::Kind::failed;
    explanation.steps = {step("a", Verdict::failed)};
    explanation.steps[0].reason = "threw 42";
    EXPECT_EQ(answer(explanation).body["validators"][0]["reason"], "threw 42");
    EXPECT_TRUE(answer(explanation, Sight::remote).body["validators"][0]["reason"].is_null());
}

}  // namespace
}  // namespace ingest::http
