#include "app/config/print.h"

#include <gmock/gmock.h>

#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view least =
    "reading: { fields: { t: { type: double } } }\nsinks: [ { name: db, plugin: demo } ]\n";

std::string print(const Loaded& loaded, const nlohmann::json& options = nlohmann::json::object()) {
    EXPECT_EQ(test::lines(loaded.diagnostics), "");
    return to_yaml(loaded.settings, "/etc/ingest",
                   [&](std::string_view, std::vector<std::string>&) { return options; });
}

std::string printed(const std::string& yaml, const nlohmann::json& options = {}) {
    return print(test::load_text(yaml + std::string(least)), options);
}

// What is printed is read, and printed the same.
void expect_round_trip(const std::string& yaml,
                       const nlohmann::json& options = nlohmann::json::object()) {
    const std::string once = print(test::load_text(yaml), options);
    EXPECT_EQ(print(test::load_text(once), options), once);
}

TEST(Print, HasDefaultsInTheOrderOfTheReference) {
    const std::string text = printed("");
    EXPECT_THAT(text, StartsWith("# The configuration that the host runs with: "));
    for (const char* part : {
             "\nservice:\n  name: sensor-ingestion-service\n  environment: development\n",
             "\nlog:\n  level: INFO\n  format: json\n  audit: false\n"
             "http:\n  host: \"0.0.0.0\"\n  port: 8001\n",
             "\n  trusted_proxies: []\n  cors:\n    origins:\n      - \"*\"\n  rate_limit:\n"
             "    enabled: false\n    per_minute: 100\n",
             "\n    body_bytes: 1MiB\n    handshake_timeout: 5s\n", "\nreading:\n",
             "\nplugin_dirs:\n", "\nvalidators: []\nspool:\n",
             "\nsinks:\n  - name: db\n    plugin: demo\n",
             "\nack_timeout: 2s\nquery:\n", "\ndrain:\n"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

TEST(Print, WhatTheFileSaysComesOutInOneForm) {
    const std::string text = printed("http: { port: '+9', rate_limit: { enabled: ON } }\n"
                                     "log: { level: critical }\nquery: { timeout: 60s }\n"
                                     "spool: { size_max: 1073741824 }\n");
    EXPECT_THAT(text, HasSubstr("  port: 9\n"));
    EXPECT_THAT(text, HasSubstr("    enabled: true\n"));
    EXPECT_THAT(text, HasSubstr("  level: ERROR\n"));
    EXPECT_THAT(text, HasSubstr("  timeout: 1m\n"));
    EXPECT_THAT(text, HasSubstr("  size_max: 1GiB\n"));
}

TEST(Print, WhatCannotBeSaidIsLeftOut) {
    const std::string text = printed("");
    for (const char* key : {"storage:", "sha256:", "tls:", "auth:", "admin:", "unit:"})
        EXPECT_THAT(text, Not(HasSubstr(key)));
    EXPECT_THAT(text, HasSubstr("\nack: spool\n"));
    EXPECT_THAT(printed("storage: db\n"), HasSubstr("\nstorage: db\nack: sink\n"));
}

TEST(Print, PathsOfTheFilesDirectoryBecomeAbsolute) {
    const std::string text = printed("plugin_dirs: [ p, /abs ]\nhttp:\n"
                                     "  tls: { certificate: a/../c.pem, key: /k.pem }\n");
    EXPECT_THAT(text, HasSubstr("plugin_dirs:\n  - \"/etc/ingest/p\"\n  - \"/abs\"\n"));
    EXPECT_THAT(text, HasSubstr("certificate: \"/etc/ingest/c.pem\"\n    key: \"/k.pem\"\n"));
    EXPECT_THAT(text, HasSubstr("\n  dir: \"./var/spool\"\n"));
}

TEST(Print, TextsThatCouldBeTakenForSomethingElseAreQuoted) {
    const auto as_option = [](const nlohmann::json& value) {
        const std::string text = printed("", {{"o", value}});
        const std::size_t begin = text.find("      o:") + 8;
        return text.substr(begin, text.find("\n    workers") - begin);
    };
    EXPECT_EQ(as_option("word-1_x"), " word-1_x");
    for (const char* text : {"", "null", "No", "y", "5", "0x10", "1e5", "~", "*", "&a", "a b", "-"})
        EXPECT_EQ(as_option(text), " \"" + std::string(text) + "\"");
    EXPECT_EQ(as_option("a\n\"\\"), R"( "a\n\"\\")");
    EXPECT_EQ(as_option(nullptr), " null");
    EXPECT_EQ(as_option(true), " true");
    EXPECT_EQ(as_option(5.0), " 5");
    EXPECT_EQ(as_option(-0.0), " -0.0");
    EXPECT_EQ(as_option(0.1), " 0.1");
    EXPECT_EQ(as_option(1e300), " 1e+300");
    EXPECT_EQ(as_option({{"no", nlohmann::json::array()}, {"b", nlohmann::json::object()}}),
              "\n        b: {}\n        \"no\": []");
    EXPECT_EQ(as_option({1, {2, 3}, {{"a", 1}, {"b", 2}}}),
              "\n        - 1\n        -\n          - 2\n          - 3\n"
              "        - a: 1\n          b: 2");
}

TEST(Print, DollarSignsStayWhatTheyAre) {
    for (const char* text : {"$", "$$", "$$$", "${X}", "$${X}", "a$b", "^[A-Z]+$", "$$${", "{$}"}) {
        SCOPED_TRACE(text);
        const std::string yaml = printed("", {{"o", text}});
        const Loaded loaded = test::load_text(yaml);
        EXPECT_EQ(test::lines(loaded.diagnostics), "");
        ASSERT_NE(loaded.config.sinks[0].use.options.find("o"), nullptr);
        EXPECT_EQ(loaded.config.sinks[0].use.options.find("o")->value.text, text);
    }
    EXPECT_THAT(printed("", {{"o", "^a$"}}), HasSubstr("\"^a$\""));
}

TEST(Print, NoListIsNotAnEmptyOne) {
    EXPECT_THAT(printed(""), HasSubstr("\nprocess:\n  confined: true\n  dumpable: false\n"));
    EXPECT_THAT(printed("process: { writable: [] }\n"), HasSubstr("\n  writable: []\n"));
    EXPECT_THAT(printed("process: { writable: [ /a ] }\n"),
                HasSubstr("\n  writable:\n    - \"/a\"\n"));
}

TEST(Print, IsReadBackAndPrintedTheSame) {
    expect_round_trip(std::string(least));
    expect_round_trip(R"(service: { name: "a $${b} \"c\" °" }
http:
  tls: { certificate: a.pem, key: b.pem, client_ca: ca.pem, client_certificates: optional }
  auth: { keys: k, jwt: { jwks: j, issuer: i, audience: a, skew: 1m } }
  trusted_proxies: "10.0.0.0/8, ::1"
  cors: { origins: "https://a.org, https://b.org" }
admin: { host: localhost, port: 1 }
reading:
  unknown_fields: keep
  fields: { null_: { type: double, unit: "" }, b: { type: string, required: yes } }
plugin_dirs: [ "p q" ]
validators: [ { plugin: v, on_error: pass } ]
storage: b
sinks:
  - { name: a, plugin: x, ready: required, retry: { delay_min: 1s } }
  - { name: b, plugin: x, sha256: )" + std::string(64, 'a') + " }\n",
                      {{"a", {{"b", {1, 2.5, "x"}}}}});
    expect_round_trip("http: { tls: { certificate: a, key: b } , auth: { enabled: false } }\n" +
                      std::string(least));
    expect_round_trip("process: { writable: [] }\n" + std::string(least));
    expect_round_trip("http: { cors: { origins: [] } }\n" + std::string(least));
}

TEST(Print, SecretsAreMaskedAndNamed) {
    const test::TemporaryDirectory dir;
    dir.write("port", "4711\n");
    const Loaded loaded = load(dir.write("c.yaml", R"(http: { port: "${file:port}" }
service: { environment: "a://u:canary@h" }
)" + std::string(least)), test::environment({}));
    ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.diagnostics.text();
    const std::string text =
        to_yaml(loaded.settings, ".", [](std::string_view path, std::vector<std::string>& masked) {
            masked.push_back(std::string(path) + ".options.url");
            return nlohmann::json{{"url", "***"}};
        });
    EXPECT_THAT(text, HasSubstr("# These are secret, and masked; put them in before this is used:\n"
                                "#   service.environment\n#   http.port\n"
                                "#   sinks[0].options.url\nservice:\n"));
    EXPECT_THAT(text, HasSubstr("  port: \"***\"\n"));
    EXPECT_THAT(text, HasSubstr("environment: \"a://u:***@h\"\n"));
    EXPECT_THAT(text, HasSubstr("      url: \"***\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("canary")));
    EXPECT_THAT(text, Not(HasSubstr("4711")));
}

}  // namespace
}  // namespace ingest::app::config
