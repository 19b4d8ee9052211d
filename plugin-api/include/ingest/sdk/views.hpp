// C++20 views over the ABI's structs, shared by validators and sinks. Nothing here owns memory or
// throws unless it says so; every view is valid as long as the struct that it was made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "ingest/plugin.h"

namespace ingest::sdk {

inline ingest_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline std::string_view to_view(ingest_str text) noexcept {
    return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

// What a plugin's class throws to end a call with a certain code. Any other exception becomes
// INGEST_INTERNAL. The message is for operators: no secrets.
class Error : public std::runtime_error {
public:
    Error(int32_t code, const std::string& message) : std::runtime_error(message), code_(code) {}
    int32_t code() const noexcept { return code_; }

private:
    int32_t code_;
};

// `option` is the JSON pointer of the option that is wrong ("/temperature/min").
inline Error config_error(std::string_view option, std::string_view message) {
    std::string text(option);
    if (!text.empty()) text += ": ";
    return {INGEST_CONFIG, text.append(message)};
}
inline Error retry(const std::string& message) { return {INGEST_RETRY, message}; }
inline Error reject(const std::string& message) { return {INGEST_REJECT, message}; }
inline Error fatal(const std::string& message) { return {INGEST_FATAL, message}; }

// The host's services. Copy it freely; any thread.
class Host {
public:
    explicit Host(const ingest_host* host) noexcept : host_(host) {}
    void debug(std::string_view message) const { log(INGEST_LOG_DEBUG, message); }
    void info(std::string_view message) const { log(INGEST_LOG_INFO, message); }
    void warn(std::string_view message) const { log(INGEST_LOG_WARN, message); }
    void error(std::string_view message) const { log(INGEST_LOG_ERROR, message); }
    // Monotonic nanoseconds, the clock of deadlines.
    int64_t now_ns() const { return host_->now_ns(host_->ctx); }

private:
    void log(int32_t level, std::string_view message) const {
        host_->log(host_->ctx, level, to_str(message));
    }
    const ingest_host* host_;
};

// Names and types of the columns; see batch.h for the profile.
class Schema {
public:
    explicit Schema(const ArrowSchema* schema) noexcept : schema_(schema) {}
    int32_t size() const noexcept { return static_cast<int32_t>(schema_->n_children); }
    std::string_view name(int32_t column) const noexcept { return schema_->children[column]->name; }
    // "g", "l", "u", "b", "tsu:UTC" or "w:16"
    std::string_view format(int32_t column) const noexcept {
        return schema_->children[column]->format;
    }
    bool nullable(int32_t column) const noexcept {
        return (schema_->children[column]->flags & ARROW_FLAG_NULLABLE) != 0;
    }
    // The column's index, or -1.
    int32_t find(std::string_view name_wanted) const noexcept {
        for (int32_t i = 0; i < size(); ++i)
            if (name(i) == name_wanted) return i;
        return -1;
    }

private:
    const ArrowSchema* schema_;
};

// One column of a batch. REQUIRES of the accessors: 0 <= row < size() and the column's format.
class Column {
public:
    explicit Column(const ArrowArray* array) noexcept : array_(array) {}
    int64_t size() const noexcept { return array_->length; }
    bool has(int64_t row) const noexcept { return bit(0, row); }
    int64_t null_count() const noexcept { return array_->null_count; }
    double f64(int64_t row) const noexcept { return data<double>(1)[row]; }
    int64_t i64(int64_t row) const noexcept { return data<int64_t>(1)[row]; }
    bool boolean(int64_t row) const noexcept { return bit(1, row); }
    std::string_view utf8(int64_t row) const noexcept {
        const int32_t* offsets = data<int32_t>(1);
        return {data<char>(2) + offsets[row], static_cast<size_t>(offsets[row + 1] - offsets[row])};
    }
    std::span<const uint8_t, 16> uuid(int64_t row) const noexcept {
        return std::span<const uint8_t, 16>(data<uint8_t>(1) + row * 16, 16);
    }
    // The whole column at once, for l, tsu:UTC, g and w:16.
    template <class T>
    const T* data(int buffer) const noexcept {
        return static_cast<const T*>(array_->buffers[buffer]);
    }

private:
    bool bit(int buffer, int64_t row) const noexcept {
        return (data<uint8_t>(buffer)[row / 8] >> (row % 8) & 1) != 0;
    }
    const ArrowArray* array_;
};

class Batch {
public:
    explicit Batch(const ingest_batch* batch) noexcept : batch_(batch) {}
    int64_t rows() const noexcept { return batch_->data->length; }
    int32_t columns() const noexcept { return static_cast<int32_t>(batch_->data->n_children); }
    Column column(int32_t index) const noexcept { return Column(batch_->data->children[index]); }
    Schema schema() const noexcept { return Schema(batch_->schema); }
    uint64_t sequence() const noexcept { return batch_->sequence; }
    int64_t deadline_ns() const noexcept { return batch_->deadline_ns; }
    // The row was refused before this validator saw it; see ingest_batch.refused.
    bool refused(int64_t row) const noexcept {
        return batch_->refused != nullptr && (batch_->refused[row / 8] >> (row % 8) & 1) != 0;
    }

private:
    const ingest_batch* batch_;
};

namespace detail {

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
    return guarded(error, [&] {
        *self = new T(Host(host), to_view(options), Schema(schema));
    });
}

template <class T>
void destroy(void* self) noexcept {
    delete static_cast<T*>(self);
}

}  // namespace detail
}  // namespace ingest::sdk

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
