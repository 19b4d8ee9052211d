#include "conformance/fenced_memory.h"

#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "conformance/fault_report.h"
#include "model/buffer.h"

namespace ingest::conformance {
namespace {

std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

std::size_t whole_pages(std::size_t size) noexcept {
    return (size + page_size() - 1) / page_size() * page_size();
}

// Pages for `size` bytes that can be written to, between guards, made known under `name`, which
// lives until the process ends. The region is [begin + offset, begin + offset + room).
std::byte* map_between_guards(std::size_t pages, std::size_t offset, std::size_t room,
                              const char* name) {
    const std::size_t guard = page_size();
    void* memory = ::mmap(nullptr, pages + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                          0);
    check(memory != MAP_FAILED, "there is memory left for fences");
    auto* begin = static_cast<std::byte*>(memory) + guard;
    check(::mprotect(begin, pages, PROT_READ | PROT_WRITE) == 0, "fenced pages can be opened");
    const auto at = reinterpret_cast<std::uintptr_t>(begin);
    know_region({at - guard, at + offset, at + offset + room, at + pages + guard, name});
    return begin;
}

// Names are looked at by a handler of signals, at any time.
const char* kept_for_ever(std::string name) { return (new std::string(std::move(name)))->c_str(); }

}  // namespace

void* FencedMemory::keep(const void* bytes, std::size_t size, Placed placed, std::string name) {
    const std::size_t room = std::max(model::Buffer::padded(size), model::Buffer::alignment);
    return keep_in_pages(bytes, size, room, placed, std::move(name));
}

void* FencedMemory::keep_exactly(const void* bytes, std::size_t size, std::string name) {
    return keep_in_pages(bytes, size, size, Placed::at_end, std::move(name));
}

void* FencedMemory::keep_in_pages(const void* bytes, std::size_t size, std::size_t room,
                                  Placed placed, std::string name) {
    const std::size_t pages = std::max(whole_pages(room), page_size());
    const std::size_t offset = placed == Placed::at_end ? pages - room : 0;
    std::byte* begin = map_between_guards(pages, offset, room, kept_for_ever(std::move(name)));
    if (size > 0) std::memcpy(begin + offset, bytes, size);
    check(::mprotect(begin, pages, PROT_READ) == 0, "fenced pages can be closed");
    kept_.push_back({begin, pages});
    return begin + offset;
}

void FencedMemory::take_back() noexcept {
    for (const Pages& pages : kept_) ::mprotect(pages.begin, pages.size, PROT_NONE);
    kept_.clear();
}

void* fenced_room(std::size_t size, const char* name) {
    const std::size_t pages = whole_pages(size);
    return map_between_guards(pages, pages - size, size, name) + (pages - size);
}

}  // namespace ingest::conformance
