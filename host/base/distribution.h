#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/count.h"

namespace ingest {

// Upper bounds of buckets, for durations in microseconds.
inline constexpr std::array<std::uint64_t, 10> duration_bounds_us{
    500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 250'000, 1'000'000, 5'000'000};

// How many values fell into which bucket. A plain value: whoever shares one locks.
class Distribution {
public:
    static constexpr std::size_t bounds_max = 12;

    // `bounds` rise, are at most bounds_max and outlive this; a value may equal its bound.
    Distribution() noexcept : Distribution(duration_bounds_us) {}
    explicit Distribution(std::span<const std::uint64_t> bounds) noexcept
        : bounds_(bounds) {}

    void count(std::uint64_t value) noexcept {
        counts_[bucket_of(value)] += 1;
        sum_ += value;
    }
    // REQUIRES: the same bounds.
    void add(const Distribution& more) noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
        sum_ += more.sum_;
    }
    void add(std::size_t bucket, std::uint64_t count) noexcept { counts_[bucket] += count; }
    void add_to_sum(std::uint64_t more) noexcept { sum_ += more; }

    std::size_t bucket_of(std::uint64_t value) const noexcept {
        return static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) -
                                        bounds_.begin());
    }
    std::span<const std::uint64_t> bounds() const noexcept { return bounds_; }
    // Of one bucket alone; the one behind the last bound has what is above it.
    std::uint64_t in_bucket(std::size_t bucket) const noexcept { return counts_[bucket]; }
    std::uint64_t sum() const noexcept { return sum_; }  // of the values

private:
    std::span<const std::uint64_t> bounds_;
    std::array<std::uint64_t, bounds_max + 1> counts_{};
    std::uint64_t sum_ = 0;
};

// Durations that one thread counts while others look.
class DurationCounts {
public:
    void count(std::uint64_t microseconds) noexcept {
        const auto bound = std::ranges::lower_bound(duration_bounds_us, microseconds);
        counts_[static_cast<std::size_t>(bound - duration_bounds_us.begin())].add();
        sum_.add(microseconds);
    }
    void add_to(Distribution& distribution) const noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i) distribution.add(i, counts_[i].value());
        distribution.add_to_sum(sum_.value());
    }

private:
    std::array<Count, duration_bounds_us.size() + 1> counts_;
    Count sum_;
};

}  // namespace ingest
