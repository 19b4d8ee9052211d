#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/assembly.h"
#include "base/file_watch.h"

namespace ingest::app {

// Looks at the files that say who is let in, and has the assembly go by them when they have
// changed; one that is wrong counts as it was before. Dies before the assembly. Main thread, as
// reloads are, so that neither is under way when the other one looks.
class KeyWatch {
public:
    using Clock = std::chrono::steady_clock;

    // `config`: the configuration's file, for the log.
    KeyWatch(std::filesystem::path config, Assembly& assembly);

    // Until look() is wanted again; nothing: there are no such files.
    std::optional<std::chrono::milliseconds> pause() const;
    // A gate to go by from now on, or null. What is wrong goes to the log, once for each change.
    access::SharedGate look();

private:
    std::vector<std::filesystem::path> files() const;
    // Of what was found; `again`: in files that have not changed, `same`: as what serves.
    void tell(const config::Diagnostics& diagnostics, bool again, bool same);

    const std::filesystem::path config_;
    Assembly& assembly_;
    FileWatch watch_;
    std::string trouble_;  // what was found last; empty: all is well
};

}  // namespace ingest::app
