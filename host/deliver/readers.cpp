#include "deliver/readers.h"

#include "base/log.h"
#include "base/time_text.h"

namespace ingest::deliver {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Readers::Readers(const Options& options, const model::Schema& schema,
                 std::vector<std::unique_ptr<plugin::Query>> instances)
    : options_(options), schema_(schema), instances_(std::move(instances)) {
    for (const auto& instance : instances_)
        threads_.emplace_back([this, query = instance.get()] { run(*query); });
}

Readers::~Readers() { stop(); }

void Readers::latest(std::string equipment_id, std::uint32_t limit, Done done) {
    {
        const MutexLock lock(mutex_);
        if (!stopping_ && questions_.size() < options_.queue_max) {
            questions_.push_back(
                {std::move(equipment_id), limit, Clock::now() + options_.timeout, std::move(done)});
            changed_.notify_one();
            return;
        }
    }
    done(nullptr);
}

void Readers::run(plugin::Query& query) {
    for (;;) {
        Question question;
        {
            const MutexLock lock(mutex_);
            while (questions_.empty() && !stopping_) changed_.wait(mutex_);
            if (questions_.empty()) return;
            question = std::move(questions_.front());
            questions_.pop_front();
        }
        auto batch = std::make_unique<model::Batch>(schema_);
        plugin::Answer answer{INGEST_TIMEOUT, "waited too long for a free reader"};
        if (Clock::now() < question.deadline) {
            answer = query.latest(question.equipment_id, question.limit,
                                  monotonic_ns(question.deadline), *batch);
        }
        bool changed = false;
        {
            const MutexLock lock(mutex_);
            changed = failing_ == answer.ok();
            failing_ = !answer.ok();
        }
        if (changed && answer.ok()) log::info("deliver", "queries are answered again");
        if (changed && !answer.ok()) {
            log::warn("deliver", "queries cannot be answered", {{"reason", answer.message}});
        }
        question.done(answer.ok() ? std::move(batch) : nullptr);
    }
}

void Readers::stop() { end(false); }

void Readers::finish() { end(true); }

void Readers::end(bool answers_waiting) {
    std::deque<Question> left;
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        if (!answers_waiting) left.swap(questions_);
        changed_.notify_all();
    }
    for (Question& question : left) question.done(nullptr);
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

}  // namespace ingest::deliver
