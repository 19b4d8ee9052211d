#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "fake_house.h"
#include "http/server.h"
#include "raw_client.h"

namespace ingest::http {

using nlohmann::json;

// A server on a free loopback port with a fake house behind it.
class ServerTest : public testing::Test {
protected:
    ServerTest() {
        options.threads = 2;
        options.version = "1.2.3";
        options.limits.linger_timeout = std::chrono::milliseconds(100);
        // A body that a test holds up waits for it, however busy the machine is.
        options.limits.body_rate_min = 0;
        options.limits.body_timeout = 2 * RawClient::patience;
    }

    void start() {
        auto socket = ListeningSocket::bind("127.0.0.1", 0);
        ASSERT_TRUE(socket) << socket.error().message;
        auto started = Server::start(std::move(*socket), options, house.services());
        ASSERT_TRUE(started) << started.error().message;
        server = std::move(*started);
    }

    RawClient connect() { return RawClient(server->port()); }
    // Over a connection that was open before; its last answer says so.
    static bool says_that_it_drains(RawClient& client) {
        client.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto got = client.receive();
        return got && got->status == 503 && got->field("connection") == "close";
    }

    // One request on its own connection.
    RawResponse ask(std::string_view bytes, bool to_head = false) {
        RawClient client(server->port());
        client.send(bytes);
        const auto response = client.receive(to_head);
        EXPECT_TRUE(response) << "no answer to " << bytes;
        return response.value_or(RawResponse{});
    }

    RawResponse get(const std::string& target, const std::string& fields = "") {
        return ask("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    }

    static std::string post_bytes(const std::string& body, const std::string& fields = "",
                                  const std::string& path = "/api/v1/sensors/ingest") {
        return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
               fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    RawResponse post(const std::string& body, const std::string& fields = "",
                     const std::string& path = "/api/v1/sensors/ingest") {
        return ask(post_bytes(body, fields, path));
    }

    // Until it holds, for at most half a minute.
    template <class Condition>
    static bool soon(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + RawClient::patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }

    // An error as the contract wants it, with the connection closed behind it.
    void expect_refused(const std::string& bytes, int status) {
        RawClient client(server->port());
        client.send(bytes);
        const auto response = client.receive();
        ASSERT_TRUE(response) << bytes;
        EXPECT_EQ(response->status, status) << bytes;
        EXPECT_EQ(response->field("connection"), "close") << bytes;
        expect_error_body(*response);
        EXPECT_TRUE(client.closed()) << bytes;
    }

    static void expect_error_body(const RawResponse& response) {
        EXPECT_EQ(response.field("content-type"), "application/json");
        EXPECT_LT(response.body.size(), 4096U);
        const json body = json::parse(response.body);
        EXPECT_EQ(body["status_code"], response.status);
        EXPECT_EQ(body["request_id"], response.field("x-request-id"));
        EXPECT_TRUE(body["error"].is_string());
        EXPECT_TRUE(body["detail"].is_string());
        EXPECT_TRUE(body["timestamp"].get<std::string>().ends_with("Z"));
    }

    FakeHouse house;
    Options options;
    std::unique_ptr<Server> server;
};

}  // namespace ingest::http
