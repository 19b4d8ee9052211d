#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using test::environment;
using test::load_text;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view least = R"(
reading: { fields: { t: { type: double } } }
sinks: [ { name: db, plugin: demo } ]
)";

Config good(std::string_view yaml, const Environment& variables = environment({})) {
    Loaded loaded = load_text(yaml, variables);
    EXPECT_EQ(test::lines(loaded.diagnostics), "");
    return std::move(loaded.config);
}

Config preset(const std::string& name, const Environment& variables) {
    Loaded loaded = load(test::source_dir() / name, variables);
    EXPECT_EQ(loaded.diagnostics.text(), "");
    return std::move(loaded.config);
}

const Environment servers =
    environment({{"DATABASE_URL", "postgresql://u:p@h/d"}, {"REDIS_URL", "redis://h"}});

TEST(Load, DefaultsOfTheLeastConfiguration) {
    const Config config = good(least);
    EXPECT_EQ(config.service.name, "sensor-ingestion-service");
    EXPECT_EQ(config.http.port, 8001);
    EXPECT_EQ(config.http.cors_origins, std::vector<std::string>{"*"});
    EXPECT_FALSE(config.http.rate_limit.enabled);
    EXPECT_EQ(config.http.limits.body_bytes, 1U << 20U);
    EXPECT_EQ(config.spool.dir, "./var/spool");
    EXPECT_FALSE(config.storage);
    EXPECT_EQ(config.ack, Ack::spool);
    EXPECT_EQ(config.sinks.at(0).workers, 1U);
    EXPECT_TRUE(config.sinks.at(0).use.options.is_null());
    EXPECT_EQ(config.sinks.at(0).use.options.mark, (Mark{3, 30}));
    EXPECT_EQ(config.sinks.at(0).use.path, "sinks[0]");
}

// Every key, none with its default.
constexpr const char* every_key = R"(
service: { name: n, environment: e }
log: { level: critical, format: TEXT }
http:
  host: "::1"
  port: 0
  threads: 3
  tls: { certificate: c.pem, key: /k.pem, client_ca: a/../ca.pem, client_certificates: Optional }
  cors: { origins: [ https://a.org, "http://b.org:81" ] }
  rate_limit: { enabled: yes, per_minute: 7 }
  limits: { request_line_bytes: 1KiB, header_bytes: 2KiB, header_fields: 9, body_bytes: 3KiB,
            handshake_timeout: 900ms, header_timeout: 1s, body_timeout: 2s, body_rate_min: 0,
            idle_timeout: 3s,
            write_timeout: 4s, connections: 5, connections_per_address: 6, handshakes: 7,
            requests_per_connection: 8,
            in_flight_requests: 8, in_flight_bytes: 7MiB,
            in_flight_bytes_per_address: 6MiB }
  batch: { readings_max: 8 }
  ndjson: { readings_max: 9 }
admin: { host: "::1", port: 10 }
tracing: { endpoint: "https://c/v1/traces", sample_every: 11 }
reading:
  unknown_fields: keep
  text_bytes_max: 10
  fields:
    a: { type: double, unit: m, required: true, description: d }
    b: { type: integer }
    c: { type: string }
    d: { type: boolean }
    e: { type: timestamp }
plugin_dirs: [ p, /q ]
validators: [ { plugin: v, on_error: pass, options: { x: 1 } } ]
spool: { dir: s, size_max: 1GiB, segment_size: 1MiB, memory: 2MiB }
storage: two
ack: spool
ack_timeout: 3s
sinks:
  - { name: one, plugin: p-1 }
  - { name: two, plugin: p-2, workers: 64, batch_rows_max: 9, write_timeout: 1m, ready: required,
      sha256: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1,
      retry: { delay_min: 2s, delay_max: 2m } }
query: { readers: 4, timeout: 6s }
drain: { timeout: 0s }
process: { confined: false, writable: [ /w ], dumpable: true }
)";

TEST(Load, EveryKeyOfTheServerIsRead) {
    const Config config = good(every_key);
    EXPECT_EQ(config.service.name + config.service.environment, "ne");
    EXPECT_FALSE(config.process.confined);
    EXPECT_EQ(config.process.writable, (std::vector<std::filesystem::path>{"/w"}));
    EXPECT_TRUE(config.process.dumpable);
    EXPECT_EQ(config.log.level, log::Level::error);
    EXPECT_EQ(config.log.format, log::Format::text);
    EXPECT_EQ(config.http.host, "::1");
    EXPECT_EQ(config.http.port, 0);
    EXPECT_EQ(config.http.threads, 3U);
    EXPECT_EQ(config.http.cors_origins,
              (std::vector<std::string>{"https://a.org", "http://b.org:81"}));
    EXPECT_TRUE(config.http.rate_limit.enabled);
    EXPECT_EQ(config.http.rate_limit.per_minute, 7U);
    const Limits& limits = config.http.limits;
    EXPECT_EQ(limits.request_line_bytes, kib);
    EXPECT_EQ(limits.header_bytes, 2 * kib);
    EXPECT_EQ(limits.header_fields, 9U);
    EXPECT_EQ(limits.body_bytes, 3 * kib);
    EXPECT_EQ(limits.handshake_timeout, milliseconds(900));
    EXPECT_EQ(limits.header_timeout, milliseconds(1'000));
    EXPECT_EQ(limits.body_timeout, milliseconds(2'000));
    EXPECT_EQ(limits.body_rate_min, 0U);
    EXPECT_EQ(limits.idle_timeout, milliseconds(3'000));
    EXPECT_EQ(limits.write_timeout, milliseconds(4'000));
    EXPECT_EQ(limits.connections, 5U);
    EXPECT_EQ(limits.connections_per_address, 6U);
    EXPECT_EQ(limits.handshakes, 7U);
    EXPECT_EQ(limits.requests_per_connection, 8U);
    EXPECT_EQ(limits.in_flight_requests, 8U);
    EXPECT_EQ(limits.in_flight_bytes, 7 * mib);
    EXPECT_EQ(limits.in_flight_bytes_per_address, 6 * mib);
    EXPECT_EQ(config.http.batch.readings_max, 8U);
    EXPECT_EQ(config.http.ndjson.readings_max, 9U);
}

TEST(Load, TheShareOfAnAddressFollowsTheWhole) {
    const auto share = [](const std::string& limits) {
        return good("http: { limits: { " + limits + " } }\n" + std::string(least))
            .http.limits.in_flight_bytes_per_address;
    };
    EXPECT_EQ(good(least).http.limits.in_flight_bytes_per_address, 16 * mib);
    EXPECT_EQ(share("in_flight_bytes: 256MiB"), 64 * mib);
    EXPECT_EQ(share("in_flight_bytes: 4MiB"), 2 * mib);
    EXPECT_EQ(share("body_bytes: 512KiB, in_flight_bytes: 1MiB"), mib);
    EXPECT_EQ(share("body_bytes: 24MiB"), 48 * mib);
}

TEST(Load, TheAdminListenerIsThereWhenItIsNamed) {
    EXPECT_FALSE(good(least).admin);
    EXPECT_FALSE(good(std::string("admin:\n") + std::string(least)).admin);
    EXPECT_EQ(good(std::string("admin: {}\n") + std::string(least)).admin,
              (Admin{.host = "127.0.0.1", .port = 8002}));
    EXPECT_EQ(good(every_key).admin, (Admin{.host = "::1", .port = 10}));
}

TEST(Load, TracingIsThereWhenItIsNamed) {
    EXPECT_FALSE(good(least).tracing);
    EXPECT_EQ(good(every_key).tracing,
              (Tracing{.endpoint = "https://c/v1/traces", .sample_every = 11}));
}

TEST(Load, FilesOfTlsBeginAtTheConfiguration) {
    EXPECT_FALSE(good(least).http.tls);
    EXPECT_FALSE(good(std::string("http: { tls: }") + std::string(least)).http.tls);
    const Config config = good(every_key);
    ASSERT_TRUE(config.http.tls);
    const Tls& tls = *config.http.tls;
    const auto base = config.plugin_dirs.at(0).parent_path();
    EXPECT_EQ(tls.certificate.path, base / "c.pem");
    EXPECT_EQ(tls.certificate.mark, (Mark{8, 23}));
    EXPECT_EQ(tls.key.path, "/k.pem");
    EXPECT_EQ(tls.client_ca.path, base / "ca.pem");
    EXPECT_EQ(tls.client_certificates, Tls::ClientCertificates::optional);
}

TEST(Load, EveryKeyOfReadingsAndValidatorsIsRead) {
    const Config config = good(every_key);
    EXPECT_EQ(config.reading.unknown_fields, UnknownFields::keep);
    EXPECT_EQ(config.reading.text_bytes_max, 10U);
    using model::ColumnType;
    EXPECT_EQ(config.reading.fields,
              (std::vector<model::Field>{{"a", ColumnType::float64, true, "m", "d"},
                                         {"b", ColumnType::int64},
                                         {"c", ColumnType::utf8},
                                         {"d", ColumnType::boolean},
                                         {"e", ColumnType::timestamp}}));
    EXPECT_EQ(config.validators.at(0).use.plugin, "v");
    EXPECT_EQ(config.validators.at(0).on_error, Validator::OnError::pass);
    EXPECT_NE(config.validators.at(0).use.options.find("x"), nullptr);
}

TEST(Load, EveryKeyOfDeliveryIsRead) {
    const Config config = good(every_key);
    EXPECT_EQ(config.spool.dir, "s");
    EXPECT_EQ(config.spool.size_max, gib);
    EXPECT_EQ(config.spool.segment_size, mib);
    EXPECT_EQ(config.spool.memory, 2 * mib);
    EXPECT_EQ(config.storage, 1U);
    EXPECT_EQ(config.ack, Ack::spool);
    EXPECT_EQ(config.ack_timeout, milliseconds(3'000));
    const Sink& sink = config.sinks.at(1);
    EXPECT_EQ(sink.name, "two");
    EXPECT_EQ(sink.use.plugin, "p-2");
    EXPECT_EQ(sink.use.sha256, std::string(63, 'a') + "1");
    EXPECT_EQ(sink.workers, 64U);
    EXPECT_EQ(sink.batch_rows_max, 9U);
    EXPECT_EQ(sink.write_timeout, milliseconds(60'000));
    EXPECT_EQ(sink.ready, Sink::Ready::required);
    EXPECT_EQ(sink.retry_delay_min, milliseconds(2'000));
    EXPECT_EQ(sink.retry_delay_max, milliseconds(120'000));
    EXPECT_EQ(config.query.readers, 4U);
    EXPECT_EQ(config.query.timeout, milliseconds(6'000));
    EXPECT_EQ(config.drain.timeout, milliseconds(0));
}

TEST(Load, StorageMakesTheAnswerWaitForIt) {
    EXPECT_EQ(good(std::string(least) + "storage: db\n").ack, Ack::sink);
}

TEST(Load, EmptySectionsAreDefaults) {
    EXPECT_EQ(good(std::string(least) + "http:\nvalidators:\nspool: {}\n").http.port, 8001);
}

TEST(Load, CorsOriginsInEveryForm) {
    const auto origins = [](const std::string& value) {
        return good(std::string(least) + "http: { cors: { origins: \"${CORS_ORIGINS:-*}\" } }\n",
                    environment({{"CORS_ORIGINS", value}}))
            .http.cors_origins;
    };
    const std::vector<std::string> both{"https://a.org", "http://b.org:3000"};
    EXPECT_EQ(origins(""), std::vector<std::string>{"*"});
    EXPECT_EQ(origins("*"), std::vector<std::string>{"*"});
    EXPECT_EQ(origins("https://a.org,http://b.org:3000"), both);
    EXPECT_EQ(origins(" https://a.org , http://b.org:3000"), both);
    EXPECT_EQ(origins(R"(["https://a.org", "http://b.org:3000"])"), both);
    EXPECT_EQ(origins(R"(["*"])"), std::vector<std::string>{"*"});
    EXPECT_EQ(origins("[]"), std::vector<std::string>{});
    EXPECT_EQ(good(std::string(least) + "http: { cors: { origins: [] } }\n").http.cors_origins,
              std::vector<std::string>{});
}

TEST(Load, PluginDirsBeginAtTheFile) {
    const test::TemporaryDirectory dir;
    const auto file =
        dir.write("c.yaml", std::string(least) + "plugin_dirs: [ a, ./b, \"${P:-../c}\", /d ]\n");
    EXPECT_EQ(load(file, environment({})).config.plugin_dirs,
              (std::vector<std::filesystem::path>{dir.path() / "a", dir.path() / "b",
                                                  dir.path().parent_path() / "c", "/d"}));
}

TEST(Load, SpoolDirAndSecretsOfTheirOwnFiles) {
    const test::TemporaryDirectory dir;
    dir.write("url", "redis://:p@h\n");
    const auto file = dir.write("c.yaml", R"(
reading: { fields: { t: { type: double } } }
sinks: [ { name: q, plugin: redis-sink, options: { url: "${file:url}" } } ]
)");
    const Loaded loaded = load(file, environment({}));
    EXPECT_EQ(loaded.diagnostics.text(), "");
    const Node::Member* url = loaded.config.sinks.at(0).use.options.find("url");
    ASSERT_NE(url, nullptr);
    EXPECT_EQ(url->value.text, "redis://:p@h");
    EXPECT_TRUE(url->value.secret);
}

// Such as the key itself where the path of its file belongs.
TEST(Load, WhatIsShownDoesNotComeFromAFile) {
    const test::TemporaryDirectory dir;
    dir.write("canary", "canary");
    for (const auto& [key, text] : std::vector<std::pair<std::string, std::string>>{
             {"http.tls.key", "http: { tls: { certificate: a, key: \"${file:canary}\" } }"},
             {"http.tls.client_ca",
              "http: { tls: { certificate: a, key: a, client_ca: \"${file:canary}\" } }"},
             {"http.auth.keys", "http: { auth: { keys: \"${file:canary}\" } }"},
             {"http.auth.jwt.jwks",
              "http: { auth: { jwt: { jwks: \"${file:canary}\", issuer: a, audience: a } } }"},
             {"http.host", "http: { host: \"${file:canary}\" }"},
             {"service.name", "service: { name: \"${file:canary}\" }"},
             {"spool.dir", "spool: { dir: \"${file:canary}\" }"},
             {"plugin_dirs", "plugin_dirs: [ a, \"${file:canary}\" ]"},
             {"process.writable", "process: { writable: [ \"${file:canary}\" ] }"},
             {"tracing.endpoint", "tracing: { endpoint: \"${file:canary}\" }"},
             {"validators[0].plugin", "validators: [ { plugin: \"${file:canary}\" } ]"}}) {
        const Loaded loaded = load(dir.write("c.yaml", std::string(least) + text + "\n"),
                                   environment({}));
        ASSERT_EQ(loaded.diagnostics.errors().size(), 1U) << loaded.diagnostics.text();
        const std::string told = loaded.diagnostics.text();
        EXPECT_THAT(told, HasSubstr(": " + key + ": comes from a file, as secrets do, and is "
                                    "shown in logs; write it here, or take it from the "
                                    "environment"));
        EXPECT_THAT(told, Not(HasSubstr("canary")));
    }
}

// What is good is there in spite of errors, so that its plugins can be checked in the same go.
TEST(Load, KeepsWhatIsGood) {
    const Loaded loaded = load_text(std::string(least) + "validators: [ { plugin: range }, {} ]\n");
    EXPECT_EQ(loaded.diagnostics.errors().size(), 1U);
    ASSERT_EQ(loaded.config.validators.size(), 2U);
    EXPECT_EQ(loaded.config.validators[0].use.plugin, "range");
    EXPECT_EQ(loaded.config.validators[1].use.plugin, "");
    EXPECT_EQ(loaded.config.sinks.at(0).use.plugin, "demo");
}

TEST(Presets, AreGood) {
    for (const char* name : {"config.yaml", "presets/postgres-redis.yaml", "presets/postgres.yaml",
                             "presets/redis.yaml", "presets/embedded.yaml"}) {
        SCOPED_TRACE(name);
        const Config config = preset(name, servers);
        EXPECT_EQ(config.http.host, "0.0.0.0");
        EXPECT_EQ(config.http.port, 8001);
        EXPECT_FALSE(config.http.rate_limit.enabled);
        EXPECT_EQ(config.reading.fields.size(), 5U);
        EXPECT_EQ(config.reading.fields[0].unit, "\u00B0C");
        ASSERT_EQ(config.validators.size(), 3U);
        EXPECT_EQ(config.validators[0].use.options.find("pattern")->value.text,
                  "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$");
        ASSERT_TRUE(config.storage);
        EXPECT_EQ(*config.storage, 0U);
        EXPECT_EQ(config.ack, Ack::sink);
    }
}

TEST(Presets, TakeTheEnvironmentOfTheServiceReplaced) {
    const Environment variables = environment({{"DATABASE_URL", "postgresql://h/d"},
                                               {"REDIS_URL", "redis://h"},
                                               {"REDIS_QUEUE_NAME", "q"},
                                               {"HOST", "127.0.0.1"},
                                               {"PORT", "0"},
                                               {"LOG_LEVEL", "Debug"},
                                               {"LOG_FORMAT", "text"},
                                               {"ENVIRONMENT", "production"},
                                               {"CORS_ORIGINS", R"(["https://a.org"])"},
                                               {"RATE_LIMIT_ENABLED", "True"},
                                               {"RATE_LIMIT_PER_MINUTE", "5"},
                                               {"MIN_TEMPERATURE", "-1.5"},
                                               {"MAX_VOLTAGE", "600"},
                                               {"EQUIPMENT_ID_PATTERN", "^X$"},
                                               {"DB_POOL_SIZE", "9"},
                                               {"SPOOL_DIR", "/s"},
                                               {"PLUGIN_DIR", "/p"}});
    for (const char* name : {"config.yaml", "presets/postgres-redis.yaml"}) {
        SCOPED_TRACE(name);
        const Config config = preset(name, variables);
        EXPECT_EQ(config.http.host, "127.0.0.1");
        EXPECT_EQ(config.http.port, 0);
        EXPECT_EQ(config.log.level, log::Level::debug);
        EXPECT_EQ(config.log.format, log::Format::text);
        EXPECT_EQ(config.service.environment, "production");
        EXPECT_EQ(config.http.cors_origins, std::vector<std::string>{"https://a.org"});
        EXPECT_TRUE(config.http.rate_limit.enabled);
        EXPECT_EQ(config.http.rate_limit.per_minute, 5U);
        EXPECT_EQ(config.validators[0].use.options.find("pattern")->value.text, "^X$");
        const Node& range = config.validators[1].use.options;
        EXPECT_EQ(range.find("temperature")->value.find("min")->value.text, "-1.5");
        EXPECT_EQ(range.find("voltage")->value.find("max")->value.text, "600");
        EXPECT_EQ(config.sinks[0].workers, 9U);
        EXPECT_EQ(config.sinks[0].use.options.find("url")->value.text, "postgresql://h/d");
        EXPECT_EQ(config.sinks[1].use.options.find("queue")->value.text, "q");
        EXPECT_EQ(config.spool.dir, "/s");
        EXPECT_EQ(config.plugin_dirs, std::vector<std::filesystem::path>{"/p"});
    }
    EXPECT_EQ(preset("presets/embedded.yaml", environment({{"SQLITE_PATH", "/x.db"}}))
                  .sinks[0].use.options.find("path")->value.text,
              "/x.db");
}

TEST(Presets, MissingServersAreNamed) {
    const Loaded loaded = load(test::source_dir() / "config.yaml", environment({}));
    ASSERT_EQ(loaded.diagnostics.errors().size(), 2U);
    EXPECT_EQ(loaded.diagnostics.errors()[0].text,
              "the environment variable DATABASE_URL is not set; set it to "
              "postgresql://user:password@host:port/database");
}

// config.yaml says the defaults; so they are the ones of the structs.
TEST(Presets, TheFullConfigurationHoldsTheDefaults) {
    const Config full = preset("config.yaml", servers);
    const Config bare = good(least);
    const auto limits = [](const Config& c) {
        const Limits& l = c.http.limits;
        return std::tuple(l.request_line_bytes, l.header_bytes, l.header_fields, l.body_bytes,
                          l.header_timeout, l.body_timeout, l.body_rate_min, l.idle_timeout,
                          l.write_timeout, l.connections, l.connections_per_address,
                          l.in_flight_bytes, l.in_flight_bytes_per_address);
    };
    const auto rest = [](const Config& c) {
        return std::tuple(c.service.name, c.service.environment, c.process.confined,
                          c.process.writable, c.process.dumpable, c.log.level,
                          c.log.format, c.log.audit, c.http.threads, c.http.cors_origins,
                          c.http.rate_limit.per_minute,
                          c.http.batch.readings_max, c.http.ndjson.readings_max,
                          c.reading.unknown_fields,
                          c.reading.text_bytes_max, c.spool.dir, c.spool.size_max,
                          c.spool.segment_size, c.spool.memory, c.ack_timeout, c.query.readers,
                          c.query.timeout, c.drain.timeout);
    };
    EXPECT_EQ(limits(full), limits(bare));
    EXPECT_EQ(rest(full), rest(bare));
    EXPECT_EQ(full.sinks[0].batch_rows_max, bare.sinks[0].batch_rows_max);
    EXPECT_EQ(full.sinks[0].write_timeout, bare.sinks[0].write_timeout);
    EXPECT_EQ(full.sinks[0].ready, bare.sinks[0].ready);
    EXPECT_EQ(full.sinks[0].retry_delay_min, bare.sinks[0].retry_delay_min);
    EXPECT_EQ(full.sinks[0].retry_delay_max, bare.sinks[0].retry_delay_max);
}

}  // namespace
}  // namespace ingest::app::config
