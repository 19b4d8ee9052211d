#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <ingest/plugin.h>

#include "base/error.h"
#include "plugin/handshake.h"
#include "plugin/manifest.h"

namespace ingest::plugin {

// One opened plugin. Made on the main thread; read-only afterwards, any thread. The library and
// the host table that it got stay in memory until the process ends: code of a plugin may run at
// any time after it was opened (thread-local destructors, threads of its own), so nothing unloads.
class Library {
public:
    // Verifies the file (file_check.h), opens it, shakes hands, copies the function tables.
    static Result<std::unique_ptr<Library>> load(const std::filesystem::path& file,
                                                 std::string_view sha256 = {});

    const std::filesystem::path& file() const noexcept { return file_; }
    const Identity& identity() const noexcept { return identity_; }
    const Manifest& manifest() const noexcept { return manifest_; }
    const ingest_host* host() const noexcept { return host_; }

    // The interfaces that it has; a validator has the first, a sink the second and maybe the third.
    const std::optional<ingest_validator>& validator() const noexcept { return validator_; }
    const std::optional<ingest_sink>& sink() const noexcept { return sink_; }
    const std::optional<ingest_query>& query() const noexcept { return query_; }

private:
    Library() = default;
    Result<void> take_tables();

    std::filesystem::path file_;
    const ingest_host* host_ = nullptr;
    Identity identity_;
    Manifest manifest_;
    std::optional<ingest_validator> validator_;
    std::optional<ingest_sink> sink_;
    std::optional<ingest_query> query_;
};

}  // namespace ingest::plugin
