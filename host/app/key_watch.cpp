#include "app/key_watch.h"

#include <utility>

#include "app/difference.h"
#include "base/log.h"

namespace ingest::app {

KeyWatch::KeyWatch(std::filesystem::path config, Assembly& assembly)
    : config_(std::move(config)), assembly_(assembly) {}

// Of what serves, which a reload may have changed.
std::vector<std::filesystem::path> KeyWatch::files() const {
    const Edition& edition = assembly_.edition();
    std::vector<std::filesystem::path> files;
    if (!edition.plan.gate) return files;
    const config::Auth& auth = *edition.config.http.auth;
    for (const config::NamedFile* file : {&auth.keys, &auth.jwks}) {
        if (!file->path.empty()) files.push_back(file->path);
    }
    return files;
}

std::optional<std::chrono::milliseconds> KeyWatch::pause() const {
    if (!assembly_.edition().plan.gate) return std::nullopt;
    return watch_.pause(Clock::now());
}

access::SharedGate KeyWatch::look() {
    if (!assembly_.edition().plan.gate) return nullptr;
    const FileWatch::Sight sight = watch_.look(files(), Clock::now());
    if (sight == FileWatch::Sight::same) return nullptr;
    config::Diagnostics diagnostics(config_.string());
    access::SharedGate gate = load_gate(assembly_.edition().config, diagnostics);
    if (!gate) {
        watch_.again(Clock::now());  // it may have been the moment, not the file
        if (sight == FileWatch::Sight::again && trouble_ == diagnostics.text()) return nullptr;
        trouble_ = diagnostics.text();
        log::error("app",
                   "a file of keys is wrong; those that were let in still are, and no others",
                   {{"reason", diagnostics.lines().front()},
                    {"errors", diagnostics.errors().size()}});
        return nullptr;
    }
    const bool was_wrong = !std::exchange(trouble_, {}).empty();
    if (!same_gate(assembly_.edition().plan.gate, gate)) return gate;
    if (was_wrong) log::info("app", "the files of keys are well again, and as they were");
    return nullptr;
}

}  // namespace ingest::app
