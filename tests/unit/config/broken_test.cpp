#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using test::environment;

struct Broken {
    std::string name;
    std::string yaml;
    std::string expected;
    bool alone = false;
};

std::vector<Broken> read_cases() {
    std::ifstream in(test::source_dir() / "tests/unit/config/broken.txt");
    std::vector<Broken> cases;
    bool in_yaml = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("=== ")) {
            const bool alone = line.ends_with(" alone");
            cases.push_back({line.substr(4), "", "", alone});
            in_yaml = true;
        } else if (line == "---") {
            in_yaml = false;
        } else if (!cases.empty() && !line.empty()) {
            (in_yaml ? cases.back().yaml : cases.back().expected) += line + "\n";
        }
    }
    return cases;
}

std::string completed(const Broken& broken) {
    std::string yaml = broken.yaml;
    const auto has = [&yaml](const std::string& key) {
        return yaml.starts_with(key) || yaml.find("\n" + key) != std::string::npos;
    };
    if (broken.alone) return yaml;
    if (!has("reading:")) yaml += "reading: { fields: { t: { type: double } } }\n";
    if (!has("sinks:")) yaml += "sinks: [ { name: db, plugin: demo } ]\n";
    return yaml;
}

TEST(Broken, EveryErrorIsToldWithItsPlaceAndTheRemedy) {
    const std::vector<Broken> cases = read_cases();
    ASSERT_GE(cases.size(), 100U);
    const Environment variables = environment(
        {{"PORT", "s3cret-port"}, {"EMPTY", ""}, {"SECRET", "s3cret"}, {"SIZE", "-1"}});
    for (const Broken& broken : cases) {
        SCOPED_TRACE(broken.name);
        const Loaded loaded = test::load_text(completed(broken), variables);
        EXPECT_EQ(test::lines(loaded.diagnostics), broken.expected);
        EXPECT_FALSE(loaded.diagnostics.empty());
        EXPECT_EQ(loaded.diagnostics.text().find("s3cret"), std::string::npos);
    }
}

// Whatever the cases expect: each line is FILE:LINE:COLUMN: WRONG; RIGHT.
TEST(Broken, EveryLineHasAFileAPlaceAndWhatWouldBeRight) {
    const std::regex form(R"((.+)/c\.yaml:[1-9][0-9]*:[1-9][0-9]*: .+; .+)");
    for (const Broken& broken : read_cases()) {
        SCOPED_TRACE(broken.name);
        const test::TemporaryDirectory dir;
        const auto file = dir.write("c.yaml", completed(broken));
        for (const std::string& line : load(file, environment({})).diagnostics.lines()) {
            std::smatch parts;
            ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
            EXPECT_EQ(parts[1], dir.path().string());
        }
    }
}

TEST(Broken, WhatIsCompletedForTheCasesIsGood) {
    EXPECT_EQ(test::lines(test::load_text(completed({"", "", "", false})).diagnostics), "");
}

TEST(Broken, TextHasTheFileInEveryLine) {
    const test::TemporaryDirectory dir;
    const auto file = dir.write("a.yaml", "http: 1\nlog: 2\n");
    const std::string text = load(file, environment({})).diagnostics.text();
    EXPECT_NE(text.find(file.string() + ":1:7: http: found \"1\"; give a map"), std::string::npos);
    EXPECT_NE(text.find("\n" + file.string() + ":2:6: log: found \"2\";"), std::string::npos);
}

TEST(Broken, UnreadableFiles) {
    const test::TemporaryDirectory dir;
    const auto expect = [](const std::filesystem::path& file, const std::string& text) {
        EXPECT_EQ(load(file, environment({})).diagnostics.text(), file.string() + ": " + text);
    };
    expect(dir.path() / "none.yaml",
           "cannot be opened: No such file or directory; give the path of a readable YAML file\n");
    expect(dir.path(), "is a directory; give the path of a readable YAML file\n");
    expect(dir.write("big.yaml", std::string((1U << 20U) + 1, '#')),
           "is over 1 MiB; give a configuration file\n");
    const auto locked = dir.write("locked.yaml", "http: {}\n");
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    if (!std::ifstream(locked)) {  // root opens it all the same
        expect(locked, "cannot be opened: Permission denied; give the path of a readable YAML "
                       "file\n");
    }
}

}  // namespace
}  // namespace ingest::app::config
