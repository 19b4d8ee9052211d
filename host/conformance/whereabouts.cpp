#include "conformance/whereabouts.h"

#include <algorithm>
#include <cstring>

#include <sys/mman.h>

#include "base/check.h"

namespace ingest::conformance {
namespace {

Whereabouts* shared = nullptr;

template <std::size_t size>
void put(char (&to)[size], std::size_t at, std::string_view text) noexcept {
    const std::size_t room = size - 1 - std::min(at, size - 1);
    const std::size_t taken = std::min(text.size(), room);
    std::memcpy(to + std::min(at, size - 1), text.data(), taken);
    to[std::min(at, size - 1) + taken] = '\0';
}

}  // namespace

Whereabouts& share_whereabouts() {
    if (shared == nullptr) {
        void* memory = ::mmap(nullptr, sizeof(Whereabouts), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "there is a page of memory left");
        shared = static_cast<Whereabouts*>(memory);
    }
    *shared = {};
    return *shared;
}

void now_doing(std::string_view what) noexcept {
    if (shared != nullptr) put(shared->doing, 0, what);
}

void set_fault(const char* what, const char* which) noexcept {
    if (shared == nullptr) return;
    put(shared->fault, 0, what);
    put(shared->fault, std::strlen(shared->fault), which);
}

}  // namespace ingest::conformance
