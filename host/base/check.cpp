#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ingest {

void check_failed(std::string_view what, const Place& where) noexcept {
    std::fprintf(stderr, "bug: %.*s does not hold, at %s:%d in %s\n", static_cast<int>(what.size()),
                 what.data(), where.file, where.line, where.function);
    std::abort();
}

}  // namespace ingest
