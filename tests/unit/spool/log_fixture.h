#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spool/log.h"
#include "support/fake_file.h"
#include "unit/spool/readings.h"

namespace ingest::spool {

// Where the n-th record of a segment begins.
inline std::uint64_t record_offset(const std::vector<std::byte>& content, std::size_t n) {
    const std::byte magic[] = {std::byte{'I'}, std::byte{'C'}, std::byte{'R'}, std::byte{'D'}};
    auto at = content.begin();
    for (std::size_t i = 0;; ++i) {
        at = std::search(at, content.end(), std::begin(magic), std::end(magic));
        if (i == n || at == content.end()) return static_cast<std::uint64_t>(at - content.begin());
        ++at;
    }
}

// A log with small segments on the fake file system, driven step by step without a committer.
class LogTest : public testing::Test {
protected:
    explicit LogTest(std::uint64_t seed = 1) : files_(seed) {
        options_.dir = "/data/spool";
        options_.segment_bytes = 16U << 10;
        options_.size_max = 100 * options_.segment_bytes;
        options_.memory_tail_bytes_max = 0;  // reads come from the disk
        options_.record_rows_max = 20;
        options_.cursor_sync_interval = std::chrono::milliseconds(0);
        options_.space_retry_interval = std::chrono::milliseconds(0);
    }

    Result<void> open() {
        log_ = nullptr;
        auto opened = Log::open(options_, test_schema(), files_);
        if (!opened) return opened.error();
        log_ = std::move(*opened);
        auto cursor = log_->open_cursor("sink");
        if (!cursor) return cursor.error();
        cursor_ = cursor->id;
        position_ = cursor->position;
        return {};
    }

    // One group of one submission.
    Result<Range> commit(std::uint64_t first_id, std::uint64_t count) {
        Result<Range> answer = Error{"never called"};
        std::vector<Submission> group;
        group.push_back({readings(first_id, count), [&](Result<Range> range) { answer = range; }});
        log_->commit(group);
        return answer;
    }

    // Commits groups of 20 with ids that equal the positions, until there are `segments`.
    void fill(std::uint64_t segments) {
        while (log_->counters().segments < segments) {
            const auto range = commit(log_->end(), 20);
            ASSERT_TRUE(range) << range.error().message;
        }
    }

    std::map<std::uint64_t, std::uint64_t> read_all(std::uint64_t from) {
        std::map<std::uint64_t, std::uint64_t> got;
        lost_ = 0;
        const std::uint64_t asked = from;
        while (from < log_->end()) {
            const auto run = log_->read(from, 100);
            EXPECT_TRUE(run) << run.error().message;
            if (!run) break;
            collect(*run, got);
            lost_ += run->lost;
            EXPECT_GT(run->end, from);
            if (run->end <= from) break;
            from = run->end;
        }
        // The ledger's count of them, which reads nothing.
        const auto seen = std::distance(got.lower_bound(asked), got.end());
        if (from >= log_->end()) {
            EXPECT_EQ(log_->tally(asked).beyond, static_cast<std::uint64_t>(seen) + lost_);
        }
        return got;
    }

    void tidy() { log_->tidy(std::chrono::steady_clock::now(), true); }

    std::filesystem::path segment(std::uint64_t first) const {
        return options_.dir / segment_name(first);
    }

    test::FakeFiles files_;
    Options options_;
    std::unique_ptr<Log> log_;
    CursorId cursor_{};
    std::uint64_t position_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace ingest::spool
