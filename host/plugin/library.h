#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <ingest/plugin.h>

#include "base/error.h"
#include "plugin/call_mark.h"
#include "plugin/handshake.h"
#include "plugin/manifest.h"

namespace ingest::plugin {

// A library that is loaded, and what its entry function returned: nobody has looked at that yet,
// and null is an answer that it may give. All of it stays valid until the process ends.
struct OpenedLibrary {
    ingest_plugin_entry_fn entry = nullptr;
    const ingest_plugin* described = nullptr;
    const ingest_host* host = nullptr;
    const Callee* callee = nullptr;
    std::string digest;  // as Library::digest()
};
// The first half of Library::load(), for those who want to know what each half does.
Result<OpenedLibrary> open_library(const std::filesystem::path& file, std::string_view id,
                                   std::string_view sha256 = {});

// One opened plugin. Made on the main thread; read-only afterwards, any thread. The library and
// the host table that it got stay in memory until the process ends: code of a plugin may run at
// any time after it was opened (thread-local destructors, threads of its own), so nothing unloads.
class Library {
public:
    // Verifies the file (file_check.h), loads a private copy of it (private_copy.h), shakes hands,
    // copies the function tables. The same file may be loaded again, as another library: what it
    // was before runs on beside it. `id` is what the plugin must call itself: empty for the file's
    // name without ".so". `sha256` is 64 hex digits, or empty for any content.
    static Result<std::unique_ptr<Library>> load(const std::filesystem::path& file,
                                                 std::string_view id = {},
                                                 std::string_view sha256 = {});

    const std::filesystem::path& file() const noexcept { return file_; }
    // SHA-256 of the bytes that run, 64 lower-case hex digits; the file may have others by now.
    const std::string& digest() const noexcept { return digest_; }
    const Identity& identity() const noexcept { return identity_; }
    const Manifest& manifest() const noexcept { return manifest_; }
    const ingest_host* host() const noexcept { return host_; }
    // For marks of calls (call_mark.h). Lives for ever.
    const Callee& callee() const noexcept { return *callee_; }

    // The interfaces that it has; a validator has the first, a sink the second and maybe the third.
    const std::optional<ingest_validator>& validator() const noexcept { return validator_; }
    const std::optional<ingest_sink>& sink() const noexcept { return sink_; }
    const std::optional<ingest_query>& query() const noexcept { return query_; }

private:
    Library() = default;
    Result<void> take_tables();

    std::filesystem::path file_;
    std::string digest_;
    const ingest_host* host_ = nullptr;
    const Callee* callee_ = nullptr;
    Identity identity_;
    Manifest manifest_;
    std::optional<ingest_validator> validator_;
    std::optional<ingest_sink> sink_;
    std::optional<ingest_query> query_;
};

}  // namespace ingest::plugin
