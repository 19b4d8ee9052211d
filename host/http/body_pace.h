#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace ingest::http {

// Whether a body comes fast enough. What has come pays for the time to come, and never for more
// than the window: a client that sends nearly all at once and then stalls is found out as soon as
// one that has sent nothing.
class BodyPace {
public:
    using Clock = std::chrono::steady_clock;
    struct Options {
        std::size_t bytes_per_second = 0;  // 0: any pace
        Clock::duration window{};          // also what a body has to begin
    };

    void begin(const Options& options, Clock::time_point now) noexcept {
        options_ = options;
        seen_ = 0;
        paid_until_ = now + options.window;
    }

    // `received`: bytes since begin().
    bool is_too_slow(std::size_t received, Clock::time_point now) noexcept {
        if (options_.bytes_per_second == 0) return false;
        const double paid = static_cast<double>(received - seen_) /
                            static_cast<double>(options_.bytes_per_second);
        const double window = std::chrono::duration<double>(options_.window).count();
        seen_ = received;
        paid_until_ += std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(std::min(paid, window)));
        paid_until_ = std::min(paid_until_, now + options_.window);
        return now > paid_until_;
    }

private:
    Options options_;
    std::size_t seen_ = 0;
    Clock::time_point paid_until_;
};

}  // namespace ingest::http
