#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/front.h"

namespace ingest::http {

// The bytes of one request's body with the room behind them that intake::Request asks for. Memory
// is not zeroed first: a body of 1 MiB costs what is received of it.
class Body {
public:
    static constexpr std::size_t capacity_min = 4 * 1024;

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }
    std::string_view view() const noexcept { return {bytes_.get(), size_}; }

    // Room for `size` bytes in all.
    void reserve(std::size_t size) {
        if (size <= capacity_ && bytes_) return;
        size = std::max(size, capacity_min);
        auto grown = std::make_unique_for_overwrite<char[]>(size + intake::body_padding);
        if (size_ != 0) std::memcpy(grown.get(), bytes_.get(), size_);
        bytes_ = std::move(grown);
        capacity_ = size;
    }
    // REQUIRES: the room is reserved.
    char* free() noexcept { return bytes_.get() + size_; }
    void grow(std::size_t count) noexcept { size_ += count; }
    void append(std::string_view bytes) noexcept {
        std::memcpy(free(), bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    // Defines the padding; call when the body is complete.
    void pad() noexcept { std::memset(free(), 0, intake::body_padding); }
    void clear() noexcept { size_ = 0; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

// Bodies of a core that are not in use. A session has one only while it receives a body, so idle
// connections cost no body memory.
class BodyPool {
public:
    static constexpr std::size_t bytes_max = 4 * 1024 * 1024;
    // Of one body. A larger one goes back to the allocator: the next request, which may announce
    // much and send little, would have it whole, and hold less than that of the budgets.
    static constexpr std::size_t body_bytes_max = Body::capacity_min;

    // So that give() never allocates.
    BodyPool() { spare_.reserve(bytes_max / Body::capacity_min); }

    Body take() {
        if (spare_.empty()) return {};
        Body body = std::move(spare_.back());
        spare_.pop_back();
        bytes_ -= body.capacity();
        return body;
    }
    void give(Body&& body) noexcept {
        if (body.capacity() == 0 || body.capacity() > body_bytes_max) return;
        if (bytes_ + body.capacity() > bytes_max) return;
        body.clear();
        bytes_ += body.capacity();
        spare_.push_back(std::move(body));
    }

private:
    std::vector<Body> spare_;
    std::size_t bytes_ = 0;
};

}  // namespace ingest::http
