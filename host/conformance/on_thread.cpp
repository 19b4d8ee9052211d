#include "conformance/on_thread.h"

#include <pthread.h>

#include "base/check.h"

namespace ingest::conformance {
namespace {

// A frame that is larger than the usual guard, a page, would lie in other memory and do harm.
constexpr std::size_t guard_bytes = 256U << 20;

}  // namespace

void on_thread(std::size_t stack_bytes, const std::function<void()>& work) {
    pthread_attr_t attributes;
    check(::pthread_attr_init(&attributes) == 0 &&
              ::pthread_attr_setstacksize(&attributes, stack_bytes) == 0 &&
              ::pthread_attr_setguardsize(&attributes, guard_bytes) == 0,
          "a thread's stack can be that large");
    pthread_t thread{};
    const auto run = [](void* context) -> void* {
        (*static_cast<const std::function<void()>*>(context))();
        return nullptr;
    };
    const int started = ::pthread_create(&thread, &attributes, run,
                                         const_cast<std::function<void()>*>(&work));
    check(started == 0, "a thread can be started");
    ::pthread_join(thread, nullptr);
    ::pthread_attr_destroy(&attributes);
}

}  // namespace ingest::conformance
