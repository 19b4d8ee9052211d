#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "base/error.h"
#include "base/log.h"

namespace ingest::app {

// Takes from this process what serving does not need, as `process` of the configuration has it. For
// ever: a reload does not change it. Main thread.
//
// REQUIRES: the process has one thread, as some of it is a thread's and goes on to those that it
// starts; and no plugin is loaded, so that what one may do is the same at the start and later.
class Confinement {
public:
    // Makes the spool's directory, which has to be there to be written in.
    explicit Confinement(const config::Config& config);

    // Logs what was not taken, and what the operator has to know. An error: what the configuration
    // names is not there. Apart from the constructor, because the configuration may be refused.
    Result<void> tell() const;

private:
    struct Notice {
        log::Level level;
        std::string_view message;
        std::string_view name;  // of the value; empty: there is none
        std::string value;
    };
    void note(log::Level level, std::string_view message, std::string_view name = {},
              std::string value = {});
    void confine_rights();
    void confine_calls(const config::Process& process);
    Result<void> confine_files(const config::Config& config);

    std::vector<Notice> notices_;
    Result<void> outcome_;
};

}  // namespace ingest::app
