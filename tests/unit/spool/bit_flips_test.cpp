// Bit rot: each bit of a segment is flipped, one at a time. What is read is right, and what cannot
// be read is counted and kept; all the rest is read.

#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "spool/record.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

constexpr std::uint64_t rows = 20;  // of a record

// Each damage has its lines in the log, of which there would be gigabytes. What fails is told when
// it is over, as gtest says that on stdout too.
class Silence {
public:
    Silence() : out_(::dup(STDOUT_FILENO)) {
        const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        std::cout.flush();
        ::dup2(nowhere, STDOUT_FILENO);
        ::close(nowhere);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        std::cout.flush();
        ::dup2(out_, STDOUT_FILENO);
        ::close(out_);
    }

private:
    const int out_;
};

// What was read of [from, to).
struct Seen {
    std::set<std::uint64_t> records;  // by their number: each has 20 readings
    std::uint64_t lost = 0;
    std::string fault;
};

class BitFlips : public LogTest {
protected:
    // The first segment is full, of `bytes`; in the second is one record, so that all in the first
    // is known to have been durable.
    void make(std::uint64_t bytes) {
        options_.segment_bytes = bytes;
        options_.size_max = 100 * bytes;
        ASSERT_TRUE(open());
        fill(2);
        for (std::uint64_t first = 0; first < log_->end(); first += rows) {
            expected_.push_back(readings(first, rows));
        }
        const auto content = files_.contents(segment(0));
        bytes_ = content.size();
        std::uint64_t at = record_offset(content, 0);
        offsets_.push_back(at);
        while (at + record_header_bytes <= bytes_ &&
               std::memcmp(content.data() + at, content.data() + offsets_[0], 4) == 0) {
            std::uint32_t length = 0;
            std::memcpy(&length, content.data() + at + 12, sizeof length);
            at += record_header_bytes + length;
            offsets_.push_back(at);
        }
        ASSERT_EQ(offsets_.size(), expected_.size()) << "all but the last are in the first segment";
    }

    // The number of the record that has this byte; nothing for the head and what is behind the end.
    std::optional<std::uint64_t> record_with(std::uint64_t byte) const {
        const auto after = std::ranges::upper_bound(offsets_, byte);
        if (after == offsets_.begin() || after == offsets_.end()) return std::nullopt;
        return static_cast<std::uint64_t>(after - offsets_.begin()) - 1;
    }

    Seen read(std::uint64_t from, std::uint64_t to) {
        Seen seen;
        while (from < to && seen.fault.empty()) {
            const auto run = log_->read(from, static_cast<std::int64_t>(to - from));
            if (!run || run->end <= from) {
                seen.fault = run ? "it does not go on" : run.error().message;
                break;
            }
            for (const Record& record : run->records) {
                const std::uint64_t number = record.first / rows;
                if (record.first % rows != 0 || number >= expected_.size() ||
                    !(*record.batch == expected_[number])) {
                    seen.fault = "a reading is not what was written";
                } else if (!seen.records.insert(number).second) {
                    seen.fault = "a record comes twice";
                }
            }
            seen.lost += run->lost;
            from = run->end;
        }
        return seen;
    }

    // Empty when exactly `missing` is not in what was read of records [first, end).
    static std::string compare(const Seen& seen, std::uint64_t first, std::uint64_t end,
                               std::optional<std::uint64_t> missing) {
        if (!seen.fault.empty()) return seen.fault;
        for (std::uint64_t number = first; number < end; ++number) {
            if (seen.records.contains(number) == (number == missing)) {
                return "record " + std::to_string(number) +
                       (number == missing ? " was read" : " was not read");
            }
        }
        const std::uint64_t lost = missing ? rows : 0;
        return seen.lost == lost ? "" : std::to_string(seen.lost) + " are said to be lost";
    }

    std::uint64_t records() const { return offsets_.size() - 1; }  // of the first segment

    std::vector<model::Batch> expected_;   // by the number of the record
    std::vector<std::uint64_t> offsets_;  // of the first segment's records, and their end
    std::uint64_t bytes_ = 0;             // of the first segment's file
};

// A segment of so many bytes instead of the smallest, and no bit left out.
const char* asked_bytes() { return std::getenv("INGEST_FLIP_BYTES"); }

// Of a host that is started on what is left: one bit of each byte, or all if a size is asked for.
TEST_F(BitFlips, EachBitAndThenARestart) {
    ASSERT_NO_FATAL_FAILURE(make(16U << 10));
    files_.restart();
    const std::uint64_t end = log_->end();
    log_ = nullptr;
    std::ostringstream faults;
    std::uint64_t harmless = 0;
    const std::uint64_t step = asked_bytes() == nullptr ? 9 : 1;  // another bit of each byte
    {
        const Silence silence;
        for (std::uint64_t bit = 0; bit < bytes_ * 8 && faults.tellp() < 1000; bit += step) {
            files_.flip_bit(segment(0), bit);
            const auto files = files_.clone(1);
            files_.flip_bit(segment(0), bit);
            auto opened = Log::open(options_, test_schema(), *files);
            if (!opened) {
                faults << "bit " << bit << ": " << opened.error().message << '\n';
                continue;
            }
            log_ = std::move(*opened);
            const Seen seen = read(0, log_->end());
            const Counters counters = log_->counters();
            const bool in_head = bit / 8 < offsets_[0];
            const auto missing = record_with(bit / 8);
            std::string fault = log_->end() == end ? seen.fault : "the end is another";
            if (fault.empty() && in_head) {
                // Without its head nothing in a segment can be told: the file is kept as it is.
                if (seen.lost != records() * rows || seen.records != std::set{records()}) {
                    fault = "the segment is not given up as a whole, and counted";
                }
            } else if (fault.empty()) {
                fault = compare(seen, 0, records() + 1, missing);
            }
            const bool damaged = in_head || missing;
            harmless += damaged ? 0 : 1;
            if (fault.empty() && (counters.quarantined_ranges == 1) != damaged) {
                fault = std::to_string(counters.quarantined_ranges) + " ranges in quarantine";
            }
            if (fault.empty() && counters.torn_tail_bytes != 0) fault = "it is taken for torn";
            if (!fault.empty()) faults << "bit " << bit << ": " << fault << '\n';
            log_ = nullptr;
        }
    }
    EXPECT_EQ(faults.str(), "");
    EXPECT_GE(harmless, (bytes_ - offsets_.back()) * 8 / step) << "those behind the last record";
    std::cout << bytes_ * 8 / step << " bits of " << bytes_ << " bytes, " << records()
              << " records\n";
}

// Of a host that runs, in its back: each bit behind the head, which is not read again.
TEST_F(BitFlips, EachBitUnderAReader) {
    const char* bytes = asked_bytes();
    ASSERT_NO_FATAL_FAILURE(
        make(bytes == nullptr ? 16U << 10 : std::strtoull(bytes, nullptr, 10)));
    ASSERT_EQ(read(0, log_->end()).lost, 0U) << "and the log knows where to find each";
    std::ostringstream faults;
    std::uint64_t bits = 0;
    {
        const Silence silence;
        for (std::uint64_t bit = offsets_[0] * 8; bit < bytes_ * 8 && faults.tellp() < 1000;
             ++bit, ++bits) {
            const auto missing = record_with(bit / 8);
            const std::uint64_t hit = missing.value_or(records());
            const std::uint64_t first = hit - std::min<std::uint64_t>(hit, 1);
            const std::uint64_t last = std::min(hit + 2, records() + 1);
            files_.flip_bit(segment(0), bit);
            const std::string fault =
                compare(read(first * rows, last * rows), first, last, missing);
            files_.flip_bit(segment(0), bit);
            if (!fault.empty()) faults << "bit " << bit << ": " << fault << '\n';
        }
    }
    EXPECT_EQ(faults.str(), "");
    const Counters counters = log_->counters();
    EXPECT_EQ(counters.quarantined_ranges, records()) << "each was damaged";
    EXPECT_EQ(counters.lost_readings, records() * rows);
    std::cout << bits << " bits of " << bytes_ << " bytes, " << records() << " records\n";
}

}  // namespace
}  // namespace ingest::spool
