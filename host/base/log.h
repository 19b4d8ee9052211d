#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

// Lines to stdout, JSON or text, one per change of state; never one per reading. Any thread.
// Whatever a text holds, an event stays one line: control characters are escaped.
namespace ingest::log {

enum class Level { debug, info, warn, error };
enum class Format { json, text };

struct Options {
    Level level = Level::info;
    Format format = Format::json;
    std::string service = "sensor-ingestion-service";
    std::string version;
    std::string environment = "development";
};

// A named value beside the message: {{"sink", name}, {"rows", 100}}.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool,
                 std::span<const std::string>>
        value;

    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, double v) : name(n), value(v) {}
    Field(std::string_view n, bool v) : name(n), value(v) {}
    Field(std::string_view n, std::span<const std::string> v) : name(n), value(v) {}
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Field(std::string_view n, T v)
        : name(n),
          value(static_cast<std::conditional_t<std::signed_integral<T>, std::int64_t,
                                               std::uint64_t>>(v)) {}
};

using Fields = std::initializer_list<Field>;

// Main thread, before other threads log. Before it, lines go out as text at level info.
void configure(const Options& options);
void set_level(Level level) noexcept;  // any thread
bool enabled(Level level) noexcept;

// `logger` names the room or plugin that speaks ("spool", "postgres-sink").
void write(Level level, std::string_view logger, std::string_view message, Fields fields = {});
// At level info, whatever the level is: for what must not be missing.
void record(std::string_view logger, std::string_view message, Fields fields);

inline void debug(std::string_view logger, std::string_view message, Fields fields = {}) {
    if (enabled(Level::debug)) write(Level::debug, logger, message, fields);
}
inline void info(std::string_view logger, std::string_view message, Fields fields = {}) {
    write(Level::info, logger, message, fields);
}
inline void warn(std::string_view logger, std::string_view message, Fields fields = {}) {
    write(Level::warn, logger, message, fields);
}
inline void error(std::string_view logger, std::string_view message, Fields fields = {}) {
    write(Level::error, logger, message, fields);
}

// Renders one line without the trailing newline; `write` sends what this returns. For tests.
std::string render(const Options& options, std::int64_t now_us, Level level,
                   std::string_view logger, std::string_view message, Fields fields);

}  // namespace ingest::log
