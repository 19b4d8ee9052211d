#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

// How `ingest-host reload` reaches the host that serves from a spool: a local socket in the spool's
// directory, DIR/control, for processes of the same user and of root.
//
//   asked = "reload\n"
//   told  = status-digit "\n" text     until the end; the status is an exit status
namespace ingest::app {

// Someone who asked, and waits for the outcome. Without tell() the connection just ends.
class Asker {
public:
    explicit Asker(Descriptor connection) : connection_(std::move(connection)) {}
    // Does not wait for who does not read.
    void tell(int status, std::string_view text);

private:
    Descriptor connection_;
};

// The host's end. Owns the socket's file, which goes with it. Main thread.
class ControlSocket {
public:
    // REQUIRES: the spool's lock is held; a socket that is there already is a dead process's.
    static Result<std::unique_ptr<ControlSocket>> open(const std::filesystem::path& spool_dir);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    // For poll(): readable when somebody may be asking.
    int descriptor() const noexcept { return listening_.get(); }
    // Everyone who asks for a reload by now. Waits for slow ones, a second each.
    std::vector<Asker> take();

private:
    ControlSocket(std::filesystem::path path, Descriptor listening);

    const std::filesystem::path path_;
    const Descriptor listening_;
};

struct Told {
    int status = 1;
    std::string text;
};

// The other end: asks the host for a reload and waits for the outcome. An error says why there is
// none.
Result<Told> ask_for_reload(const std::filesystem::path& spool_dir, std::chrono::seconds patience);

}  // namespace ingest::app
