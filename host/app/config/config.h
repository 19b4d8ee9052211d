#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/config/interpolate.h"
#include "app/config/node.h"
#include "app/config/setting.h"
#include "base/ip_network.h"
#include "base/log.h"
#include "model/schema.h"

// The configuration file as values. Units and limits: docs/configuration.md. The members' values
// here are the defaults; sizes are in bytes.
namespace ingest::app::config {

using std::chrono::milliseconds;

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;
inline constexpr std::uint64_t tib = 1024 * gib;

struct Service {
    std::string name = "sensor-ingestion-service";
    std::string environment = "development";
};

struct Log {
    log::Level level = log::Level::info;
    log::Format format = log::Format::json;
    bool audit = false;  // a line for each request of which readings were kept
};

struct Process {
    bool confined = true;   // it gives up what serving does not need
    // Where files can be written beside the spool; not given: nearly everywhere.
    std::optional<std::vector<std::filesystem::path>> writable;
    bool dumpable = false;  // core files and debuggers of the same user are let at it
};

struct RateLimit {
    bool enabled = false;
    std::uint32_t per_minute = 100;  // requests of one key, or else one client address
    std::uint32_t readings_per_minute = 0;  // 0: any number
};

struct Limits {
    std::uint64_t request_line_bytes = 4 * kib;
    std::uint64_t header_bytes = 8 * kib;
    std::uint32_t header_fields = 64;
    std::uint64_t body_bytes = mib;
    milliseconds handshake_timeout{5'000};
    milliseconds header_timeout{5'000};
    milliseconds body_timeout{10'000};
    std::uint64_t body_rate_min = kib;  // bytes per second
    milliseconds idle_timeout{30'000};
    milliseconds write_timeout{10'000};
    std::uint32_t connections = 4096;
    std::uint32_t connections_per_address = 256;
    std::uint32_t requests_per_connection = 10'000;  // 0: any number
    std::uint32_t handshakes = 256;  // of TLS, at a time
    std::uint32_t in_flight_requests = 2048;
    std::uint64_t in_flight_bytes = 64 * mib;  // of request bodies, all connections together
    std::uint64_t in_flight_bytes_per_address = 16 * mib;  // of one key, or else client address
};

struct NamedFile {
    std::filesystem::path path;  // as plugin_dirs are; empty: not given
    Mark mark;
};

struct Tls {
    enum class ClientCertificates { required, optional };
    NamedFile certificate;
    NamedFile key;
    NamedFile client_ca;
    ClientCertificates client_certificates = ClientCertificates::required;
};

// Who is let in. There is one only when it is on.
struct Auth {
    bool enabled = true;
    NamedFile keys;
    NamedFile jwks;  // the rest is about tokens
    std::string issuer;
    std::string audience;
    milliseconds skew{30'000};
};

struct Batch {
    std::uint32_t readings_max = 100;
};

struct Ndjson {
    std::uint32_t readings_max = 10'000;
};

struct Http {
    std::string host = "0.0.0.0";
    std::uint16_t port = 8001;   // 0: any free one
    std::uint32_t threads = 0;   // 0: half as many as CPU cores
    std::vector<std::string> cors_origins = {"*"};  // "*" or scheme://host[:port]; empty: none
    std::optional<Tls> tls;
    std::optional<Auth> auth;  // none: everybody is let in
    std::vector<IpNetwork> trusted_proxies;
    RateLimit rate_limit;
    Limits limits;
    Batch batch;
    Ndjson ndjson;
};

// A second listener, which serves who operates the host and has no readings.
struct Admin {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8002;  // 0: any free one
    friend bool operator==(const Admin&, const Admin&) = default;
};

// Where spans go. There is one only when requests are traced.
struct Tracing {
    std::string endpoint;
    std::uint32_t sample_every = 100;  // of requests without `traceparent`; 0: none of them
    friend bool operator==(const Tracing&, const Tracing&) = default;
};

enum class UnknownFields { ignore, reject, keep };

struct Reading {
    UnknownFields unknown_fields = UnknownFields::ignore;
    std::uint64_t text_bytes_max = 4 * kib;
    std::vector<model::Field> fields;
};

// A plugin as the file names it. Its options are checked against its manifest once it is loaded:
// options_to_json() in app/config/options.h.
struct PluginUse {
    std::string plugin;  // empty: missing or bad, which was reported
    std::string sha256;  // lower-case hex; empty: not asked for
    Node options;        // a map, or null where none are given; `mark` always points somewhere
    Mark mark;           // of the name
    std::string path;    // "sinks[0]", for messages
};

struct Validator {
    enum class OnError { refuse, pass };
    PluginUse use;
    OnError on_error = OnError::refuse;
};

struct Spool {
    std::filesystem::path dir = "./var/spool";  // relative to the working directory
    std::uint64_t size_max = 10 * gib;
    std::uint64_t segment_size = 64 * mib;
    std::uint64_t memory = 64 * mib;  // of groups kept for the lanes, so that they need not read
};

struct Sink {
    enum class Ready { optional, required };
    std::string name;
    PluginUse use;
    std::uint32_t workers = 1;
    std::uint32_t batch_rows_max = 5000;
    milliseconds write_timeout{30'000};
    Ready ready = Ready::optional;
    milliseconds retry_delay_min{100};
    milliseconds retry_delay_max{30'000};
};

enum class Ack { sink, spool };

struct Query {
    std::uint32_t readers = 2;
    milliseconds timeout{5'000};
};

struct Drain {
    milliseconds timeout{10'000};
};

struct Config {
    Service service;
    Process process;
    Log log;
    Http http;
    std::optional<Admin> admin;  // none: the API's port has what it would have
    std::optional<Tracing> tracing;
    Reading reading;
    std::vector<std::filesystem::path> plugin_dirs;  // absolute, or relative as the file's own path
    std::vector<Validator> validators;
    Spool spool;
    std::optional<std::size_t> storage;  // index in `sinks`
    Ack ack = Ack::spool;                // the file's default: sink when `storage` is given
    milliseconds ack_timeout{2'000};
    std::vector<Sink> sinks;
    Query query;
    Drain drain;
};

// What load() made of the file. When there are diagnostics, `config` is only good for one thing:
// to check the plugins that it names too, so that all errors are told in one go.
struct Loaded {
    Config config;
    Node document;  // as it stands in the file, to find the places of keys
    Setting settings;  // all that the file can have, with what the host makes of it
    Diagnostics diagnostics;
};

// Where relative paths of a configuration begin, if not at the working directory.
std::filesystem::path directory_of(const std::filesystem::path& file);

// Reads, interpolates and checks everything but plugins. Main thread, at start.
Loaded load(const std::filesystem::path& file,
            const Environment& environment = process_environment());

// What a file can have: every setting once, those of sections that are left out and one element of
// each list too, with its default for a value.
Setting outline();

}  // namespace ingest::app::config
