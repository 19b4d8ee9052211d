#pragma once

#include <atomic>
#include <cstdint>

#include "base/count.h"
#include "base/time_text.h"
#include "observe/metrics.h"

namespace ingest::app {

// What came of reloads. Counted on the main thread; any may look.
class ReloadCounts {
public:
    // `status`: as Reloaded has it.
    void count(int status) noexcept {
        (status == 0 ? done_ : status == 2 ? refused_ : failed_).add();
        last_succeeded_ = status == 0;
        if (status == 0) configuration_at_us_ = now_us();
    }
    observe::Reloads told() const noexcept {
        return {.done = done_.value(),
                .failed = failed_.value(),
                .refused = refused_.value(),
                .last_succeeded = last_succeeded_,
                .configuration_at_us = configuration_at_us_};
    }

private:
    Count done_;
    Count failed_;
    Count refused_;
    std::atomic<bool> last_succeeded_{true};
    std::atomic<std::int64_t> configuration_at_us_{now_us()};
};

}  // namespace ingest::app
