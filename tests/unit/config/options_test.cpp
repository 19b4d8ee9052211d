#include "app/config/options.h"

#include <gtest/gtest.h>

#include "app/config/document.h"
#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using nlohmann::json;
using test::environment;

const json manifest = json::parse(R"json([
  { "name": "url", "type": "string", "required": true, "secret": true, "description": "where to" },
  { "name": "rows", "type": "integer", "default": 100, "minimum": 1, "maximum": 1000 },
  { "name": "ratio", "type": "number", "minimum": 0 },
  { "name": "tls", "type": "boolean" },
  { "name": "mode", "type": "string", "default": "fast", "enum": ["fast", "safe"] },
  { "name": "level", "type": "integer", "enum": [1, 2] },
  { "name": "extra", "type": "any" },
  { "name": "free", "type": "object" },
  { "name": "names", "type": "array", "items": { "type": "string" } },
  { "name": "anything", "type": "array" },
  { "name": "pool", "type": "object", "options": [
      { "name": "size", "type": "integer", "required": true },
      { "name": "wait", "type": "number", "default": 1.5 } ] } ])json");

const json range_manifest = json::parse(R"json([
  { "name": "*", "type": "object", "options": [
      { "name": "min", "type": "number" }, { "name": "max", "type": "number" } ] } ])json");

class Options : public testing::Test {
protected:
    json convert(std::string_view yaml, const json& declared = manifest) {
        diagnostics_ = Diagnostics();
        root_ = parse(yaml, {environment({{"N", "7"}, {"S", "s3cret"}}), "."}, diagnostics_)
                    .value_or(Node());
        return options_to_json(root_, declared, "demo", diagnostics_);
    }
    void expect(std::string_view yaml, const char* text, const json& declared = manifest) {
        EXPECT_EQ(convert(yaml, declared), json::parse(text)) << yaml;
        EXPECT_EQ(test::lines(diagnostics_), "") << yaml;
    }
    void expect_error(std::string_view yaml, std::string_view errors) {
        convert(yaml);
        EXPECT_EQ(test::lines(diagnostics_), errors) << yaml;
        EXPECT_EQ(test::lines(diagnostics_).find("s3cret"), std::string::npos);
    }

    Node root_;
    Diagnostics diagnostics_;
};

TEST_F(Options, DefaultsAreFilledIn) {
    expect("url: x\n", R"({"url": "x", "rows": 100, "mode": "fast"})");
    expect("{ url: x, pool: { size: 3 } }",
           R"({"url": "x", "rows": 100, "mode": "fast", "pool": {"size": 3, "wait": 1.5}})");
}

TEST_F(Options, DeclaredTypesRule) {
    expect("{ url: 5, rows: \"${N}\", ratio: \"2\", tls: 'yes', mode: safe, level: 2 }",
           R"({"url": "5", "rows": 7, "ratio": 2.0, "tls": true, "mode": "safe", "level": 2})");
    expect("{ url: '', names: [ a, 1, true ], rows: +5 }",
           R"({"url": "", "names": ["a", "1", "true"], "rows": 5, "mode": "fast"})");
    EXPECT_TRUE(convert("{ url: x, ratio: 2 }")["ratio"].is_number_float());
}

TEST_F(Options, UndeclaredTypesAreThoseOfYaml) {
    const auto extra = [this](const std::string& text) {
        return convert("url: x\nextra: " + text + "\n")["extra"];
    };
    EXPECT_EQ(extra("5"), 5);
    EXPECT_EQ(extra("-5.5"), -5.5);
    EXPECT_EQ(extra("0x1F"), 31);
    EXPECT_EQ(extra("0o17"), 15);
    EXPECT_EQ(extra("0x-1"), "0x-1");
    EXPECT_EQ(extra("True"), true);
    EXPECT_EQ(extra("yes"), "yes");
    EXPECT_EQ(extra("~"), nullptr);
    EXPECT_EQ(extra("\"5\""), "5");
    EXPECT_EQ(extra("${N}"), 7);
    EXPECT_EQ(extra("\"${N}\""), "7");
    EXPECT_EQ(extra("[ 1, { a: null } ]"), json::parse(R"([1, {"a": null}])"));
    expect("{ url: x, free: { a: 1, b: [ x ] }, anything: [ 1, '1' ] }",
           R"({"url": "x", "rows": 100, "mode": "fast", "free": {"a": 1, "b": ["x"]},
               "anything": [1, "1"]})");
}

TEST_F(Options, Wildcard) {
    expect("{ t: { min: \"${MIN:--50}\", max: 2e2 }, p: { max: 1 }, q: }",
           R"({"t": {"min": -50.0, "max": 200.0}, "p": {"max": 1.0}, "q": {}})", range_manifest);
    convert("t: { mim: 1 }\n", range_manifest);
    EXPECT_EQ(test::lines(diagnostics_),
              "1:6: unknown option \"mim\" of demo.t; did you mean \"min\"? (allowed: min, max)\n");
}

TEST_F(Options, Errors) {
    expect_error("rows: 5\n", "1:1: demo.url: is missing; give a text (where to)\n");
    expect_error("{ url: x, rwos: 1 }",
                 "1:11: unknown option \"rwos\" of demo; did you mean \"rows\"? (allowed: url, "
                 "rows, ratio, tls, mode, level, extra, free, names, anything, pool)\n");
    expect_error("{ url: x, rows: many }",
                 "1:17: demo.rows: \"many\" has the wrong type; give an integer 1..1000\n");
    expect_error("{ url: x, rows: 0 }",
                 "1:17: demo.rows: \"0\" is out of range; give an integer 1..1000\n");
    expect_error("{ url: x, rows: 99999999999999999999 }",
                 "1:17: demo.rows: \"99999999999999999999\" is out of range; give an integer "
                 "1..1000\n");
    expect_error("{ url: x, ratio: -0.5 }",
                 "1:18: demo.ratio: \"-0.5\" is out of range; give a number of at least 0\n");
    expect_error("{ url: x, ratio: .inf }",
                 "1:18: demo.ratio: \".inf\" has the wrong type; give a number of at least 0\n");
    expect_error("{ url: x, tls: maybe, mode: slow, level: 3 }",
                 "1:16: demo.tls: \"maybe\" has the wrong type; give true or false\n"
                 "1:29: demo.mode: \"slow\" is not allowed; give one of fast, safe\n"
                 "1:42: demo.level: \"3\" is not allowed; give one of 1, 2\n");
    expect_error("{ url: x, names: a, pool: [] }",
                 "1:18: demo.names: found \"a\"; give a list\n"
                 "1:27: demo.pool: found a list; give a map\n");
    expect_error("{ url: x, names: [ a, [] ], pool: {} }",
                 "1:23: demo.names[1]: found a list; give a text\n"
                 "1:35: demo.pool.size: is missing; give an integer\n");
    expect_error("{ url: x, rows: }",
                 "1:17: demo.rows: found nothing; give an integer 1..1000\n");
}

TEST_F(Options, NoSecretsInMessages) {
    expect_error("{ url: x, rows: \"${S}\" }",
                 "1:17: demo.rows: \"${S}\" has the wrong type; give an integer 1..1000\n");
    const json secret_number = json::parse(
        R"([{ "name": "pin", "type": "integer", "secret": true }])");
    convert("pin: hidden\n", secret_number);
    EXPECT_EQ(test::lines(diagnostics_),
              "1:6: demo.pin: the value has the wrong type; give an integer\n");
}

TEST_F(Options, BrokenValuesAreReportedOnce) {
    expect_error("url: ${NONE}\n", "1:6: the environment variable NONE is not set; set it, or give "
                                   "a default: ${NONE:-default}\n");
}

TEST_F(Options, NoOptionsAtAll) {
    Diagnostics diagnostics;
    Node none;
    none.mark = {4, 13};
    EXPECT_EQ(options_to_json(none, json::array(), "demo", diagnostics), json::object());
    EXPECT_TRUE(diagnostics.empty());
    options_to_json(none, manifest, "demo", diagnostics);
    EXPECT_EQ(test::lines(diagnostics), "4:13: demo.url: is missing; give a text (where to)\n");
    convert("a: 1\n", nullptr);
    EXPECT_EQ(test::lines(diagnostics_),
              "1:1: unknown option \"a\" of demo; nothing is allowed here\n");
}

TEST_F(Options, MarksByPointer) {
    convert("temperature: { min: 1 }\n\"a/b~\":\n  - x\n  - { y: 2 }\n");
    EXPECT_EQ(mark_of(root_, ""), (Mark{1, 1}));
    EXPECT_EQ(mark_of(root_, "/temperature/min"), (Mark{1, 21}));
    EXPECT_EQ(mark_of(root_, "/temperature/max"), (Mark{1, 14}));
    EXPECT_EQ(mark_of(root_, "/a~1b~0/1/y"), (Mark{4, 10}));
    EXPECT_EQ(mark_of(root_, "/a~1b~0/9/y"), (Mark{3, 3}));
    EXPECT_EQ(mark_of(root_, "/a~1b~0/-1"), (Mark{3, 3}));
    EXPECT_EQ(mark_of(root_, "nonsense"), (Mark{1, 1}));
}

}  // namespace
}  // namespace ingest::app::config
