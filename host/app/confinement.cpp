#include "app/confinement.h"

#include <filesystem>
#include <utility>

#include <unistd.h>

#include "confine/calls.h"
#include "confine/capabilities.h"
#include "confine/files.h"
#include "spool/file.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> writable(const config::Config& config) {
    std::vector<fs::path> paths;
    if (config.process.writable) {
        for (const fs::path& path : *config.process.writable) {
            std::error_code failed;
            if (!fs::exists(path, failed)) {
                return Error{"process.writable: " + path.string() + " is not there; make it, or "
                             "take it off the list"};
            }
            paths.push_back(path);
        }
    } else {
        paths = confine::all_but_the_system();
    }
    paths.push_back(config.spool.dir);
    return paths;
}

}  // namespace

Confinement::Confinement(const config::Config& config) {
    if (::geteuid() == 0) {
        note(log::Level::warn, "the host runs as root; give it a user of its own");
    }
    if (!config.process.confined) {
        note(log::Level::warn,
             "process.confined is off: what runs in this process may do all that its user may, "
             "start programs too");
        return;
    }
    confine_rights();  // before the call for it is refused
    confine_calls(config.process);
    outcome_ = confine_files(config);
}

Result<void> Confinement::tell() const {
    if (!outcome_) return outcome_;
    for (const Notice& notice : notices_) {
        if (notice.name.empty()) {
            log::write(notice.level, "app", notice.message);
        } else {
            log::write(notice.level, "app", notice.message, {{notice.name, notice.value}});
        }
    }
    return {};
}

void Confinement::note(log::Level level, std::string_view message, std::string_view name,
                       std::string value) {
    notices_.push_back({level, message, name, std::move(value)});
}

void Confinement::confine_rights() {
    const auto dropped = confine::drop_capabilities();
    if (dropped) return;
    note(log::Level::warn,
         "what runs in this process has all capabilities that it was started with", "reason",
         dropped.error().message);
}

void Confinement::confine_calls(const config::Process& process) {
    const auto refused = confine::refuse_calls({.dumpable = process.dumpable});
    if (!refused) {
        note(log::Level::warn, "what runs in this process may make all system calls", "reason",
             refused.error().message);
    } else if (confine::looks_for_leaks) {
        note(log::Level::info,
             "this build looks for leaks: starting processes and tracing stay allowed");
    }
}

Result<void> Confinement::confine_files(const config::Config& config) {
    // Who cannot make it is told why when the spool is opened.
    (void)spool::make_directories(spool::posix_files(), config.spool.dir);
    const auto paths = writable(config);
    if (!paths) return paths.error();
    const auto restricted = confine::restrict_files(*paths);
    if (!restricted) {
        note(log::Level::warn, "what runs in this process may write all files that its user may",
             "reason", restricted.error().message);
        return {};
    }
    if (!*restricted) {
        note(log::Level::warn,
             "what runs in this process may cut off all files that its user may write: the kernel "
             "is older than Linux 6.2");
    }
    if (!config.process.writable) return {};
    std::string listed;
    for (const fs::path& path : *paths) listed += (listed.empty() ? "" : ", ") + path.string();
    note(log::Level::info, "files can be written here alone", "directories", std::move(listed));
    return {};
}

}  // namespace ingest::app
