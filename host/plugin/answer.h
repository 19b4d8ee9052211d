#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <ingest/plugin/batch.h>
#include <ingest/plugin/host.h>
#include <ingest/plugin/status.h>

#include "plugin/call_mark.h"

namespace ingest::plugin {

// How a call into a plugin ended: one of the ABI's codes, and the plugin's words when not OK.
struct Answer {
    std::int32_t code = INGEST_OK;
    std::string message = {};
    bool ok() const noexcept { return code == INGEST_OK; }
};

// What `code` and the caller's ingest_error come to. Codes that the ABI does not know are a bug of
// the plugin; the message is taken up to its terminator, which a faulty plugin may have forgotten.
inline Answer answer_of(std::int32_t code, const ingest_error& error) {
    if (code == INGEST_OK) return {};
    const char* end = std::find(error.message, error.message + sizeof error.message, '\0');
    std::string message(error.message, end);
    if (code < INGEST_OK || code > INGEST_INTERNAL) {
        message = "returned the unknown code " + std::to_string(code) +
                  (message.empty() ? "" : ": " + message);
        code = INGEST_INTERNAL;
    }
    if (message.empty()) message = "gave no reason, only the code " + std::to_string(code);
    return {code, std::move(message)};
}

// Makes one call into a plugin, under a mark; `make` gets the ingest_error for it. No exception may
// leave a plugin; one that breaks this rule gets that for an answer, and does not end the process.
template <class Make>
Answer ask(const Callee& callee, const Call& call, Make&& make) {
    ingest_error error{};
    error.struct_size = sizeof error;
    std::int32_t code = INGEST_INTERNAL;
    try {
        const CallMark mark(callee, call);
        code = make(&error);
    } catch (const std::exception& e) {
        return {INGEST_INTERNAL, std::string("threw an exception across the ABI: ") + e.what()};
    } catch (...) {
        return {INGEST_INTERNAL, "threw an exception across the ABI"};
    }
    return answer_of(code, error);
}

// The same for a call that gives no code.
template <class Make>
Answer ask_nothing(const Callee& callee, const Call& call, Make&& make) {
    return ask(callee, call, [&](ingest_error*) {
        make();
        return INGEST_OK;
    });
}

// The same for `create` of any function table. `self` is whatever the plugin made of it when the
// answer is OK; null is allowed.
template <class Table>
Answer make_instance(const Table& table, const Callee& callee, const ingest_host* host,
                     std::string_view options_json, const ArrowSchema* schema, void*& self) {
    return ask(callee, {"create"}, [&](ingest_error* error) {
        return table.create(host, {options_json.data(), options_json.size()}, schema, &self,
                            error);
    });
}

// And for `destroy`, whose failure is logged: nobody could do more about it.
void end_instance(const Callee& callee, void (*destroy)(void* self), void* self) noexcept;

}  // namespace ingest::plugin
