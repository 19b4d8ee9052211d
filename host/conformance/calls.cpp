#include "conformance/calls.h"

#include <algorithm>
#include <array>
#include <exception>

#include "base/json_text.h"
#include "conformance/fenced_memory.h"

namespace ingest::conformance {
namespace {

constexpr std::array<std::string_view, 8> code_names{"OK",     "CONFIG", "RETRY",   "REJECT",
                                                     "FATAL",  "TIMEOUT", "UNSUPPORTED",
                                                     "INTERNAL"};

std::string shown(std::string_view message) {
    std::string text;
    append_json_escaped(text, message.substr(0, 200));
    return text;
}

}  // namespace

ingest_error& fenced_error() {
    thread_local auto* error = static_cast<ingest_error*>(
        fenced_room(sizeof(ingest_error), "the ingest_error that it was given"));
    *error = {};
    error->struct_size = sizeof *error;
    return *error;
}

Told told_of(std::int32_t code, const ingest_error& error, double seconds) {
    const char* const end = error.message + sizeof error.message;
    const char* const stop = std::find(error.message, end, '\0');
    return {code, std::string(error.message, stop), stop != end, false, seconds};
}

std::string name_of_code(std::int32_t code) {
    const bool known = code >= 0 && static_cast<std::size_t>(code) < code_names.size();
    return known ? std::string(code_names[static_cast<std::size_t>(code)]) : std::to_string(code);
}

std::string fault_of(const Told& told, const Contract& contract) {
    const std::string function(contract.function);
    if (told.threw) return function + " let an exception out: " + shown(told.message);
    if (told.code < INGEST_OK || told.code > INGEST_INTERNAL) {
        return function + " returned " + std::to_string(told.code) +
               ", which is no code of the ABI";
    }
    if (!told.terminated) return function + " left a message without a NUL at its end";
    if (told.code == INGEST_OK) return {};
    if (!is_utf8(told.message)) return function + " left a message that is not UTF-8";
    const std::string code = name_of_code(told.code);
    if (std::ranges::count(contract.codes, told.code) == 0) {
        return function + " returned " + code + ", which is not for it" +
               (told.message.empty() ? "" : ": " + shown(told.message));
    }
    if (told.message.empty()) return function + " returned " + code + " and gave no reason";
    return {};
}

std::string words_of(const Told& told) {
    return name_of_code(told.code) +
           (told.message.empty() ? std::string() : ": " + shown(told.message));
}

}  // namespace ingest::conformance
