#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "model/batch.h"
#include "plugin/query.h"

namespace ingest::deliver {

// Threads that answer questions about stored readings through query instances, one each. Asking
// never blocks; the answer comes on a reader's thread.
class Readers {
public:
    struct Options {
        std::chrono::milliseconds timeout{5000};
        std::size_t queue_max = 256;  // questions that wait; more are answered with an error
    };
    // `batch` is null when the store could not answer.
    using Done = std::function<void(std::unique_ptr<model::Batch> batch)>;

    Readers(const Options& options, const model::Schema& schema,
            std::vector<std::unique_ptr<plugin::Query>> instances);
    ~Readers();
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

    // Any thread. `done` is called exactly once, maybe at once.
    void latest(std::string equipment_id, std::uint32_t limit, Done done);

    // Answers what waits with an error and ends the threads; questions being answered finish.
    void stop();
    // Answers what waits, as far as its time goes, and ends the threads; later questions are
    // answered with an error.
    void finish();

private:
    struct Question {
        std::string equipment_id;
        std::uint32_t limit;
        std::chrono::steady_clock::time_point deadline;
        Done done;
    };
    void run(plugin::Query& query);
    void end(bool answers_waiting);

    const Options options_;
    const model::Schema& schema_;
    std::vector<std::unique_ptr<plugin::Query>> instances_;
    Mutex mutex_;
    Condition changed_;
    std::deque<Question> questions_ INGEST_GUARDED_BY(mutex_);
    bool stopping_ INGEST_GUARDED_BY(mutex_) = false;
    bool failing_ INGEST_GUARDED_BY(mutex_) = false;  // the last answer was an error
    std::vector<std::thread> threads_;
};

}  // namespace ingest::deliver
