#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "plugin/call_mark.h"

// Where the marks of all threads are found, and how the one who looks at them sleeps. One for the
// process, because a mark is made wherever a plugin is called.
namespace ingest::plugin {

// Makes the calling thread's slot known until the thread ends, and gives the thread a stack of its
// own for signals if it has none: a plugin may have used up the usual one.
void enter_thread(CallSlot& slot) noexcept;

// A call that was under way when it was looked at.
struct MarkedCall {
    std::uint64_t number = 0;  // no other call has it
    const Callee* callee = nullptr;
    const char* function = nullptr;
    std::int64_t deadline_ns = 0;
};
struct Marks {
    std::vector<MarkedCall> calls;
    // Another one than at the last look: there were calls in between.
    std::uint64_t sum = 0;
};
// Any thread.
Marks look_at_marks();

// True while the watch waits for a call; the next one wakes it.
extern std::atomic<bool> watch_sleeps;
void wake_watch() noexcept;

// For the one watch: waits until `pause` has passed, or for a call when that is zero. False when
// end_watch() was called; then start_watch() begins anew.
void start_watch();
bool wait_as_watch(std::chrono::milliseconds pause);
void end_watch();

}  // namespace ingest::plugin
