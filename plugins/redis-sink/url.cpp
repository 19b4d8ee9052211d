#include "url.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace ingest::redis_sink {

namespace {

constexpr char form[] = "must be redis://[user][:password]@host[:port][/db] or unix:///path[?db=N]";

std::optional<int> number(std::string_view text, int max) {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || text.front() == '-' || error != std::errc{} || stop != end) return {};
    if (value > max) return {};
    return value;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned code = 0;
        if (text.size() - i < 3) return {};
        const char* const end = text.data() + i + 3;
        if (std::from_chars(text.data() + i + 1, end, code, 16).ptr != end) return {};
        out += static_cast<char>(code);
        i += 2;
    }
    return out;
}

// Cuts `text` at the first or last `mark`: what stands behind it is returned, or nothing.
std::optional<std::string_view> cut(std::string_view& text, size_t mark) {
    if (mark == std::string_view::npos) return {};
    const std::string_view behind = text.substr(mark + 1);
    text = text.substr(0, mark);
    return behind;
}

bool read_credentials(std::string_view text, Endpoint& to) {
    const auto password = percent_decoded(cut(text, text.find(':')).value_or(""));
    const auto user = percent_decoded(text);
    if (!user || !password) return false;
    to.user = *user;
    to.password = *password;
    return true;
}

// host[:port] or [v6][:port]
bool read_address(std::string_view text, Endpoint& to) {
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        text.remove_prefix(1);
        const auto behind = cut(text, text.find(']'));
        if (!behind || (!behind->empty() && behind->front() != ':')) return false;
        port = behind->empty() ? "6379" : behind->substr(1);
    } else {
        port = cut(text, text.find(':')).value_or("6379");
    }
    const auto host = percent_decoded(text);
    const auto port_number = number(port, 65535);
    if (!host || host->empty() || host->find('\0') != std::string::npos) return false;
    if (!port_number || *port_number == 0) return false;
    to.host = *host;
    to.port = *port_number;
    return true;
}

bool read_socket(std::string_view text, Endpoint& to) {
    const auto path = percent_decoded(text);
    if (!path || path->size() < 2 || path->front() != '/') return false;
    if (path->find('\0') != std::string::npos) return false;
    to.socket = *path;
    return true;
}

bool read_database(std::string_view text, Endpoint& to) {
    const auto database = number(text, 1'000'000);
    if (database) to.database = *database;
    return database.has_value();
}

}  // namespace

std::string Endpoint::name() const {
    const std::string where = host.empty()                          ? socket
                              : host.find(':') != std::string::npos ? "[" + host + "]"
                                                                    : host;
    const std::string at = host.empty() ? where : where + ":" + std::to_string(port);
    return at + " database " + std::to_string(database);
}

std::variant<Endpoint, UrlError> parse_url(std::string_view url) {
    const size_t colon = url.find("://");
    if (colon == std::string_view::npos) return UrlError{form};
    std::string scheme(url.substr(0, colon));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (scheme == "rediss") {
        return UrlError{
            "rediss:// is not supported: this sink has no TLS; put stunnel or a proxy "
            "between, and give its address as redis://"};
    }
    if (scheme != "redis" && scheme != "unix") return UrlError{form};

    Endpoint endpoint;
    std::string_view rest = url.substr(colon + 3);
    if (const auto query = cut(rest, rest.rfind('?'))) {
        if (!query->starts_with("db=") || !read_database(query->substr(3), endpoint)) {
            return UrlError{
                "has a query that is not db=NUMBER; a ? in the password is written %3F"};
        }
    }
    // The last @, for passwords with an @ that was not escaped; a socket's path may have one too.
    const size_t search_end = scheme == "unix" ? rest.find('/') : std::string_view::npos;
    const size_t at = rest.rfind('@', search_end);
    if (at != std::string_view::npos) {
        if (!read_credentials(rest.substr(0, at), endpoint)) {
            return UrlError{"has a % in its credentials that is no escape: write % as %25"};
        }
        rest.remove_prefix(at + 1);
    }
    if (scheme == "unix") {
        if (!read_socket(rest, endpoint)) return UrlError{"needs a path: unix:///path/to/socket"};
        return endpoint;
    }
    const auto path = cut(rest, rest.find('/')).value_or("");
    if (!path.empty() && !read_database(path, endpoint)) {
        return UrlError{"ends in a database that is no number: redis://host:port/0"};
    }
    if (!read_address(rest, endpoint)) {
        return UrlError{std::string("has no usable host or port: it ") + form};
    }
    return endpoint;
}

}  // namespace ingest::redis_sink
