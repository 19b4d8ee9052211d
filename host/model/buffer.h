#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace ingest::model {

// Growing bytes, aligned to 64 and padded with zeros to a multiple of 64, as the batch profile of
// the plugin ABI asks. All bytes past size() up to the capacity are zero. Belongs to one column.
class Buffer {
public:
    static constexpr std::size_t alignment = 64;

    Buffer() = default;
    Buffer(Buffer&& other) noexcept
        : bytes_(std::exchange(other.bytes_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)),
          lent_(other.lent_) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        std::swap(lent_, other.lent_);
        return *this;
    }
    ~Buffer() { release(); }

    static constexpr std::size_t padded(std::size_t size) noexcept {
        return (size + alignment - 1) / alignment * alignment;
    }
    // Memory for a start, which outlives this buffer: aligned, zero, a padded size. REQUIRES: an
    // empty buffer without memory of its own.
    void lend(std::byte* bytes, std::size_t capacity) noexcept {
        bytes_ = bytes;
        capacity_ = capacity;
        lent_ = true;
    }

    bool lent() const noexcept { return lent_; }

    std::byte* data() noexcept { return bytes_; }
    const std::byte* data() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }

    template <class T>
    T* as() noexcept {
        return reinterpret_cast<T*>(bytes_);
    }
    template <class T>
    const T* as() const noexcept {
        return reinterpret_cast<const T*>(bytes_);
    }

    // Grows with zeros, or shrinks and zeroes what is cut off.
    void resize(std::size_t size) {
        if (size > capacity_) grow(size);
        if (size < size_) std::memset(bytes_ + size, 0, size_ - size);
        size_ = size;
    }
    void append(const void* bytes, std::size_t size) {
        if (size == 0) return;
        if (size_ + size > capacity_) grow(size_ + size);
        std::memcpy(bytes_ + size_, bytes, size);
        size_ += size;
    }
    void reserve(std::size_t size) {
        if (size > capacity_) grow(size);
    }

private:
    void release() noexcept {
        if (!lent_) ::operator delete(bytes_, std::align_val_t{alignment});
    }
    void grow(std::size_t wanted) {
        const std::size_t capacity = padded(capacity_ * 2 > wanted ? capacity_ * 2 : wanted);
        auto* bytes =
            static_cast<std::byte*>(::operator new(capacity, std::align_val_t{alignment}));
        if (size_ > 0) std::memcpy(bytes, bytes_, size_);
        std::memset(bytes + size_, 0, capacity - size_);
        release();
        bytes_ = bytes;
        capacity_ = capacity;
        lent_ = false;
    }

    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    bool lent_ = false;
};

}  // namespace ingest::model
