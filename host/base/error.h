#pragma once

#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace ingest {

// What went wrong with the world (a file, a server, a plugin), as a value. `message` is for the
// operator and says what, where, and what would be right; it never reaches a client.
struct ErrorText {
    std::string message;
};
// Error{"..."} works by brace elision into the base. A plain member would make an Error
// constructible from a string in parentheses too (C++20), and Result<std::string> ambiguous.
struct Error : ErrorText {};

// An error made of `what` and the text of an errno value.
Error os_error(std::string what, int error_number);

// The second kind of trouble; refusals of readings have their own type (model/refusal.h) and bugs
// are check(). Read it as `if (!result) return result.error();`.
template <class T>
using Result = boost::system::result<T, Error>;

// Called by boost::system::result when value() is asked of an error: a bug.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace ingest
