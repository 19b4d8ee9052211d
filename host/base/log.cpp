#include "base/log.h"

#include <stdio_ext.h>

#include <atomic>
#include <cstdio>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_text.h"
#include "base/log_loss.h"
#include "base/mutex.h"
#include "base/time_text.h"

namespace ingest::log {
namespace {

// The process has one stdout, so its logger is the one thing here that is global. Written by
// configure() before threads start, read-only afterwards, but for the level.
struct Output {
    Options options;
    std::atomic<Level> level{Level::info};
    std::atomic<std::uint64_t> lost{0};
    Mutex one_line;
    spdlog::logger logger{"ingest", std::make_shared<spdlog::sinks::stdout_sink_mt>()};
    Output() {
        options.format = Format::text;
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::trace);
        logger.flush_on(spdlog::level::trace);
    }
};

Output& output() {
    static Output the_output;
    return the_output;
}

std::string_view name_of(Level level) noexcept {
    switch (level) {
        case Level::debug: return "DEBUG";
        case Level::info: return "INFO";
        case Level::warn: return "WARNING";
        case Level::error: break;
    }
    return "ERROR";
}

// In a line for people quoted only where it could be taken for more than one value.
void append_text_value(std::string& line, std::string_view text, Format format) {
    if (format == Format::json || text.find_first_of(" =,\"") != std::string_view::npos) {
        append_json_string(line, text);
    } else {
        append_json_escaped(line, text);
    }
}

void append_texts(std::string& line, std::span<const std::string> texts, Format format) {
    if (format == Format::json) line += '[';
    for (const std::string& text : texts) {
        if (&text != texts.data()) line += ',';
        append_text_value(line, text, format);
    }
    if (format == Format::json) line += ']';
}

void append_value(std::string& line, const Field& field, Format format) {
    if (const auto* texts = std::get_if<std::span<const std::string>>(&field.value)) {
        append_texts(line, *texts, format);
    } else if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_text_value(line, *text, format);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line += std::to_string(*number);
    } else if (const auto* count = std::get_if<std::uint64_t>(&field.value)) {
        line += std::to_string(*count);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
        append_json_number(line, *real);
    } else {
        line += std::get<bool>(field.value) ? "true" : "false";
    }
}

void put(Level level, std::string_view logger, std::string_view message, Fields fields) {
    const std::string line =
        render(output().options, now_us(), level, logger, message, fields);
    const MutexLock lock(output().one_line);
    output().logger.log(spdlog::level::info, spdlog::string_view_t(line));
    if (std::ferror(stdout) == 0) return;
    // Else it would come out later, in the middle of the next one.
    ::__fpurge(stdout);
    std::clearerr(stdout);
    output().lost.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::string render(const Options& options, std::int64_t now_us, Level level,
                   std::string_view logger, std::string_view message, Fields fields) {
    std::string line;
    line.reserve(256);
    if (options.format == Format::text) {
        line.append(to_rfc3339(now_us)).append(" ").append(name_of(level)).append(" ");
        append_json_escaped(line, logger);
        line += ": ";
        append_json_escaped(line, message);
        for (const Field& field : fields) {
            line.append(" ").append(field.name).append("=");
            append_value(line, field, Format::text);
        }
        return line;
    }
    line.append(R"({"timestamp":")").append(to_rfc3339(now_us)).append(R"(","level":")");
    line.append(name_of(level)).append(R"(","service":)");
    append_json_string(line, options.service);
    line += R"(,"version":)";
    append_json_string(line, options.version);
    line += R"(,"environment":)";
    append_json_string(line, options.environment);
    line += R"(,"logger":)";
    append_json_string(line, logger);
    line += R"(,"message":)";
    append_json_string(line, message);
    for (const Field& field : fields) {
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        append_value(line, field, Format::json);
    }
    line += '}';
    return line;
}

void configure(const Options& options) {
    output().options = options;
    set_level(options.level);
}

std::uint64_t lines_lost() noexcept { return output().lost.load(std::memory_order_relaxed); }

void set_level(Level level) noexcept { output().level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) noexcept {
    return level >= output().level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view logger, std::string_view message, Fields fields) {
    if (enabled(level)) put(level, logger, message, fields);
}

void record(std::string_view logger, std::string_view message, Fields fields) {
    put(Level::info, logger, message, fields);
}

}  // namespace ingest::log
