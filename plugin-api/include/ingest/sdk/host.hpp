#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/sdk/error.hpp"

namespace ingest::sdk {

// The host's services. Copy it freely; any thread, as long as the process lives.
class Host {
public:
    explicit Host(const ingest_host* host) noexcept : host_(host) {}
    void debug(std::string_view message) const { log(INGEST_LOG_DEBUG, message); }
    void info(std::string_view message) const { log(INGEST_LOG_INFO, message); }
    void warn(std::string_view message) const { log(INGEST_LOG_WARN, message); }
    void error(std::string_view message) const { log(INGEST_LOG_ERROR, message); }
    // Monotonic nanoseconds, the clock of deadlines.
    int64_t now_ns() const { return host_->now_ns(host_->ctx); }
    // The table of a service ("ingest.options/1"), or nullptr when this host has not got it.
    const void* service(std::string_view id) const {
        return host_->get_service(host_->ctx, to_str(id));
    }
    void* context() const noexcept { return host_->ctx; }

private:
    void log(int32_t level, std::string_view message) const {
        host_->log(host_->ctx, level, to_str(message));
    }
    const ingest_host* host_;
};

}  // namespace ingest::sdk
