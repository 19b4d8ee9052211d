// The edge between C and C++, shared by validators and sinks: exceptions end here. Not for plugins
// themselves; they include validator.hpp or sink.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ingest/sdk/batch.hpp"
#include "ingest/sdk/host.hpp"
#include "ingest/sdk/options.hpp"

namespace ingest::sdk::detail {

// As much of `text` as fits with its terminator, no UTF-8 sequence cut in two. REQUIRES: room > 0.
inline void copy_text(std::string_view text, char* to, size_t room) noexcept {
    size_t size = text.size() < room ? text.size() : room - 1;
    const auto continues = [&](size_t at) {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (size > 0 && continues(size)) --size;
    if (size > 0) std::memcpy(to, text.data(), size);
    to[size] = '\0';
}

inline void write_error(ingest_error* error, int32_t code, const char* message) noexcept {
    if (error == nullptr || error->struct_size <= offsetof(ingest_error, message)) return;
    error->code = code;
    const size_t room = error->struct_size - offsetof(ingest_error, message);
    copy_text(message, error->message,
              room < sizeof error->message ? room : sizeof error->message);
}

// The edge at which exceptions end: runs `call` and turns what it throws into a code.
template <class Call>
int32_t guarded(ingest_error* error, Call&& call) noexcept {
    try {
        std::forward<Call>(call)();
        return INGEST_OK;
    } catch (const Error& e) {
        write_error(error, e.code(), e.what());
        return e.code();
    } catch (const std::bad_alloc&) {
        write_error(error, INGEST_RETRY, "out of memory");
        return INGEST_RETRY;
    } catch (const std::exception& e) {
        write_error(error, INGEST_INTERNAL, e.what());
        return INGEST_INTERNAL;
    } catch (...) {
        write_error(error, INGEST_INTERNAL, "an exception of unknown type");
        return INGEST_INTERNAL;
    }
}

template <class T>
int32_t create(const ingest_host* host, ingest_str options, const ArrowSchema* schema, void** self,
               ingest_error* error) noexcept {
    static_assert(std::is_constructible_v<T, Host, const Options&, Schema>,
                  "a plugin's class has the constructor (Host, const Options&, Schema)");
    return guarded(error, [&] {
        *self = new T(Host(host), Options(Host(host), to_view(options)), Schema(schema));
    });
}

template <class T>
void destroy(void* self) noexcept {
    delete static_cast<T*>(self);
}

}  // namespace ingest::sdk::detail

// Exports the entry symbol. TABLES is a function `const void*(std::string_view interface_id)`.
#define INGEST_EXPORT_PLUGIN(TABLES, ID, VERSION, DESCRIPTION, MANIFEST)                         \
    extern "C" __attribute__((visibility("default"))) const ingest_plugin*                       \
    ingest_plugin_entry_v1(const ingest_host*) noexcept {                                        \
        static constexpr std::string_view id{ID}, version{VERSION}, description{DESCRIPTION},    \
            manifest{MANIFEST};                                                                  \
        static const ingest_plugin plugin{                                                       \
            sizeof(ingest_plugin),                                                               \
            INGEST_ABI_MINOR,                                                                    \
            0,                                                                                   \
            0,                                                                                   \
            {id.data(), id.size()},                                                              \
            {version.data(), version.size()},                                                    \
            {description.data(), description.size()},                                            \
            {manifest.data(), manifest.size()},                                                  \
            [](ingest_str name) noexcept -> const void* {                                        \
                return TABLES(::ingest::sdk::to_view(name));                                     \
            }};                                                                                  \
        return &plugin;                                                                          \
    }                                                                                            \
    static_assert(true, "a semicolon follows the macro")
