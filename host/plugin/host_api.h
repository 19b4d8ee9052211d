#pragma once

#include <string>

#include <ingest/plugin/host.h>

namespace ingest::plugin {

// The ingest_host that one plugin gets; its log lines bear the plugin's name. It must outlive the
// library's code, which stays mapped, so whoever makes one never destroys it.
class HostApi {
public:
    explicit HostApi(std::string plugin_name);
    HostApi(const HostApi&) = delete;
    HostApi& operator=(const HostApi&) = delete;

    const ingest_host* get() const noexcept { return &table_; }

private:
    std::string plugin_name_;
    ingest_host table_;
};

}  // namespace ingest::plugin
