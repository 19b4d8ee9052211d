#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace ingest::redis_sink {

// Where the server is and who asks. `user` and `password` are secrets.
struct Endpoint {
    std::string host = {};  // empty: `socket` is meant
    int port = 6379;
    std::string socket = {};
    std::string user = {};
    std::string password = {};
    int database = 0;

    // "127.0.0.1:6379 database 0": for messages, without secrets.
    std::string name() const;
};

struct UrlError {
    std::string message;  // never repeats a part of the url
};

// redis://[user][:password]@host[:port][/db] or unix://[user][:password]@/path[?db=N]. Everything
// but port and number is percent-decoded.
std::variant<Endpoint, UrlError> parse_url(std::string_view url);

}  // namespace ingest::redis_sink
