#pragma once

#include <new>

#include "base/out_of_memory.h"

namespace ingest::plugin {

// HostCallback<&f>::call is the host's function f for a table that plugins call. No exception
// leaves it. An allocation that fails in it is the host's, though the plugin's call lasts: what
// it was adding to is only half there.
template <auto function, class Type = decltype(function)>
struct HostCallback;

template <auto function, class Result, class... Arguments>
struct HostCallback<function, Result (*)(Arguments...)> {
    static Result call(Arguments... arguments) noexcept {
        try {
            return function(arguments...);
        } catch (const std::bad_alloc&) {
            end_out_of_memory();
        }
    }
};

}  // namespace ingest::plugin
