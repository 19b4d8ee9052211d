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
    const access::SharedGate& former = assembly_.edition().plan.gate;
    if (!former) {
        trouble_.clear();
        assembly_.key_file_errors() = 0;
        return nullptr;
    }
    const FileWatch::Sight sight = watch_.look(files(), Clock::now());
    if (sight == FileWatch::Sight::same) return nullptr;
    config::Diagnostics diagnostics(config_.string());
    access::SharedGate gate = load_gate(assembly_.edition().config, former.get(), diagnostics);
    const bool same = same_gate(former, gate);
    tell(diagnostics, sight == FileWatch::Sight::again, same);
    return same ? nullptr : gate;
}

void KeyWatch::tell(const config::Diagnostics& diagnostics, bool again, bool same) {
    const std::string former = std::exchange(trouble_, diagnostics.text());
    assembly_.key_file_errors() = diagnostics.errors().size();
    if (diagnostics.empty()) {
        if (!former.empty() && same) {
            log::info("app", "the files of keys are well again, and as they were");
        }
        return;
    }
    watch_.again(Clock::now());  // it may have been the moment, not the file
    if (again && trouble_ == former) return;
    log::error("app", "a file of keys is wrong; those whom it let in still are, and no others",
               {{"reason", diagnostics.lines().front()}, {"errors", diagnostics.errors().size()}});
}

}  // namespace ingest::app
