#pragma once

#include <string_view>

namespace ingest {

// Where a call stands. As std::source_location, which clang 14 has not got with this library.
struct Place {
    const char* file;
    const char* function;
    int line;
};

[[noreturn]] void check_failed(std::string_view what, const Place& where) noexcept;

// For bugs only: what must hold whatever anybody sends, stores or configures. Always on; writes
// `what` and the place to stderr and aborts, because going on could lose or falsify data.
inline void check(bool holds, std::string_view what,
                  const char* file = __builtin_FILE(),
                  const char* function = __builtin_FUNCTION(),
                  int line = __builtin_LINE()) noexcept {
    if (!holds) [[unlikely]]
        check_failed(what, {file, function, line});
}

}  // namespace ingest
