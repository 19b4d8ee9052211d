#include "http/tls_channel.h"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

#include "made_certificate.h"
#include "openssl_memory.h"
#include "support/temp_dir.h"

namespace ingest::http {
namespace {

using Next = TlsChannel::Next;
using ::testing::HasSubstr;

const bool counts = count_openssl_memory();

// A channel, and a client at the other end of its socket. Neither blocks.
struct Line {
    explicit Line(const SharedTls& tls) {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()) != 0)
            throw std::runtime_error("socketpair");
        channel = std::make_unique<TlsChannel>(tls, sockets[0]);
    }
    ~Line() {
        client.reset();
        channel.reset();
        ::close(sockets[0]);
        if (sockets[1] >= 0) ::close(sockets[1]);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    bool shake_hands() {
        context.reset(SSL_CTX_new(TLS_client_method()));
        client.reset(SSL_new(context.get()));
        SSL_set_fd(client.get(), sockets[1]);
        Next next = Next::wait_read;
        int connected = 0;
        for (int turn = 0; turn < 20 && (next != Next::done || connected != 1); ++turn) {
            if (connected != 1) connected = SSL_connect(client.get());
            if (next != Next::done) next = channel->handshake().next;
        }
        return next == Next::done && connected == 1;
    }
    void client_sends(std::string_view bytes) {
        EXPECT_EQ(::send(sockets[1], bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }

    std::array<int, 2> sockets{};
    std::unique_ptr<TlsChannel> channel;
    ContextOwner context;
    SslOwner client;
};

class TlsChannelTest : public testing::Test {
protected:
    TlsChannelTest() {
        const TlsFiles files{dir.path() / "c.pem", dir.path() / "c.key", {}, true};
        MadeCertificate("server").write(files.certificate, files.key);
        std::vector<TlsProblem> problems;
        tls = TlsContext::load(files, problems);
        for (const TlsProblem& problem : problems) ADD_FAILURE() << problem.wrong;
    }

    test::TempDir dir;
    SharedTls tls;
};

TEST_F(TlsChannelTest, ReadsAndWritesAndEnds) {
    Line line(tls);
    std::array<char, 100> room{};
    ASSERT_TRUE(line.shake_hands());
    EXPECT_FALSE(*line.channel->identity());
    EXPECT_EQ(line.channel->read(room.data(), room.size()).next, Next::wait_read);
    ASSERT_EQ(SSL_write(line.client.get(), "hello", 5), 5);
    const auto read = line.channel->read(room.data(), room.size());
    EXPECT_EQ(read.next, Next::done);
    EXPECT_EQ(std::string_view(room.data(), read.bytes), "hello");
    EXPECT_EQ(line.channel->write("answer").bytes, 6U);
    EXPECT_EQ(SSL_read(line.client.get(), room.data(), 100), 6);
    SSL_shutdown(line.client.get());
    EXPECT_EQ(line.channel->read(room.data(), room.size()).next, Next::ended);
    line.channel->say_goodbye();
    line.channel->say_goodbye();
    EXPECT_LE(SSL_read(line.client.get(), room.data(), 100), 0);
    EXPECT_EQ(SSL_get_shutdown(line.client.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsChannelTest, AWriteThatWaitsGoesOnFromElsewhere) {
    Line line(tls);
    ASSERT_TRUE(line.shake_hands());
    std::string sent(4 << 20, 'x');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 % 251);
    std::string got;
    std::string room(65536, '\0');
    std::size_t done = 0;
    bool waited = false;
    while (done < sent.size()) {
        const std::string moved = sent.substr(done);
        const auto step = line.channel->write(moved);
        if (step.next == Next::done) {
            done += step.bytes;
            continue;
        }
        ASSERT_EQ(step.next, Next::wait_write);
        waited = true;
        const int count = SSL_read(line.client.get(), room.data(), static_cast<int>(room.size()));
        if (count > 0) got.append(room, 0, static_cast<std::size_t>(count));
    }
    for (int count = 0; (count = SSL_read(line.client.get(), room.data(),
                                          static_cast<int>(room.size()))) > 0;)
        got.append(room, 0, static_cast<std::size_t>(count));
    EXPECT_TRUE(waited);
    EXPECT_EQ(got, sent);
}

TEST_F(TlsChannelTest, AClientThatIsGoneIsNoSignal) {
    Line line(tls);
    ASSERT_TRUE(line.shake_hands());
    ::close(std::exchange(line.sockets[1], -1));
    line.channel->write("to nobody");
    EXPECT_EQ(line.channel->write("to nobody").next, Next::failed);
    line.channel->say_goodbye();
}

TEST_F(TlsChannelTest, PlainHttpIsToldFromOtherGarbage) {
    for (const auto& [bytes, plain] : {std::pair<std::string, bool>{"DELETE / HTTP/1.1\r\n", true},
                                       {"GET / HTTP/1.1\r\n\r\n", true},
                                       {std::string("\x01\x02\x03\x04\x05\x06", 6), false}}) {
        Line line(tls);
        line.client_sends(bytes);
        EXPECT_EQ(line.channel->handshake().next, Next::failed);
        EXPECT_EQ(line.channel->spoken_to_plainly(), plain) << bytes;
        EXPECT_FALSE(line.channel->failure().empty());
    }
    Line line(tls);
    ::close(std::exchange(line.sockets[1], -1));
    EXPECT_EQ(line.channel->handshake().next, Next::failed);
    EXPECT_THAT(line.channel->failure(), HasSubstr("eof"));
}

// A hello of the largest size that OpenSSL takes, as far as the channel takes it in.
std::string huge_hello() {
    std::string hello("\x01\x01\xFF\x00\x03\x03", 6);
    hello.resize(130816, '\0');
    std::string records;
    for (std::size_t at = 0; at < hello.size(); at += 16000) {
        const std::string part = hello.substr(at, 16000);
        records += std::string("\x16\x03\x01", 3);
        records += static_cast<char>(part.size() >> 8);
        records += static_cast<char>(part.size() & 0xFF);
        records += part;
    }
    return records;
}

TEST_F(TlsChannelTest, AHugeHelloIsNotTakenIn) {
    Line line(tls);
    const std::string hello = huge_hello();
    Next next = Next::wait_read;
    std::size_t sent = 0;
    while (next == Next::wait_read && sent < hello.size()) {
        line.client_sends(std::string_view(hello).substr(sent, 16005));
        sent += 16005;
        next = line.channel->handshake().next;
        if (next == Next::wait_read) next = line.channel->handshake().next;
    }
    EXPECT_EQ(next, Next::failed);
    EXPECT_EQ(line.channel->failure(), "the handshake is too large");
    EXPECT_LE(sent, TlsChannel::handshake_bytes_max + 2 * 16005);
}

// Records that hold no data, many of them at once.
TEST_F(TlsChannelTest, KeysThatChangeWithoutEndTakeTurns) {
    Line line(tls);
    ASSERT_TRUE(line.shake_hands());
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set0_wbio(line.client.get(), out);
    for (int i = 0; i < 5000; ++i) {
        ASSERT_EQ(SSL_key_update(line.client.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        ASSERT_EQ(SSL_do_handshake(line.client.get()), 1);
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    ASSERT_GT(size, 2 * 64 * 1024);
    line.client_sends({bytes, static_cast<std::size_t>(size)});
    const auto left = [&line] {
        int count = 0;
        EXPECT_EQ(::ioctl(line.sockets[0], FIONREAD, &count), 0);
        return count;
    };
    char one = 0;
    for (int before = left(); before > 0; before = left()) {
        ASSERT_EQ(line.channel->read(&one, 1).next, Next::wait_read);
        EXPECT_LT(left(), before);
        EXPECT_LE(before - left(), 64 * 1024);
    }
}

TEST_F(TlsChannelTest, MemoryIsBounded) {
    ASSERT_TRUE(counts);
    constexpr std::size_t lines = 20;
    EXPECT_TRUE(Line(tls).shake_hands());  // what OpenSSL makes once
    std::vector<std::unique_ptr<Line>> held;
    std::size_t before = openssl_bytes;
    const std::string hello = huge_hello().substr(0, TlsChannel::handshake_bytes_max - 1);
    for (std::size_t i = 0; i < lines; ++i) {
        Line& line = *held.emplace_back(std::make_unique<Line>(tls));
        line.client_sends(hello);
        ASSERT_EQ(line.channel->handshake().next, Next::wait_read);
    }
    const std::size_t handshake = (openssl_bytes - before) / lines;
    EXPECT_LT(handshake, TlsChannel::handshake_memory_max);
    EXPECT_GT(handshake, TlsChannel::handshake_memory_max / 8) << "the hello was not taken in";
    held.clear();

    // Both buffers in use: a record half read, a record half written.
    before = openssl_bytes;
    for (std::size_t i = 0; i < lines; ++i) {
        Line& line = *held.emplace_back(std::make_unique<Line>(tls));
        ASSERT_TRUE(line.shake_hands());
        line.client.reset();
        line.context.reset();
    }
    const std::string much(1 << 20, 'x');
    const std::size_t idle = (openssl_bytes - before) / lines;
    before = openssl_bytes;
    for (auto& line : held) {
        char one = 0;
        line->client_sends(std::string_view("\x17\x03\x03\x40\x00half", 9));
        EXPECT_EQ(line->channel->read(&one, 1).next, Next::wait_read);
        while (line->channel->write(much).next == Next::done) {
        }
    }
    const std::size_t busy = (openssl_bytes - before) / lines;
    EXPECT_LT(idle + busy, TlsChannel::memory_max);
    RecordProperty("handshake_bytes", static_cast<int>(handshake));
    RecordProperty("idle_bytes", static_cast<int>(idle));
    RecordProperty("busy_bytes", static_cast<int>(busy));
}

}  // namespace
}  // namespace ingest::http
