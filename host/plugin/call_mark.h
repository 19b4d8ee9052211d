#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace ingest::plugin {

// A plugin, as crash reports and the watch name it. Whoever makes one never destroys it: a crash
// may be reported at any time.
struct Callee {
    std::string plugin;  // its id
    std::string file;    // what it was loaded from
};
// For instances that are of no library.
const Callee& nameless_callee() noexcept;

// What is called.
struct Call {
    const char* function;  // static: "validate"
    // Monotonic time until which it may take, by what the plugin was told; 0: it may not block.
    std::int64_t deadline_ns = 0;
};

// A thread's present call into a plugin, for those who look from outside: the handler of a crash on
// this thread, and the watch on another one. The thread itself is the only writer.
//
// A reader takes `number` first (acquire), the rest (acquire), then `number` again: the same one
// that is not 0 means that the rest belongs together. Numbers are never used twice.
struct CallSlot {
    std::atomic<std::uint64_t> number{0};  // of the last call; 0 while it changes
    std::atomic<const Callee*> callee{nullptr};  // null: no call
    std::atomic<const char*> function{nullptr};
    std::atomic<std::int64_t> deadline_ns{0};

    std::uint64_t made = 0;  // the thread's own: the last number that it gave
    bool known = false;      // the thread's own: others can find this slot
};

// The calling thread's. Async-signal-safe.
CallSlot& call_slot() noexcept;

// Set around every call into a plugin, loading included; calls may nest. Costs a few stores to the
// thread's own memory and one load: no clock, no lock, no allocation, but for a thread's first mark
// (which makes the slot known and gives the thread a stack for signals) and the one that wakes the
// watch.
class CallMark {
public:
    CallMark(const Callee& callee, const Call& call) noexcept;
    ~CallMark();
    CallMark(const CallMark&) = delete;
    CallMark& operator=(const CallMark&) = delete;

private:
    CallSlot& slot_;
    // The call that this one is made in, if any.
    const std::uint64_t number_;
    const Callee* const callee_;
    const char* const function_;
    const std::int64_t deadline_ns_;
};

}  // namespace ingest::plugin
