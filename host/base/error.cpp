#include "base/error.h"

#include <cstdlib>
#include <system_error>

#include "base/check.h"

namespace ingest {

Error os_error(std::string what, int error_number) {
    return {std::move(what) + ": " + std::generic_category().message(error_number)};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    check(false, error.message);
    std::abort();
}

}  // namespace ingest
