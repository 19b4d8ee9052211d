#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace ingest::app {

// Tells the service manager how far we are, if one asks for it: sd_notify(3), datagrams to the
// socket that NOTIFY_SOCKET names. One that is not there, or does not take them, is ignored, as
// nothing that is served depends on it. Any thread, once it is made.
class StateNotices {
public:
    // From the environment, once: the variables are unset, so that nobody below answers for us.
    StateNotices();

    void ready() const { tell("READY=1"); }
    void reloading() const;  // until ready()
    void stopping() const { tell("STOPPING=1"); }
    void alive() const { tell("WATCHDOG=1"); }
    // How often alive() is to be said (half of WATCHDOG_USEC); nothing: nobody waits for it.
    std::optional<std::chrono::milliseconds> alive_every() const noexcept { return alive_every_; }

private:
    void tell(std::string_view state) const;

    std::string address_;  // as in sockaddr_un; empty: nobody asks
    Descriptor socket_;
    std::optional<std::chrono::milliseconds> alive_every_;
};

}  // namespace ingest::app
