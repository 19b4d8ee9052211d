#include "app/keys.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include <gmock/gmock.h>

namespace ingest::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

config::Config some_config() {
    config::Config config;
    config.reading.fields = {{"temperature", model::ColumnType::float64, true},
                             {"rpm", model::ColumnType::int64, false}};
    config.sinks.resize(2);
    config.sinks[0].name = "a";
    config.sinks[1].name = "b";
    return config;
}

config::Config changed(const std::function<void(config::Config&)>& change) {
    config::Config config = some_config();
    change(config);
    return config;
}

std::vector<std::string> refused(const config::Config& now, bool socket_passed = false) {
    config::Diagnostics diagnostics("a.yaml");
    refuse_restarts(some_config(), now, {}, socket_passed, diagnostics);
    return diagnostics.lines();
}

std::vector<std::string> live(const config::Config& now) {
    return changed_keys(some_config(), now);
}

// config.yaml has every key: that each is of one kind or the other is decided for all of them.
TEST(Keys, EachIsKnown) {
    const std::filesystem::path source = std::getenv("INGEST_SOURCE_DIR");
    const config::Loaded loaded = config::load(source / "config.yaml", [](const std::string&) {
        return std::optional<std::string>("1");
    });
    std::function<void(const config::Node&, const std::string&)> walk =
        [&](const config::Node& node, const std::string& path) {
            for (const auto& member : node.members) {
                const std::string inner = (path.empty() ? "" : path + ".") + member.key;
                const bool whole = inner == "reading.fields" || inner == "sinks" ||
                                   inner == "validators" || inner == "plugin_dirs" ||
                                   inner == "http.cors.origins" || inner == "http.tls";
                if (member.value.is_map() && !whole) {
                    walk(member.value, inner);
                } else {
                    EXPECT_THAT(known_keys(), Contains(inner));
                }
            }
        };
    ASSERT_TRUE(loaded.document.is_map());
    walk(loaded.document, "");
}

TEST(Keys, NothingDiffers) {
    EXPECT_THAT(refused(some_config()), IsEmpty());
    EXPECT_THAT(live(some_config()), IsEmpty());
}

TEST(Keys, WhatNeedsARestartIsRefusedAllAtOnce) {
    const auto lines = refused(changed([](config::Config& config) {
        config.service.name = "other";
        config.http.threads = 7;
        config.spool.memory = 1;
        config.reading.unknown_fields = config::UnknownFields::keep;
    }));
    EXPECT_THAT(lines,
                ElementsAre(HasSubstr("a.yaml: http.threads: a change of it needs a restart"),
                            HasSubstr("reading.unknown_fields: a change from or to `keep`"),
                            HasSubstr("service.name"), HasSubstr("spool.memory")));
}

TEST(Keys, AConfinedProcessCannotBeMadeDumpable) {
    const auto dumpable = changed([](config::Config& config) { config.process.dumpable = true; });
    EXPECT_THAT(refused(dumpable),
                ElementsAre(HasSubstr("process.dumpable: turning it on in a confined process")));
    config::Diagnostics diagnostics("a.yaml");
    refuse_restarts(dumpable, some_config(), {}, false, diagnostics);
    config::Config before = some_config();
    before.process.confined = false;
    config::Config after = dumpable;
    after.process.confined = false;
    refuse_restarts(before, after, {}, false, diagnostics);
    EXPECT_THAT(diagnostics.lines(), IsEmpty());
}

TEST(Keys, APassedSocketHasNoHostAndPort) {
    const auto moved = changed([](config::Config& config) {
        config.http.host = "127.0.0.1";
        config.http.port = 1;
    });
    EXPECT_THAT(refused(moved), ElementsAre(HasSubstr("http.host"), HasSubstr("http.port")));
    EXPECT_THAT(refused(moved, true), IsEmpty());
}

TEST(Keys, FieldsAreTheSchema) {
    using Fields = std::vector<model::Field>;
    const auto with = [](const std::function<void(Fields&)>& change) {
        return refused(changed([&](config::Config& config) { change(config.reading.fields); }));
    };
    EXPECT_THAT(with([](Fields& fields) { fields.push_back({"torque"}); }),
                ElementsAre(HasSubstr("reading.fields.torque: a new field needs a restart")));
    EXPECT_THAT(with([](Fields& fields) { fields.pop_back(); }),
                ElementsAre(HasSubstr("taking the field \"rpm\" away needs a restart")));
    EXPECT_THAT(with([](Fields& fields) { fields[1].type = model::ColumnType::utf8; }),
                ElementsAre(HasSubstr("reading.fields.rpm: another type")));
    EXPECT_THAT(with([](Fields& fields) { fields[1].required = true; }),
                ElementsAre(HasSubstr("reading.fields.rpm: another type")));
    EXPECT_THAT(with([](Fields& fields) { std::swap(fields[0], fields[1]); }),
                ElementsAre(HasSubstr("reading.fields: another order")));
    EXPECT_THAT(with([](Fields& fields) { fields[1].unit = "1/min"; }), IsEmpty());
}

TEST(Keys, WhatChangesLive) {
    EXPECT_THAT(live(changed([](config::Config& config) {
                    config.log.level = log::Level::debug;
                    config.http.limits.body_bytes = 1;
                    config.http.cors_origins = {};
                    config.reading.fields[0].description = "hot";
                })),
                ElementsAre("log.level", "http.cors.origins", "http.limits.body_bytes",
                            "reading.fields"));
}

TEST(Keys, StorageIsASinkAndNotItsPlace) {
    config::Config before = some_config();
    before.storage = 0;
    config::Config now = some_config();
    std::swap(now.sinks[0], now.sinks[1]);
    now.storage = 1;
    EXPECT_THAT(changed_keys(before, now), IsEmpty());
    now.storage = 0;
    EXPECT_THAT(changed_keys(before, now), ElementsAre("storage"));
    now.storage.reset();
    EXPECT_THAT(changed_keys(before, now), ElementsAre("storage"));
}

}  // namespace
}  // namespace ingest::app
