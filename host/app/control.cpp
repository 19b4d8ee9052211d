#include "app/control.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ingest::app {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view request = "reload\n";
constexpr const char* socket_name = "control";

// How long the host waits for one who connected to say what for.
constexpr std::chrono::seconds asking_patience{1};

// An address holds 107 bytes of path. Through the directory's descriptor any directory fits.
struct Address {
    sockaddr_un address{};
    Descriptor directory;
};

Result<Address> address_in(const fs::path& dir) {
    Address made;
    made.directory = Descriptor(::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (made.directory.get() < 0) return os_error("cannot open " + dir.string(), errno);
    const std::string path =
        "/proc/self/fd/" + std::to_string(made.directory.get()) + "/" + socket_name;
    made.address.sun_family = AF_UNIX;
    std::memcpy(made.address.sun_path, path.c_str(), path.size() + 1);
    return made;
}

const sockaddr* raw(const Address& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address.address);
}

Descriptor new_socket(int flags) {
    return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

// The file's mode says so already, where the file system minds it.
bool is_trusted(int connection) noexcept {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

bool wait_for(int descriptor, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        pollfd polled{descriptor, events, 0};
        const int ready = ::poll(&polled, 1, static_cast<int>(left));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

// Up to the end, `size_max` bytes, or `deadline`. False: the deadline has passed.
bool receive(int connection, std::string& to, std::size_t size_max, Clock::time_point deadline) {
    std::array<char, 4096> block;
    while (to.size() < size_max) {
        if (!wait_for(connection, POLLIN, deadline)) return false;
        const std::size_t room = std::min(block.size(), size_max - to.size());
        const ssize_t got = ::recv(connection, block.data(), room, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        to.append(block.data(), static_cast<std::size_t>(got));
    }
    return true;
}

}  // namespace

void Asker::tell(int status, std::string_view text) {
    const std::string told = std::to_string(status) + "\n" + std::string(text);
    // A local socket takes some 200 KiB without waiting.
    (void)::send(connection_.get(), told.data(), told.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const fs::path& spool_dir) {
    const fs::path path = spool_dir / socket_name;
    Descriptor listening = new_socket(SOCK_NONBLOCK);
    if (listening.get() < 0) return os_error("cannot make a local socket", errno);
    const auto address = address_in(spool_dir);
    if (!address) return address.error();
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return os_error("cannot remove " + path.string(), errno);
    }
    if (::bind(listening.get(), raw(*address), sizeof address->address) != 0) {
        return os_error("cannot make the socket " + path.string(), errno);
    }
    // Before anybody can connect.
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listening.get(), 16) != 0) {
        const int failed = errno;
        ::unlink(path.c_str());
        return os_error("cannot listen at " + path.string(), failed);
    }
    return std::unique_ptr<ControlSocket>(new ControlSocket(path, std::move(listening)));
}

ControlSocket::ControlSocket(fs::path path, Descriptor listening)
    : path_(std::move(path)), listening_(std::move(listening)) {}

ControlSocket::~ControlSocket() {
    ::unlink(path_.c_str());
    for (Asker& asker : take()) asker.tell(1, "not reloaded: the host is stopping\n");
}

std::vector<Asker> ControlSocket::take() {
    std::vector<Asker> askers;
    for (;;) {
        Descriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (connection.get() < 0) return askers;
        if (!is_trusted(connection.get())) continue;
        std::string asked;
        receive(connection.get(), asked, request.size(), Clock::now() + asking_patience);
        Asker asker(std::move(connection));
        if (asked == request) {
            askers.push_back(std::move(asker));
        } else {
            asker.tell(2, "the host does not know this command\n");
        }
    }
}

Result<Told> ask_for_reload(const fs::path& spool_dir, std::chrono::seconds patience) {
    constexpr std::size_t told_bytes_max = std::size_t{1} << 20;
    const auto deadline = Clock::now() + patience;
    const fs::path path = spool_dir / socket_name;
    const Descriptor connection = new_socket(0);
    if (connection.get() < 0) return os_error("cannot make a local socket", errno);
    const auto address = address_in(spool_dir);
    if (!address) return address.error();
    // A host that is busy reloading lets some queue; the others wait here.
    const timeval wait{patience.count(), 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (::connect(connection.get(), raw(*address), sizeof address->address) != 0) {
        return Error{"no host answers at " + path.string() + " (" + std::strerror(errno) +
                     "): none serves from this spool, or it is starting or stopping"};
    }
    if (::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return os_error("cannot ask the host at " + path.string(), errno);
    }
    std::string told;
    if (!receive(connection.get(), told, told_bytes_max, deadline)) {
        return Error{"the host has not said within " + std::to_string(patience.count()) +
                     " s what became of it; its log will"};
    }
    if (told.size() < 2 || told[0] < '0' || told[0] > '2' || told[1] != '\n') {
        return Error{"the host ended before it said what became of it"};
    }
    return Told{told[0] - '0', told.substr(2)};
}

}  // namespace ingest::app
