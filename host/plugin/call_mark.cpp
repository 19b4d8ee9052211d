#include "plugin/call_mark.h"

#include "plugin/call_board.h"

namespace ingest::plugin {
namespace {

// Constant from the start and without a destructor, so that a signal handler may touch it at any
// time of the thread's life.
constinit thread_local CallSlot this_slot;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto release = std::memory_order_release;

// Release, so that who sees one of the new values sees that the old number is gone.
void put(CallSlot& slot, std::uint64_t number, const Callee* callee, const char* function,
         std::int64_t deadline_ns) noexcept {
    slot.number.store(0, relaxed);
    slot.callee.store(callee, release);
    slot.function.store(function, release);
    slot.deadline_ns.store(deadline_ns, release);
    slot.number.store(number, release);
}

}  // namespace

const Callee& nameless_callee() noexcept {
    static const Callee& nameless = *new Callee{"?", "?"};
    return nameless;
}

CallSlot& call_slot() noexcept { return this_slot; }

CallMark::CallMark(const Callee& callee, const Call& call) noexcept
    : slot_(this_slot),
      number_(slot_.number.load(relaxed)),
      callee_(slot_.callee.load(relaxed)),
      function_(slot_.function.load(relaxed)),
      deadline_ns_(slot_.deadline_ns.load(relaxed)) {
    if (!slot_.known) enter_thread(slot_);
    put(slot_, ++slot_.made, &callee, call.function, call.deadline_ns);
    if (watch_sleeps.load(relaxed)) wake_watch();
}

CallMark::~CallMark() {
    if (callee_ == nullptr) {
        slot_.callee.store(nullptr, release);
    } else {
        put(slot_, number_, callee_, function_, deadline_ns_);
    }
}

}  // namespace ingest::plugin
