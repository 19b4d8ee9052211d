#include "plugin/host_api.h"

#include <algorithm>
#include <string_view>

#include "base/log.h"
#include "base/time_text.h"
#include "plugin/options_service.h"

namespace ingest::plugin {
namespace {

// A plugin cannot flood a log line.
constexpr std::size_t log_bytes_max = 4096;

log::Level level_of(std::int32_t level) noexcept {
    switch (level) {
        case INGEST_LOG_DEBUG: return log::Level::debug;
        case INGEST_LOG_WARN: return log::Level::warn;
        case INGEST_LOG_ERROR: return log::Level::error;
        default: return log::Level::info;
    }
}

void write_log(void* ctx, std::int32_t level, ingest_str message) noexcept {
    if (message.size > 0 && message.data == nullptr) return;
    const auto& name = *static_cast<const std::string*>(ctx);
    const std::string_view text(message.size == 0 ? "" : message.data,
                                std::min<std::size_t>(message.size, log_bytes_max));
    try {
        log::write(level_of(level), name, text);
    } catch (...) {
        // No room for a line: the plugin must not hear of it as an exception.
    }
}

std::int64_t clock(void*) noexcept { return monotonic_ns(); }

const void* get_service(void*, ingest_str id) noexcept {
    if (id.data == nullptr) return nullptr;
    return std::string_view(id.data, id.size) == INGEST_OPTIONS_ID ? options_service() : nullptr;
}

ingest_host make_table(std::string* plugin_name) noexcept {
    ingest_host table{};
    table.struct_size = sizeof table;
    table.abi_minor = INGEST_ABI_MINOR;
    table.ctx = plugin_name;
    table.log = &write_log;
    table.now_ns = &clock;
    table.get_service = &get_service;
    return table;
}

}  // namespace

HostApi::HostApi(std::string plugin_name)
    : plugin_name_(std::move(plugin_name)), table_(make_table(&plugin_name_)) {}

}  // namespace ingest::plugin
