#include "base/time_text.h"
#include "ingest/intake.h"
#include "model/cell_json.h"

namespace ingest::intake {
namespace {

using Cells = std::vector<std::string>;

// The first row's cells as JSON.
Cells cells_of(const model::Batch& batch) {
    Cells cells(batch.schema().size());
    for (std::size_t column = 0; column < cells.size(); ++column) {
        model::append_cell_json(cells[column], batch, column, 0);
    }
    return cells;
}

// What a validator said, with the changes from `before`, which becomes what the cells are now.
void fill(Explanation::Step& step, const validate::Chain::Said& said, const model::Batch& batch,
          Cells& before) {
    using Verdict = Explanation::Verdict;
    step.nanoseconds = said.nanoseconds;
    step.misbehaviours = said.report.misbehaviours();
    step.reason = said.report.first_misbehaviour();
    if (!said.answer.ok()) {
        step.verdict = Verdict::failed;
        step.reason = said.answer.message;
        return;
    }
    step.verdict = Verdict::passed;
    for (const plugin::Report::Issue& issue : said.report.issues()) {
        const std::string field =
            issue.column < 0 ? "" : batch.schema()[static_cast<std::size_t>(issue.column)].name;
        step.issues.push_back({{0, field, issue.code, issue.message}, issue.reject});
        if (issue.reject) step.verdict = Verdict::rejected;
        else if (step.verdict == Verdict::passed) step.verdict = Verdict::warned;
    }
    Cells now = cells_of(batch);
    for (std::size_t column = 0; column < now.size(); ++column) {
        if (now[column] == before[column]) continue;
        step.changes.push_back(
            {batch.schema()[column].name, std::move(before[column]), now[column]});
    }
    before = std::move(now);
}

}  // namespace

Explanation Intake::explain(const Request& request) {
    const decode::Context context{request.received_at_us, request.idempotency_key, ids_};
    Explanation explanation;
    const std::int64_t begun = monotonic_ns();
    decoder_.single(request.body, context, batch_, decoded_);
    explanation.decode_nanoseconds = monotonic_ns() - begun;
    if (decoded_.malformed) {
        explanation.detail = decoded_.detail;
        return explanation;
    }
    explanation.findings = std::move(decoded_.findings);
    if (refuse_foreign(request.grant, explanation.findings)) {
        explanation = {};
        explanation.foreign = true;
        return explanation;
    }
    for (const validate::Step& step : chain_.steps()) {
        Explanation::Step& part = explanation.steps.emplace_back();
        part.name = step.name;
        part.plugin = step.instance->callee().plugin;
        part.passes_on_error = step.on_error == validate::OnError::pass;
    }
    explanation.kind = Outcome::Kind::refused;
    if (batch_.empty()) return explanation;

    Cells cells = cells_of(batch_);
    std::size_t asked = 0;
    const std::span<std::uint8_t> refused(decoded_.refused.as<std::uint8_t>(),
                                          model::bitmap_bytes(batch_.rows()));
    const bool sound =
        chain_.try_out(batch_, refused, [&](const validate::Chain::Said& said) {
            fill(explanation.steps[asked++], said, batch_, cells);
        });
    if (!sound) {
        explanation.kind = Outcome::Kind::failed;
        explanation.detail = failure_detail();
    } else if (refuse_foreign(request.grant, explanation.findings)) {
        explanation = {};
        explanation.foreign = true;
    } else if (!is_refused(0)) {
        explanation.kind = Outcome::Kind::accepted;
        explanation.ack = acks_ != nullptr && acks_->would_wait() ? Ack::stored : Ack::spooled;
        explanation.reading.emplace(schema_).append(batch_);
    }
    return explanation;
}

}  // namespace ingest::intake
