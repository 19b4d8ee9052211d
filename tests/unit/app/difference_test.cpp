#include "app/difference.h"

#include <cstdlib>
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>

#include "app/plugin_set.h"

namespace ingest::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using What = SinkFate::What;

MATCHER_P2(Fate, what, before, "") { return arg.what == what && arg.before == before; }

std::filesystem::path build() { return std::getenv("INGEST_BUILD_DIR"); }

config::Sink sqlite(const std::string& name) {
    config::Sink sink;
    sink.name = name;
    sink.use.plugin = "sqlite-sink";
    sink.use.options.kind = config::Node::Kind::map;
    config::Node path;
    path.kind = config::Node::Kind::scalar;
    path.text = path.shown = name + ".db";
    sink.use.options.members.push_back({"path", {}, path});
    return sink;
}

config::Validator validator(const std::string& plugin) {
    config::Validator made;
    made.use.plugin = plugin;
    return made;
}

class DifferenceTest : public ::testing::Test {
protected:
    DifferenceTest() {
        config_.reading.fields = {{"temperature", model::ColumnType::float64, true}};
        config_.sinks = {sqlite("a"), sqlite("b")};
        config_.storage = 0;
        config_.ack = config::Ack::sink;
        config_.validators = {validator("equipment-id"), validator("range")};
    }

    std::unique_ptr<Edition> edition(const config::Config& config) {
        auto edition = std::make_unique<Edition>();
        edition->config = config;
        config::Diagnostics diagnostics;
        edition->plan = make_plan(edition->config, plugins_, diagnostics);
        EXPECT_TRUE(diagnostics.empty()) << diagnostics.text();
        return edition;
    }
    // What this change makes of the first configuration.
    Difference after(const std::function<void(config::Config&)>& change) {
        config::Config now = config_;
        change(now);
        return difference_of(*edition(config_), *edition(now));
    }

    PluginSet plugins_{{build() / "plugins"}};
    config::Config config_;
};

TEST_F(DifferenceTest, NothingIsDifferent) {
    const Difference difference = after([](auto&) {});
    EXPECT_TRUE(difference.empty());
    EXPECT_FALSE(difference.board || difference.queries);
    EXPECT_THAT(difference.sinks, ElementsAre(Fate(What::keep, 0U), Fate(What::keep, 1U)));
    EXPECT_THAT(difference.kept, UnorderedElementsAre("sink a", "sink b", "validator range",
                                                      "validator equipment-id"));
}

TEST_F(DifferenceTest, SinksComeGoAndMove) {
    const Difference difference = after([](config::Config& now) {
        now.sinks = {sqlite("c"), sqlite("a")};
        now.storage = 1;
    });
    EXPECT_THAT(difference.sinks, ElementsAre(Fate(What::add, 0U), Fate(What::keep, 0U)));
    EXPECT_THAT(difference.sinks_removed, ElementsAre(1U));
    EXPECT_THAT(difference.added, ElementsAre("sink c"));
    EXPECT_THAT(difference.removed, ElementsAre("sink b"));
    EXPECT_FALSE(difference.board);
    EXPECT_FALSE(difference.queries);
}

TEST_F(DifferenceTest, WhatALaneIsMadeOfRebuildsIt) {
    const std::vector<std::function<void(config::Sink&)>> changes{
        [](config::Sink& sink) { sink.workers = 2; },
        [](config::Sink& sink) { sink.batch_rows_max = 1; },
        [](config::Sink& sink) { sink.write_timeout = config::milliseconds(1); },
        [](config::Sink& sink) { sink.retry_delay_min = config::milliseconds(1); },
        [](config::Sink& sink) { sink.retry_delay_max = config::milliseconds(1); },
        [](config::Sink& sink) { sink.use.options.members[0].value.text = "other.db"; }};
    for (const auto& change : changes) {
        const Difference difference = after([&](config::Config& now) { change(now.sinks[1]); });
        EXPECT_THAT(difference.sinks, ElementsAre(Fate(What::keep, 0U), Fate(What::rebuild, 1U)));
        EXPECT_THAT(difference.changed, ElementsAre("sink b"));
        EXPECT_FALSE(difference.board || difference.queries);
    }
}

TEST_F(DifferenceTest, ReadinessRebuildsNothing) {
    const Difference difference = after(
        [](config::Config& now) { now.sinks[1].ready = config::Sink::Ready::required; });
    EXPECT_THAT(difference.sinks, ElementsAre(Fate(What::keep, 0U), Fate(What::keep, 1U)));
    EXPECT_THAT(difference.changed, ElementsAre("sink b"));
}

TEST_F(DifferenceTest, WhoWaitsForWhom) {
    const Difference storage = after([](config::Config& now) { now.storage = 1; });
    EXPECT_TRUE(storage.board);
    EXPECT_TRUE(storage.queries);
    EXPECT_THAT(storage.sinks, ElementsAre(Fate(What::rebuild, 0U), Fate(What::rebuild, 1U)));

    const Difference spool = after([](config::Config& now) { now.ack = config::Ack::spool; });
    EXPECT_TRUE(spool.board);
    EXPECT_FALSE(spool.queries);
    EXPECT_THAT(spool.sinks, ElementsAre(Fate(What::rebuild, 0U), Fate(What::keep, 1U)));

    const Difference timeout =
        after([](config::Config& now) { now.ack_timeout = config::milliseconds(1); });
    EXPECT_TRUE(timeout.board);
    EXPECT_THAT(timeout.sinks, ElementsAre(Fate(What::rebuild, 0U), Fate(What::keep, 1U)));
    EXPECT_THAT(timeout.changed, UnorderedElementsAre("sink a", "ack_timeout"));

    config_.ack = config::Ack::spool;
    const Difference nobody =
        after([](config::Config& now) { now.ack_timeout = config::milliseconds(1); });
    EXPECT_FALSE(nobody.board);
    EXPECT_THAT(nobody.sinks, ElementsAre(Fate(What::keep, 0U), Fate(What::keep, 1U)));
}

TEST_F(DifferenceTest, WhoAnswersQueries) {
    EXPECT_TRUE(after([](config::Config& now) { now.query.readers = 7; }).queries);
    EXPECT_TRUE(
        after([](config::Config& now) { now.query.timeout = config::milliseconds(1); }).queries);
    EXPECT_TRUE(after([](config::Config& now) {
                    now.sinks[0].use.options.members[0].value.text = "other.db";
                }).queries);
    EXPECT_FALSE(after([](config::Config& now) { now.sinks[0].workers = 2; }).queries);
    EXPECT_TRUE(after([](config::Config& now) {
                    now.ack = config::Ack::spool;
                    now.storage.reset();
                }).queries);
}

TEST_F(DifferenceTest, Validators) {
    const Difference order =
        after([](config::Config& now) { std::swap(now.validators[0], now.validators[1]); });
    EXPECT_THAT(order.changed, ElementsAre("order of validators"));
    EXPECT_EQ(order.kept.size(), 4U);

    const Difference error = after([](config::Config& now) {
        now.validators[0].on_error = config::Validator::OnError::pass;
        now.validators.push_back(validator("range"));
    });
    EXPECT_THAT(error.changed, ElementsAre("validator equipment-id"));
    EXPECT_THAT(error.added, ElementsAre("validator range"));

    const Difference fewer = after([](config::Config& now) { now.validators.pop_back(); });
    EXPECT_THAT(fewer.removed, ElementsAre("validator range"));
    EXPECT_THAT(fewer.changed, IsEmpty());
}

}  // namespace
}  // namespace ingest::app
