#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <ingest/plugin.h>

#include "base/time_text.h"
#include "conformance/whereabouts.h"
#include "plugin/call_mark.h"

namespace ingest::conformance {

// What a call into the plugin came to, before anybody puts it right: the host's own Answer
// (plugin/answer.h) has words for what is missing, and here the lack of them is the finding.
struct Told {
    std::int32_t code = INGEST_OK;
    std::string message = {};
    bool terminated = true;  // the message was
    bool threw = false;      // then `message` is the exception's, and `code` means nothing
    double seconds = 0;
    bool ok() const noexcept { return !threw && code == INGEST_OK; }
};

// An ingest_error in front of a guard, one per thread: whoever writes past it crashes.
ingest_error& fenced_error();
Told told_of(std::int32_t code, const ingest_error& error, double seconds);

// "RETRY"; of an unknown code its number.
std::string name_of_code(std::int32_t code);

// What the contract of a function says of its codes.
struct Contract {
    std::string_view function;
    std::initializer_list<std::int32_t> codes;  // besides OK
};
// What is wrong with it; empty: nothing.
std::string fault_of(const Told& told, const Contract& contract);
// "RETRY: the server is down".
std::string words_of(const Told& told);

// Makes one call, told in the whereabouts as `doing`; `make` gets the ingest_error for it.
template <class Make>
Told call(const plugin::Callee& callee, const plugin::Call& marked, std::string_view doing,
          Make&& make) {
    now_doing(doing);
    ingest_error& error = fenced_error();
    const plugin::CallMark mark(callee, marked);
    const std::int64_t begun = monotonic_ns();
    const auto seconds = [&] { return static_cast<double>(monotonic_ns() - begun) / 1e9; };
    try {
        const std::int32_t code = make(&error);
        return told_of(code, error, seconds());
    } catch (const std::exception& e) {
        return {INGEST_INTERNAL, e.what(), true, true, seconds()};
    } catch (...) {
        return {INGEST_INTERNAL, "of a type of its own", true, true, seconds()};
    }
}

}  // namespace ingest::conformance
