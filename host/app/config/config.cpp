#include "app/config/config.h"

#include <algorithm>
#include <array>

#include "app/config/access.h"
#include "app/config/cors_origins.h"
#include "app/config/document.h"
#include "app/config/names.h"
#include "app/config/reader.h"
#include "app/config/reading.h"
#include "base/ascii.h"

namespace ingest::app::config {

namespace {

constexpr milliseconds hour{3'600'000};
constexpr milliseconds second{1'000};

constexpr TextRule label{
    [](std::string_view text) {
        return !text.empty() && text.size() <= 100 &&
               std::none_of(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    },
    "a text of 1..100 bytes on one line", R"([^\u0000-\u001F]{1,100})"};
constexpr TextRule address{
    [](std::string_view text) {
        return !text.empty() && text.find_first_of(" \t\r\n/") == std::string_view::npos;
    },
    "an IP address or a host's name, such as 0.0.0.0", R"([^ \t\r\n\/]+)"};
// Without user and password: it stands in the log.
constexpr TextRule collector_url{
    [](std::string_view text) {
        const auto host = text.starts_with("http://") ? 7U : text.starts_with("https://") ? 8U : 0U;
        return host != 0 && text.size() > host && text[host] != '/' &&
               std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; }) &&
               text.find('@') == std::string_view::npos;
    },
    "a URL with http or https and without a password, such as http://127.0.0.1:4318/v1/traces",
    R"(https?:\/\/[^\/@ ][^@ ]*)"};
constexpr TextRule plugin_id{
    [](std::string_view text) {
        return !text.empty() && text.size() <= 64 &&
               std::all_of(text.begin(), text.end(),
                           [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
    },
    "a plugin's name: 1..64 of a-z, 0-9 and -, without .so", "[a-z0-9-]{1,64}"};
constexpr TextRule sha256{
    [](std::string_view text) {
        return text.size() == 64 &&
               text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    },
    "64 hexadecimal digits, as sha256sum prints them", "[0-9a-fA-F]{64}"};
constexpr TextRule sink_name{
    [](std::string_view text) { return is_identifier(text, 32, "_-"); },
    "a letter a-z, then up to 31 of a-z, 0-9, _ and -", "[a-z][a-z0-9_-]{0,31}"};
// Members of the health answers beside the sinks, which stand there by name.
constexpr std::array<std::string_view, 8> taken_sink_names{
    "service", "status", "version", "timestamp", "uptime_seconds", "stuck_calls", "spool",
    "checks"};
void read_service(MapReader& map, Service& service) {
    map.text("name", service.name, label);
    map.text("environment", service.environment, label);
}

// Relative ones begin at `base`. Returns what it was noted as, until the next key is read.
Setting& read_directories(MapReader& map, std::string_view key,
                          std::vector<std::filesystem::path>& to,
                          const std::filesystem::path& base,
                          std::vector<std::string> otherwise) {
    const Node* node = map.find(key);
    std::vector<std::string> written;
    if (node == nullptr) {
        written = std::move(otherwise);
    } else if (!node->is_sequence()) {
        map.error(key, "found " + describe(*node), "give a list of directories");
    } else {
        for (const Node& item : node->items) {
            if (item.broken || !map.may_be_shown(key, item)) continue;
            if (item.is_scalar() && !item.text.empty()) {
                written.push_back(item.text);
            } else {
                map.diagnostics().add(item.mark, map.path_of(key) + ": found " + describe(item),
                                      "give the path of a directory");
            }
        }
    }
    for (const std::string& dir : written) to.push_back((base / dir).lexically_normal());
    Setting& noted = map.record(key, Setting::Kind::texts, node, std::move(written));
    noted.is_path = true;
    return noted;
}

void read_process(MapReader& map, Process& process, const std::filesystem::path& base) {
    map.boolean("confined", process.confined);
    std::vector<std::filesystem::path> writable;
    read_directories(map, "writable", writable, base, {}).is_fixed = false;
    if (map.has("writable")) process.writable = std::move(writable);
    map.boolean("dumpable", process.dumpable);
}

void read_log(MapReader& map, Log& log) {
    using log::Format;
    using log::Level;
    static constexpr Choice<Level> levels[] = {{"DEBUG", Level::debug},
                                               {"INFO", Level::info},
                                               {"WARNING", Level::warn},
                                               {"ERROR", Level::error},
                                               {"CRITICAL", Level::error}};
    static constexpr Choice<Format> formats[] = {{"json", Format::json}, {"text", Format::text}};
    map.choice("level", log.level, levels);
    map.choice("format", log.format, formats);
    map.boolean("audit", log.audit);
}

void read_rate_limit(MapReader& map, RateLimit& limit) {
    map.boolean("enabled", limit.enabled);
    map.integer("per_minute", limit.per_minute, {1, 1'000'000});
    map.integer("readings_per_minute", limit.readings_per_minute, {0, 10'000'000});
}

void read_limits(MapReader& map, Limits& limits) {
    map.size("request_line_bytes", limits.request_line_bytes, {128, 64 * kib});
    map.size("header_bytes", limits.header_bytes, {512, 256 * kib});
    map.integer("header_fields", limits.header_fields, {8, 1000});
    map.size("body_bytes", limits.body_bytes, {kib, 256 * mib});
    map.duration("handshake_timeout", limits.handshake_timeout, {milliseconds(100), hour});
    map.duration("header_timeout", limits.header_timeout, {milliseconds(100), hour});
    map.duration("body_timeout", limits.body_timeout, {milliseconds(100), hour});
    map.size("body_rate_min", limits.body_rate_min, {0, gib});
    map.duration("idle_timeout", limits.idle_timeout, {milliseconds(100), 24 * hour});
    map.duration("write_timeout", limits.write_timeout, {milliseconds(100), hour});
    map.integer("connections", limits.connections, {1, 1'000'000});
    map.integer("connections_per_address", limits.connections_per_address, {1, 1'000'000});
    map.integer("requests_per_connection", limits.requests_per_connection, {0, 1'000'000'000});
    map.integer("handshakes", limits.handshakes, {1, 100'000});
    map.integer("in_flight_requests", limits.in_flight_requests, {1, 1'000'000});
    map.size("in_flight_bytes", limits.in_flight_bytes, {mib, tib});
    // A compressed body, and what comes out of it.
    const std::uint64_t needed = 2 * limits.body_bytes;
    if (limits.in_flight_bytes < needed) {
        map.error(map.has("in_flight_bytes") ? "in_flight_bytes" : "body_bytes",
                  "in_flight_bytes is less than two body_bytes, so the largest body can never pass "
                  "compressed",
                  "make in_flight_bytes at least twice body_bytes");
    }
    limits.in_flight_bytes_per_address = std::max(limits.in_flight_bytes / 4, needed);
    map.size("in_flight_bytes_per_address", limits.in_flight_bytes_per_address, {kib, tib});
    if (map.has("in_flight_bytes_per_address") && limits.in_flight_bytes_per_address < needed) {
        map.error("in_flight_bytes_per_address",
                  "in_flight_bytes_per_address is less than two body_bytes, so the largest body "
                  "can never pass compressed",
                  "make it at least twice body_bytes");
    }
}

void read_batch(MapReader& map, Batch& batch) {
    map.integer("readings_max", batch.readings_max, {1, 100'000});
}

void read_ndjson(MapReader& map, Ndjson& ndjson) {
    map.integer("readings_max", ndjson.readings_max, {1, 100'000});
}

void read_http(MapReader& map, Http& http, const std::filesystem::path& base) {
    map.text("host", http.host, address);
    map.integer("port", http.port, {0, 65535});
    map.integer("threads", http.threads, {0, 1024});
    map.optional_section("tls", http.tls,
                         [&](MapReader& tls, Tls& to) { read_tls(tls, to, base); });
    read_auth(map, http.auth, base);
    read_trusted_proxies(map, http.trusted_proxies);
    map.section("cors", http.cors_origins, read_cors);
    map.section("rate_limit", http.rate_limit, read_rate_limit);
    map.section("limits", http.limits, read_limits);
    map.section("batch", http.batch, read_batch);
    map.section("ndjson", http.ndjson, read_ndjson);
}

void read_admin(MapReader& map, Admin& admin) {
    map.text("host", admin.host, address);
    map.integer("port", admin.port, {0, 65535});
}

void read_tracing(MapReader& map, Tracing& tracing) {
    map.text("endpoint", tracing.endpoint, collector_url);
    map.require("endpoint", "give the URL of a collector, http://127.0.0.1:4318/v1/traces");
    map.integer("sample_every", tracing.sample_every, {0, 1'000'000'000});
}

void read_plugin(MapReader& map, PluginUse& use) {
    use.path = map.path();
    use.mark = map.mark();
    use.options.mark = map.mark();
    map.text("plugin", use.plugin, plugin_id);
    map.require("plugin", "give a plugin's name");
    if (const Node::Member* member = map.node().find("plugin")) {
        use.mark = member->value.mark;
        use.options.mark = use.mark;
    }
    map.text("sha256", use.sha256, sha256);
    for (char& c : use.sha256) c = to_lower(c);
    const Node* options = map.find("options");
    map.record("options", Setting::Kind::options, options);
    if (options != nullptr) {
        if (options->is_map()) {
            use.options = *options;
        } else if (!options->is_null()) {
            map.error("options", "found " + describe(*options), "give a map of options");
        }
    }
}

void read_validator(MapReader& map, Validator& validator) {
    static constexpr Choice<Validator::OnError> choices[] = {
        {"refuse", Validator::OnError::refuse}, {"pass", Validator::OnError::pass}};
    read_plugin(map, validator.use);
    map.choice("on_error", validator.on_error, choices);
}

void read_spool(MapReader& map, Spool& spool) {
    std::string dir = spool.dir.string();
    if (map.text("dir", dir, some_text)) spool.dir = dir;
    map.size("size_max", spool.size_max, {2 * mib, 1024 * tib});
    map.size("segment_size", spool.segment_size, {64 * kib, gib});
    map.size("memory", spool.memory, {mib, tib});
    if (spool.size_max < 4 * spool.segment_size) {
        map.error(map.has("size_max") ? "size_max" : "segment_size",
                  "size_max is less than four segments",
                  "make size_max at least four times segment_size");
    }
}

void read_retry(MapReader& map, Sink& sink) {
    map.duration("delay_min", sink.retry_delay_min, {milliseconds(1), hour});
    map.duration("delay_max", sink.retry_delay_max, {milliseconds(1), hour});
    if (sink.retry_delay_min > sink.retry_delay_max) {
        map.error(map.has("delay_max") ? "delay_max" : "delay_min",
                  "delay_min is greater than delay_max", "make delay_max at least delay_min");
    }
}

void read_sink(MapReader& map, Sink& sink) {
    static constexpr Choice<Sink::Ready> choices[] = {{"required", Sink::Ready::required},
                                                      {"optional", Sink::Ready::optional}};
    if (map.text("name", sink.name, sink_name) && contains(taken_sink_names, sink.name)) {
        map.error("name", describe(*map.find("name")) + " is a member of the health answer already",
                  "give the sink another name");
    }
    map.require("name", "give a name of your choice");
    read_plugin(map, sink.use);
    map.integer("workers", sink.workers, {1, 64});
    map.integer("batch_rows_max", sink.batch_rows_max, {1, 1'000'000});
    map.duration("write_timeout", sink.write_timeout, {milliseconds(100), hour});
    map.choice("ready", sink.ready, choices);
    map.section("retry", sink, read_retry);
}

void read_query(MapReader& map, Query& query) {
    map.integer("readers", query.readers, {1, 64});
    map.duration("timeout", query.timeout, {milliseconds(100), hour});
}

void read_drain(MapReader& map, Drain& drain) {
    map.duration("timeout", drain.timeout, {milliseconds(0), hour});
}

void read_sinks(MapReader& map, std::vector<Sink>& sinks) {
    map.list("sinks", sinks, read_sink);
    Setting& setting = map.recorded("sinks");
    setting.required = true;
    setting.min = 1;
    const Node::Member* member = map.node().find("sinks");
    if (sinks.empty() &&
        (member == nullptr || member->value.is_null() || member->value.is_sequence())) {
        map.error("sinks", "there is no sink", "give at least one, or readings lead nowhere");
    }
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        const auto here = sinks.begin() + static_cast<std::ptrdiff_t>(i);
        const auto same = std::find_if(sinks.begin(), here,
                                       [&](const Sink& s) { return s.name == here->name; });
        if (here->name.empty() || same == here) continue;
        const Node::Member* name = member->value.items[i].find("name");
        map.diagnostics().add(name->value.mark,
                              here->use.path + ".name: " + same->use.path + " has the name " +
                                  describe(name->value) + " too",
                              "give each sink a name of its own");
    }
}

void read_storage(MapReader& map, Config& config) {
    static constexpr Choice<Ack> choices[] = {{"sink", Ack::sink}, {"spool", Ack::spool}};
    std::string name;
    if (map.text("storage", name, some_text)) {
        std::vector<std::string_view> names;
        for (const Sink& sink : config.sinks) names.push_back(sink.name);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            map.error("storage", "there is no sink " + describe(*map.find("storage")),
                      names.empty() ? "name one under sinks" : suggest(name, names));
        } else {
            config.storage = static_cast<std::size_t>(found - names.begin());
        }
    }
    config.ack = map.has("storage") ? Ack::sink : Ack::spool;
    map.choice("ack", config.ack, choices);
    map.recorded("ack").is_fixed = false;
    if (config.ack == Ack::sink && !map.has("storage")) {
        map.error("ack", "waits for a storage sink, and none is named",
                  "add `storage: NAME`, or write `ack: spool`");
    }
    map.duration("ack_timeout", config.ack_timeout, {milliseconds(1), second * 60});
}

void read_config(MapReader& map, Config& config, const std::filesystem::path& base) {
    map.section("service", config.service, read_service);
    map.section("process", config.process,
                [&](MapReader& process, Process& to) { read_process(process, to, base); });
    map.section("log", config.log, read_log);
    map.section("http", config.http,
                [&](MapReader& http, Http& to) { read_http(http, to, base); });
    map.optional_section("admin", config.admin, read_admin);
    map.optional_section("tracing", config.tracing, read_tracing);
    map.section("reading", config.reading, read_reading);
    map.recorded("reading").required = true;
    const Node::Member* reading = map.node().find("reading");
    const Node::Member* fields = reading ? reading->value.find("fields") : nullptr;
    if (fields == nullptr || fields->value.is_null() ||
        (fields->value.is_map() && fields->value.members.empty())) {
        map.error("reading", "there is no field",
                  "give at least one, `reading: { fields: { temperature: { type: double } } }`");
    }
    read_directories(map, "plugin_dirs", config.plugin_dirs, base, {"plugins"});
    map.list("validators", config.validators, read_validator);
    map.section("spool", config.spool, read_spool);
    read_sinks(map, config.sinks);
    read_storage(map, config);
    map.section("query", config.query, read_query);
    map.section("drain", config.drain, read_drain);
}

}  // namespace

std::filesystem::path directory_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : ".";
}

Loaded load(const std::filesystem::path& file, const Environment& environment) {
    Loaded loaded{.config = {},
                  .document = {},
                  .settings = {},
                  .diagnostics = Diagnostics(file.string())};
    const std::filesystem::path base = directory_of(file);
    const std::optional<std::string> yaml = read_file(file, loaded.diagnostics);
    if (!yaml) return loaded;
    std::optional<Node> root = parse(*yaml, Sources{environment, base}, loaded.diagnostics);
    if (!root) return loaded;
    loaded.document = std::move(*root);
    MapReader map(loaded.document, "", loaded.diagnostics, loaded.settings);
    read_config(map, loaded.config, base);
    map.finish();
    return loaded;
}

Setting outline() {
    Setting settings;
    Config ignored;
    Diagnostics missing;
    const Node nothing;
    MapReader map(nothing, "", missing, settings, MapReader::Purpose::outline);
    read_config(map, ignored, {});
    return settings;
}

}  // namespace ingest::app::config
