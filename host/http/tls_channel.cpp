#include "http/tls_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <openssl/err.h>

#include "base/ascii.h"
#include "http/openssl.h"
#include "http/tls_identity.h"

namespace ingest::http {

struct TlsChannel::Wire {
    // What one call takes off the socket: OpenSSL reads on over records that hold no data for as
    // long as there are any, and others have to get their turn.
    static constexpr std::size_t call_bytes_max = 64 * 1024;

    explicit Wire(int connected) noexcept : socket(connected) {}

    const int socket;
    std::size_t call_left = 0;
    std::size_t handshake_left = handshake_bytes_max;
    bool shaking_hands = true;
    bool ended = false;
    bool too_much = false;  // more in a handshake than it may take
    char first = 0;         // byte that came
};

namespace {

using Next = TlsChannel::Next;
using Wire = TlsChannel::Wire;

Wire& wire_of(BIO* bio) noexcept { return *static_cast<Wire*>(BIO_get_data(bio)); }

// OpenSSL's own socket BIO would raise SIGPIPE and knows no bounds.
int receive(BIO* bio, char* to, int size) {
    Wire& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    std::size_t room = std::min(static_cast<std::size_t>(size), wire.call_left);
    if (room == 0) {  // the socket can still be read: the next call comes at once
        BIO_set_retry_read(bio);
        return -1;
    }
    if (wire.shaking_hands) {
        wire.too_much = wire.handshake_left == 0;
        if (wire.too_much) return -1;
        room = std::min(room, wire.handshake_left);
    }
    const ssize_t got = ::recv(wire.socket, to, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    wire.ended = wire.ended || got == 0;
    if (got <= 0) return static_cast<int>(got);
    const auto count = static_cast<std::size_t>(got);
    if (wire.first == 0) wire.first = to[0];
    wire.call_left -= count;
    if (wire.shaking_hands) wire.handshake_left -= count;
    return static_cast<int>(got);
}

int send(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent =
        ::send(wire_of(bio).socket, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
    return 0;
}

// Made once and never freed, as OpenSSL's own are.
const BIO_METHOD* wire_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(made, receive);
        BIO_meth_set_write(made, send);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

}  // namespace

TlsChannel::TlsChannel(SharedTls context, int socket)
    : context_(std::move(context)), wire_(std::make_unique<Wire>(socket)) {
    BioOwner bio(BIO_new(wire_method()));
    SslOwner ssl(SSL_new(context_->native()));
    if (!bio || !ssl) throw std::bad_alloc();
    BIO_set_data(bio.get(), wire_.get());
    BIO_set_init(bio.get(), 1);
    BIO* both = bio.release();
    SSL_set_bio(ssl.get(), both, both);
    SSL_set_accept_state(ssl.get());
    ssl_ = ssl.release();
}

TlsChannel::~TlsChannel() { SSL_free(ssl_); }

void TlsChannel::begin_call() noexcept {
    ERR_clear_error();  // the queue is the thread's; what another channel left is not ours
    wire_->call_left = Wire::call_bytes_max;
}

TlsChannel::Step TlsChannel::step_of(int result, std::size_t bytes) {
    if (result > 0) return {Next::done, bytes};
    const int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ: return {Next::wait_read};
        case SSL_ERROR_WANT_WRITE: return {Next::wait_write};
        case SSL_ERROR_ZERO_RETURN: return {Next::ended};
        case SSL_ERROR_SYSCALL:
            failure_ = wire_->ended ? "the connection ended" : std::strerror(system_error);
            break;
        default: {
            failure_ = take_openssl_error();
            const long verified = SSL_get_verify_result(ssl_);
            if (verified != X509_V_OK)
                failure_ += std::string(": ") + X509_verify_cert_error_string(verified);
        }
    }
    if (wire_->too_much) failure_ = "the handshake is too large";
    failed_ = true;
    ERR_clear_error();
    return {Next::failed};
}

TlsChannel::Step TlsChannel::handshake() {
    begin_call();
    const Step step = step_of(SSL_do_handshake(ssl_), 0);
    if (step.next == Next::done) wire_->shaking_hands = false;
    return step;
}

TlsChannel::Step TlsChannel::read(char* to, std::size_t size) {
    begin_call();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_, to, size, &count);
    return step_of(result, count);
}

TlsChannel::Step TlsChannel::write(std::string_view bytes) {
    begin_call();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    return step_of(result, count);
}

void TlsChannel::say_goodbye() noexcept {
    if (failed_ || wire_->shaking_hands) return;
    if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
    begin_call();
    (void)SSL_shutdown(ssl_);
    ERR_clear_error();
}

bool TlsChannel::spoken_to_plainly() const noexcept {
    return wire_->shaking_hands && is_upper(wire_->first);
}

Result<Identity> TlsChannel::identity() const {
    const CertificateOwner certificate(SSL_get1_peer_certificate(ssl_));
    if (!certificate) return Identity{};
    return identity_of(*certificate);
}

}  // namespace ingest::http
