#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <hiredis/hiredis.h>

// Redis as the tests see it: a client, and servers of their own to stop and kill.
namespace ingest::test {

// A client. Throws when the server is away; an error reply is answered as its text.
class RedisClient {
public:
    explicit RedisClient(int port, const std::string& password = "") {
        context_.reset(redisConnect("127.0.0.1", port));
        if (!context_ || context_->err != 0) throw std::runtime_error("no Redis on that port");
        if (!password.empty()) text({"AUTH", password});
    }
    std::string text(const std::vector<std::string>& arguments) {
        const Reply reply = call(arguments);
        return reply->str == nullptr ? "" : std::string(reply->str, reply->len);
    }
    long long integer(const std::vector<std::string>& arguments) {
        return call(arguments)->integer;
    }
    std::vector<std::string> list(const std::vector<std::string>& arguments) {
        const Reply reply = call(arguments);
        std::vector<std::string> texts;
        for (size_t i = 0; i < reply->elements; ++i) {
            texts.emplace_back(reply->element[i]->str, reply->element[i]->len);
        }
        return texts;
    }
    // The message that a consumer gets next; empty when none comes within a second.
    std::string brpop(const std::string& queue) {
        const auto answer = list({"BRPOP", queue, "1"});
        return answer.size() == 2 ? answer[1] : "";
    }

private:
    struct Freed {
        void operator()(redisContext* context) const { redisFree(context); }
        void operator()(redisReply* reply) const { freeReplyObject(reply); }
    };
    using Reply = std::unique_ptr<redisReply, Freed>;

    Reply call(const std::vector<std::string>& arguments) {
        std::vector<const char*> texts;
        std::vector<size_t> sizes;
        for (const auto& argument : arguments) {
            texts.push_back(argument.data());
            sizes.push_back(argument.size());
        }
        const int count = static_cast<int>(texts.size());
        Reply reply(static_cast<redisReply*>(
            redisCommandArgv(context_.get(), count, texts.data(), sizes.data())));
        if (!reply) throw std::runtime_error(std::string("Redis: ") + context_->errstr);
        return reply;
    }
    std::unique_ptr<redisContext, Freed> context_;
};

// A redis-server on a free loopback port that keeps nothing on disk. Killed with this, and with
// the process. The port stays the same over restarts.
class RedisServer {
public:
    explicit RedisServer(std::vector<std::string> options = {})
        : port_(free_port()), options_(std::move(options)) {
        start();
    }
    ~RedisServer() { kill(); }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    int port() const noexcept { return port_; }
    std::string url(const std::string& credentials = "", int database = 0) const {
        return "redis://" + credentials + "127.0.0.1:" + std::to_string(port_) + "/" +
               std::to_string(database);
    }
    void start() {
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ == 0) run();
        wait_until_it_listens();
    }
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    void stop() const { ::kill(pid_, SIGSTOP); }
    void go_on() const { ::kill(pid_, SIGCONT); }

    static int free_port() {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        bind(fd, reinterpret_cast<sockaddr*>(&address), size);
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        close(fd);
        return ntohs(address.sin_port);
    }

private:
    static sockaddr_in loopback(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    [[noreturn]] void run() {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        std::vector<std::string> arguments{
            "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
            "--save",       "",       "--appendonly",        "no",     "--dir",
            "/tmp"};
        arguments.insert(arguments.end(), options_.begin(), options_.end());
        std::vector<char*> pointers;
        for (auto& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        execvp("redis-server", pointers.data());
        _exit(127);
    }
    void wait_until_it_listens() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const sockaddr_in address = loopback(port_);
            const bool up =
                connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
            close(fd);
            if (up) return;
            if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
                pid_ = 0;
                throw std::runtime_error("redis-server ended at its start");
            }
            std::this_thread::yield();
        }
        throw std::runtime_error("redis-server does not listen");
    }

    int port_;
    std::vector<std::string> options_;
    pid_t pid_ = 0;
};

}  // namespace ingest::test
