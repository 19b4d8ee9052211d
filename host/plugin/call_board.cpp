#include "plugin/call_board.h"

#include <algorithm>
#include <csignal>

#include <sys/mman.h>
#include <unistd.h>

#include "base/mutex.h"

namespace ingest::plugin {
namespace {

using Clock = std::chrono::steady_clock;

// Never destroyed: threads may end after the statics of this file.
struct Board {
    Mutex mutex;
    Condition changed;
    std::vector<const CallSlot*> slots INGEST_GUARDED_BY(mutex);
    std::uint64_t threads INGEST_GUARDED_BY(mutex) = 0;
    bool called INGEST_GUARDED_BY(mutex) = false;
    bool ended INGEST_GUARDED_BY(mutex) = false;
};
Board& board() {
    static Board& the_board = *new Board;
    return the_board;
}

// What the kernel says that a frame of a signal takes here, and room for a handler.
std::size_t signal_stack_size() noexcept {
    return static_cast<std::size_t>(std::max(::sysconf(_SC_SIGSTKSZ), 0L)) + (64U << 10);
}

class SignalStack {
public:
    SignalStack() {
        stack_t present{};
        // A sanitizer gives one to each thread, and takes it back itself.
        if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
        void* memory = ::mmap(nullptr, signal_stack_size(), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (memory == MAP_FAILED) return;
        stack_.ss_sp = memory;
        stack_.ss_size = signal_stack_size();
        ::sigaltstack(&stack_, nullptr);
    }
    ~SignalStack() {
        if (stack_.ss_sp == nullptr) return;
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        ::sigaltstack(&none, nullptr);
        ::munmap(stack_.ss_sp, stack_.ss_size);
    }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

private:
    stack_t stack_{};
};

// From a thread's first mark to its end. A mark that is made later still, by some other
// thread-local's destructor, is seen by this thread only.
class ThreadEntry {
public:
    explicit ThreadEntry(CallSlot& slot) : slot_(slot) {
        Board& all = board();
        const MutexLock lock(all.mutex);
        // Room for 2^40 calls of each of 2^24 threads: centuries of calls without a pause.
        slot.made = ++all.threads << 40;
        all.slots.push_back(&slot);
        slot.known = true;
    }
    ~ThreadEntry() {
        Board& all = board();
        const MutexLock lock(all.mutex);
        std::erase(all.slots, &slot_);
    }
    ThreadEntry(const ThreadEntry&) = delete;
    ThreadEntry& operator=(const ThreadEntry&) = delete;

private:
    CallSlot& slot_;
    SignalStack stack_;
};

}  // namespace

constinit std::atomic<bool> watch_sleeps{false};

void enter_thread(CallSlot& slot) noexcept { const thread_local ThreadEntry entry(slot); }

Marks look_at_marks() {
    constexpr auto acquire = std::memory_order_acquire;
    Marks marks;
    Board& all = board();
    const MutexLock lock(all.mutex);
    for (const CallSlot* slot : all.slots) {
        const MarkedCall call{slot->number.load(acquire), slot->callee.load(acquire),
                              slot->function.load(acquire), slot->deadline_ns.load(acquire)};
        marks.sum += call.number;
        const bool whole =
            call.number != 0 && slot->number.load(std::memory_order_relaxed) == call.number;
        if (whole && call.callee != nullptr) marks.calls.push_back(call);
    }
    return marks;
}

void wake_watch() noexcept {
    if (!watch_sleeps.exchange(false, std::memory_order_relaxed)) return;
    Board& all = board();
    const MutexLock lock(all.mutex);
    all.called = true;
    all.changed.notify_all();
}

void start_watch() {
    Board& all = board();
    const MutexLock lock(all.mutex);
    all.ended = false;
}

bool wait_as_watch(std::chrono::milliseconds pause) {
    Board& all = board();
    const auto until = Clock::now() + pause;
    const MutexLock lock(all.mutex);
    if (pause.count() > 0) {
        while (!all.ended && all.changed.wait_until(all.mutex, until)) {
        }
    } else {
        while (!all.ended && !all.called) all.changed.wait(all.mutex);
        all.called = false;
    }
    return !all.ended;
}

void end_watch() {
    Board& all = board();
    const MutexLock lock(all.mutex);
    all.ended = true;
    all.changed.notify_all();
}

}  // namespace ingest::plugin
