#include "allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> calls = 0;

void* counted(void* bytes) noexcept {
    calls.fetch_add(1, std::memory_order_relaxed);
    return bytes;
}

void* plain(std::size_t size) noexcept { return counted(std::malloc(size == 0 ? 1 : size)); }

void* aligned(std::size_t size, std::align_val_t alignment) noexcept {
    const auto unit = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}

void* present(void* bytes) {
    if (bytes == nullptr) throw std::bad_alloc();
    return bytes;
}

}  // namespace

// The standard library's forms for arrays end in these.
void* operator new(std::size_t size) { return present(plain(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return plain(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return present(aligned(size, alignment));
}
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::align_val_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept { std::free(bytes); }

namespace ingest::bench {

std::uint64_t allocations() noexcept { return calls.load(std::memory_order_relaxed); }

}  // namespace ingest::bench
