#pragma once

#include <cstddef>
#include <functional>

namespace ingest::conformance {

// Runs `work` on a thread of its own with a stack of this size, and waits for its end.
void on_thread(std::size_t stack_bytes, const std::function<void()>& work);

}  // namespace ingest::conformance
