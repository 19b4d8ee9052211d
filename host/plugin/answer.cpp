#include "plugin/answer.h"

#include "base/log.h"

namespace ingest::plugin {

void end_instance(const Callee& callee, void (*destroy)(void* self), void* self) noexcept {
    const Answer answer = ask_nothing(callee, {"destroy"}, [&] { destroy(self); });
    if (answer.ok()) return;
    log::error("plugin", "a plugin failed to destroy an instance",
               {{"plugin", callee.plugin}, {"reason", answer.message}});
}

}  // namespace ingest::plugin
