#include <mutex>
#include <set>

#include "server_fixture.h"

namespace ingest::http {
namespace {

// A collector keeps something for each name, so clients must not be able to make names.
TEST_F(ServerTest, SpansAreNamedAfterKnownMethods) {
    std::mutex mutex;
    std::multiset<std::string> names;
    std::multiset<std::string> methods;
    trace::Tracer tracer({.sample_every = 1}, [&](trace::Span span) {
        const std::lock_guard lock(mutex);
        names.insert(span.name);
        for (const auto& attribute : span.attributes) {
            if (attribute.name == "http.request.method")
                methods.insert(std::get<std::string>(attribute.value));
        }
    });
    Services services = house.services();
    services.tracer = &tracer;
    auto socket = ListeningSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(socket) << socket.error().message;
    auto started = Server::start(std::move(*socket), options, std::move(services));
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    const std::string rest = " /health HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(ask("GET" + rest).status, 200);
    EXPECT_EQ(ask("DELETE" + rest).status, 405);
    for (const std::string method : {"BREW", "get", "X1", "X2"})
        EXPECT_EQ(ask(method + rest).status, 405) << method;
    server.reset();
    EXPECT_EQ(names, (std::multiset<std::string>{"DELETE /health", "GET /health", "HTTP /health",
                                                 "HTTP /health", "HTTP /health", "HTTP /health"}));
    EXPECT_EQ(methods, (std::multiset<std::string>{"DELETE", "GET", "_OTHER", "_OTHER", "_OTHER",
                                                   "_OTHER"}));
}

}  // namespace
}  // namespace ingest::http
