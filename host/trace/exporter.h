#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "trace/otlp.h"

namespace ingest::trace {

// Sends spans to a collector by OTLP/HTTP in JSON, in a thread of its own that sleeps when there
// are none. Whoever offers spans never waits: what does not fit is dropped and counted, and so is
// what the collector does not take.
class Exporter {
public:
    struct Counts {
        std::uint64_t exported = 0;
        std::uint64_t dropped = 0;
    };
    static constexpr std::size_t waiting_max = 2048;
    static constexpr std::size_t batch_max = 512;

    // `endpoint`: an http or https URL, which is asked for nothing before the first span. Main
    // thread, before other threads use libcurl.
    Exporter(std::string endpoint, Resource resource);
    // Sends what waits, for a few seconds at most.
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    void offer(Span span);          // any thread
    Counts counts() const noexcept;  // any thread

private:
    void run();
    std::vector<Span> next_batch();
    std::string send(const std::string& body);
    void tell(const std::string& failure, std::size_t spans);

    const std::string endpoint_;
    const Resource resource_;
    void* curl_ = nullptr;  // of libcurl; the thread's
    bool failing_ = false;  // the thread's
    std::atomic<std::uint64_t> exported_{0};
    std::atomic<std::uint64_t> dropped_{0};
    Mutex mutex_;
    Condition changed_;
    std::vector<Span> waiting_ INGEST_GUARDED_BY(mutex_);
    bool stopping_ INGEST_GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last: runs on all of the above
};

}  // namespace ingest::trace
