#include "base/out_of_memory.h"

#include <atomic>
#include <cstdlib>

namespace ingest {
namespace {

constinit std::atomic<bool> out_of_memory{false};

}  // namespace

void end_out_of_memory() noexcept {
    out_of_memory = true;
    std::abort();
}

bool is_out_of_memory() noexcept { return out_of_memory; }

}  // namespace ingest
