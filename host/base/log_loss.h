#pragma once

#include <cstdint>

namespace ingest::log {

// Lines that stdout did not take: its disk is full, or nobody reads it any more. Any thread.
std::uint64_t lines_lost() noexcept;

}  // namespace ingest::log
