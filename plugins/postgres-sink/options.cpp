#include "postgres-sink/options.h"

#include <libpq-fe.h>

#include <array>
#include <cctype>
#include <memory>

#include <ingest/sdk/destination.hpp>
#include <ingest/sdk/sink.hpp>
#include <nlohmann/json.hpp>

#include "postgres-sink/column_type.h"
#include "postgres-sink/destination.h"

namespace ingest::postgres_sink {
namespace {

using nlohmann::json;

constexpr std::string_view url_shape = "postgresql://user:password@host:port/database";

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_identifier(std::string_view name) noexcept {
    if (name.empty() || name.size() > 63 || !is_letter(name.front())) return false;
    for (const char c : name) {
        if (!is_letter(c) && (c < '0' || c > '9')) return false;
    }
    return true;
}

std::string parse_table(const std::string& text) {
    const std::size_t dot = text.find('.');
    const std::string_view all = text;
    const std::string_view table = dot == std::string::npos ? all : all.substr(dot + 1);
    const bool has_schema = dot != std::string::npos;
    if (!is_identifier(table) || (has_schema && !is_identifier(all.substr(0, dot)))) {
        throw sdk::config_error("/table",
                                "must be a name or schema.name; a name begins with a letter or _ "
                                "and has at most 63 letters, digits and _");
    }
    return has_schema ? quoted(all.substr(0, dot)) + "." + quoted(table) : quoted(table);
}

// The scheme as libpq has it: the service that came before named a Python driver in its URL
// (postgresql+asyncpg://), which says nothing to libpq.
std::string without_driver(const std::string& url) {
    const std::size_t end = url.find("://");
    if (end != std::string::npos) {
        std::string_view scheme = std::string_view(url).substr(0, end);
        scheme = scheme.substr(0, scheme.find('+'));
        if (scheme == "postgresql" || scheme == "postgres") {
            return "postgresql" + url.substr(end);
        }
    }
    throw sdk::config_error("/url", "must look like " + std::string(url_shape));
}

void append_setting(std::string& conninfo, std::string_view key, std::string_view value) {
    conninfo.append(key).append("='");
    for (const char c : value) {
        if (c == '\'' || c == '\\') conninfo += '\\';
        conninfo += c;
    }
    conninfo.append("' ");
}

// Ours first, then the URL's, which win: of a repeated keyword libpq takes the last one.
std::string conninfo_of(const std::string& url, std::chrono::seconds statement_timeout) {
    // libpq itself, because libpqxx can read a URL only by connecting. Its message is not shown:
    // it may quote the part of the URL that holds the password.
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(without_driver(url).c_str(), nullptr), &PQconninfoFree);
    if (!parsed) {
        throw sdk::config_error(
            "/url", "libpq cannot read it; it must look like " + std::string(url_shape) +
                        ", special characters of a password percent-encoded (@ is %40), and "
                        "parameters those of libpq (sslmode=require, not ssl=require)");
    }
    const std::chrono::milliseconds unanswered = statement_timeout;
    std::string conninfo;
    append_setting(conninfo, "application_name", "ingest-host");
    append_setting(conninfo, "keepalives", "1");
    append_setting(conninfo, "keepalives_idle", "30");
    append_setting(conninfo, "keepalives_interval", "10");
    append_setting(conninfo, "keepalives_count", "3");
    append_setting(conninfo, "tcp_user_timeout", std::to_string(unanswered.count()));
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        // With several hosts, a standby before its promotion must not be chosen.
        if (std::string_view(option->keyword) == "host" &&
            std::string_view(option->val).find(',') != std::string_view::npos) {
            conninfo.insert(0, "target_session_attrs='read-write' ");
        }
        append_setting(conninfo, option->keyword, option->val);
    }
    append_setting(conninfo, "client_encoding", "UTF8");
    return conninfo;
}

std::chrono::seconds parse_seconds(const json& options, const char* name,
                                   std::chrono::seconds otherwise, std::int64_t minimum) {
    const auto found = options.find(name);
    if (found == options.end()) return otherwise;
    constexpr std::int64_t maximum = 3600;
    const bool whole = found->is_number_integer();
    if (!whole || *found < minimum || *found > maximum) {
        throw sdk::config_error(std::string("/") + name,
                                "must be a number of whole seconds from " +
                                    std::to_string(minimum) + " to " + std::to_string(maximum));
    }
    return std::chrono::seconds(found->get<std::int64_t>());
}

std::string parse_text(const json& options, const char* name, const char* otherwise) {
    const auto found = options.find(name);
    if (found == options.end() && otherwise != nullptr) return otherwise;
    if (found == options.end() || !found->is_string()) {
        throw sdk::config_error(std::string("/") + name, "must be given, as text");
    }
    const std::string text = *found;
    if (text.find('\0') != std::string::npos) {
        throw sdk::config_error(std::string("/") + name, "must not contain NUL");
    }
    return text;
}

bool parse_flag(const json& options, const char* name, bool otherwise) {
    const auto found = options.find(name);
    if (found == options.end()) return otherwise;
    if (!found->is_boolean()) {
        throw sdk::config_error(std::string("/") + name, "must be true or false");
    }
    return *found;
}

}  // namespace

Options parse_options(std::string_view text) {
    const json options = json::parse(text, nullptr, false);
    if (!options.is_object()) throw sdk::config_error("", "the options must be a JSON object");
    Options parsed;
    parsed.table = parse_table(parse_text(options, "table", "sensor_data"));
    parsed.create_table = parse_flag(options, "create_table", parsed.create_table);
    // libpq takes a second for two.
    parsed.connect_timeout = parse_seconds(options, "connect_timeout_s", parsed.connect_timeout, 2);
    parsed.statement_timeout =
        parse_seconds(options, "statement_timeout_s", parsed.statement_timeout, 1);
    parsed.conninfo = conninfo_of(parse_text(options, "url", nullptr), parsed.statement_timeout);
    if (names_link_local(parsed.conninfo)) {
        throw sdk::config_error("/url", "leads to a link-local address: " +
                                            std::string(sdk::link_local_refused));
    }
    return parsed;
}

}  // namespace ingest::postgres_sink
