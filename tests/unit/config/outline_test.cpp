#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "app/config/descriptions.h"
#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

// fn(setting, path) for each setting, sections and elements of lists too.
template <class Fn>
void for_each(const Setting& setting, const std::string& path, const Fn& fn) {
    for (const Setting& member : setting.members) {
        const std::string inner = setting.kind == Setting::Kind::list ? path + "[]"
                                  : path.empty()                      ? member.key
                                                                      : path + "." + member.key;
        fn(member, inner);
        for_each(member, inner, fn);
    }
}

std::string text_of_file(const char* name) {
    std::ifstream in(test::source_dir() / name);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Outline, HasEverySettingOnceEvenOfSectionsThatAreLeftOut) {
    std::set<std::string> paths;
    for_each(outline(), "", [&](const Setting&, const std::string& path) {
        EXPECT_TRUE(paths.insert(path).second) << path;
    });
    for (const char* path : {"http.tls.key", "http.auth.jwt.skew", "admin.port",
                             "reading.fields.*.unit", "validators[].options", "sinks[].retry"}) {
        EXPECT_EQ(paths.count(path), 1U) << path;
    }
}

TEST(Outline, DescriptionsAreThoseOfTheSettings) {
    std::set<std::string> settings;
    for_each(outline(), "",
             [&](const Setting&, const std::string& path) { settings.insert(path); });
    std::set<std::string> described;
    for (const Description& one : all_descriptions()) {
        EXPECT_TRUE(described.insert(std::string(one.path)).second) << one.path << " twice";
        EXPECT_TRUE(one.text.ends_with('.')) << one.path;
    }
    EXPECT_EQ(settings, described) << "host/app/config/descriptions.cpp";
}

TEST(Outline, TheReferenceNamesEveryKey) {
    const std::string text = text_of_file("docs/configuration.md");
    for_each(outline(), "", [&](const Setting& setting, const std::string& path) {
        if (setting.key.empty() || setting.key == "*") return;
        EXPECT_NE(text.find("`" + setting.key + "`"), std::string::npos) << path;
    });
}

// Adds "PATH NAME" for each ${NAME...} of the file below the node.
void find_variables(const Node& node, const std::string& path, std::set<std::string>& found) {
    for (const Node& item : node.items) {
        find_variables(item, item.is_scalar() ? path : path + "[]", found);
    }
    for (const Node::Member& member : node.members)
        find_variables(member.value, path.empty() ? member.key : path + "." + member.key, found);
    if (node.shown.starts_with("${")) {
        const std::string name = node.shown.substr(2, node.shown.find_first_of(":}") - 2);
        found.insert(path + " " + name);
    }
}

TEST(Outline, EnvironmentNamesAreThoseOfTheFilesThatShip) {
    std::set<std::string> described;
    for (const Description& one : all_descriptions()) {
        if (!one.environment.empty())
            described.insert(std::string(one.path) + " " + std::string(one.environment));
    }
    const std::string reference = text_of_file("docs/configuration.md");
    for (const char* file : {"config.yaml", "presets/embedded.yaml", "presets/postgres.yaml",
                             "presets/postgres-redis.yaml", "presets/redis.yaml"}) {
        SCOPED_TRACE(file);
        const Loaded loaded = load(test::source_dir() / file, test::environment(
            {{"DATABASE_URL", "postgresql://h/d"}, {"REDIS_URL", "redis://h"}}));
        std::set<std::string> found;
        find_variables(loaded.document, "", found);
        EXPECT_GE(found.size(), 20U);
        std::set<std::string> of_host;
        for (const std::string& one : found) {
            // MIN_ and MAX_ of fields stand there by their first word.
            const std::string name = one.substr(one.find(' ') + 1);
            const bool bound = name.starts_with("MIN_") || name.starts_with("MAX_");
            const std::string documented = bound ? name.substr(4) : "`" + name + "`";
            EXPECT_NE(reference.find(documented), std::string::npos) << name;
            if (one.find(".options.") == std::string::npos) of_host.insert(one);
        }
        // Redis and SQLite take one writer, and presets are not for who debugs.
        of_host.insert("sinks[].workers DB_POOL_SIZE");
        of_host.insert("process.confined PROCESS_CONFINED");
        of_host.insert("process.dumpable PROCESS_DUMPABLE");
        EXPECT_EQ(described, of_host);
    }
}

TEST(Outline, PatternsForEditorsAreTheRulesOfTheHost) {
    std::size_t patterns = 0;
    for_each(outline(), "", [&](const Setting& setting, const std::string& path) {
        if (setting.rule.pattern.empty()) return;
        ++patterns;
        const std::regex pattern{std::string(setting.rule.pattern)};
        for (const std::string& text :
             {std::string(), std::string("a"), std::string("A"), std::string("a-b_c"),
              std::string("9a"), std::string("-"), std::string("a b"), std::string("a/b"),
              std::string("a\nb"), std::string("a\tb"), std::string("\x01"), std::string("a.so"),
              std::string(32, 'a'), std::string(33, 'a'), std::string(63, 'a'),
              std::string(64, 'a'), std::string(65, 'a'), std::string(64, 'F'),
              std::string(64, 'g'), std::string(100, 'a'), std::string(101, 'a')}) {
            EXPECT_EQ(std::regex_match(text, pattern), setting.rule.fits(text))
                << path << ": \"" << text << '"';
        }
    });
    EXPECT_GE(patterns, 10U);
}

}  // namespace
}  // namespace ingest::app::config
