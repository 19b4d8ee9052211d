#include "app/config/interpolate.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using test::environment;

class Interpolate : public testing::Test {
protected:
    std::optional<Interpolated> run(std::string_view raw) {
        return interpolate(raw, {variables_, dir_.path()}, {3, 9}, diagnostics_);
    }
    void expect(std::string_view raw, std::string_view text) {
        const auto result = run(raw);
        ASSERT_TRUE(result) << raw << ": " << diagnostics_.text();
        EXPECT_EQ(result->text, text) << raw;
        EXPECT_FALSE(result->secret);
    }
    void expect_error(std::string_view raw, std::string_view error) {
        diagnostics_ = Diagnostics();
        EXPECT_FALSE(run(raw)) << raw;
        EXPECT_EQ(test::lines(diagnostics_), "3:9: " + std::string(error) + "\n");
    }

    test::TemporaryDirectory dir_;
    Environment variables_ = environment(
        {{"A", "one"}, {"EMPTY", ""}, {"_x9", "two"}, {"DOLLAR", "${A}"}, {"BAD", "\xFF"}});
    Diagnostics diagnostics_;
};

TEST_F(Interpolate, Replaces) {
    expect("", "");
    expect("plain", "plain");
    expect("${A}", "one");
    expect("<${A}-${_x9}>", "<one-two>");
    expect("${EMPTY}", "");
    expect("${A:-x}${EMPTY:-x}${NONE:-x}${NONE:-}", "onexx");
    expect("${A:?tell}", "one");
}

TEST_F(Interpolate, DefaultsMayHoldAnythingWithBracesInPairs) {
    expect("${NONE:--50}", "-50");
    expect("${NONE:-^[A-Z]+-[0-9]{3}$}", "^[A-Z]+-[0-9]{3}$");
    expect("${NONE:-a:-b:?c $$ }", "a:-b:?c $$ ");
}

TEST_F(Interpolate, Dollars) {
    expect("^a$", "^a$");
    expect("$", "$");
    expect("$A $1 $(x)", "$A $1 $(x)");
    expect("$${A}", "${A}");
    expect("a$$b$$$${A}", "a$b$${A}");
    expect("$$$${", "$${");
}

TEST_F(Interpolate, WhatIsPutInIsNotReadAgain) {
    expect("${DOLLAR}", "${A}");
}

TEST_F(Interpolate, FilesAreSecretsWithoutTheirLastNewline) {
    const auto file = dir_.write("password", "p$$w\n\n");
    const auto absolute = run("<${file:" + file.string() + "}>");
    ASSERT_TRUE(absolute);
    EXPECT_EQ(absolute->text, "<p$$w\n>");
    EXPECT_TRUE(absolute->secret);
    const auto relative = run("${file:password}");
    ASSERT_TRUE(relative);
    EXPECT_EQ(relative->text, "p$$w\n");
    dir_.write("empty", "");
    ASSERT_TRUE(run("${file:empty}"));
    EXPECT_EQ(run("${file:empty}")->text, "");
    dir_.write("largest", std::string(64 * 1024, 'x'));
    ASSERT_TRUE(run("${file:largest}"));
    EXPECT_EQ(run("${file:largest}")->text.size(), 64 * 1024);
}

TEST_F(Interpolate, FilesWhoseSizeNobodySaysAreReadToTheirEnd) {
    const auto value = run("${file:/proc/self/status}");
    ASSERT_TRUE(value);
    EXPECT_TRUE(value->text.starts_with("Name:")) << value->text;
    EXPECT_GT(value->text.size(), 500);
}

TEST_F(Interpolate, Errors) {
    const std::string forms =
        "write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${file:PATH}, or $$ for a dollar sign";
    expect_error("${NONE}", "the environment variable NONE is not set; set it, or give a default: "
                            "${NONE:-default}");
    expect_error("${NONE:?tell where}", "the environment variable NONE is not set; tell where");
    expect_error("${EMPTY:?tell}", "the environment variable EMPTY is empty; tell");
    expect_error("${BAD}", "the environment variable BAD is not UTF-8 text; set it to text");
    expect_error("${A", "\"${A\" has no closing }; close it, or write $$ for a dollar sign");
    expect_error("${NONE:-${A}}",
                 "\"${NONE:-${A}}\" holds another ${; expressions do not nest: use one");
    for (const std::string bad : {"${}", "${1A}", "${A-x}", "${A:}", "${A:+x}", "${A B}"})
        expect_error(bad, "\"" + bad + "\" is not an expression; " + forms);
}

TEST_F(Interpolate, FilesThatAreNoGood) {
    const auto expect_file_error = [&](const std::string& name, const std::string& error) {
        const std::string whole = "${file:" + name + "}";
        expect_error(whole, "the file of \"" + whole + "\" " + error);
    };
    expect_file_error("none", "cannot be opened: No such file or directory; give the path of a "
                              "file with one value; a relative one begins at the "
                              "configuration's directory");
    const std::string no_file = "is no file; give the path of a file with one value";
    expect_file_error(".", no_file);
    ASSERT_EQ(::mkfifo((dir_.path() / "pipe").c_str(), 0600), 0);
    expect_file_error("pipe", no_file);
    dir_.write("binary", std::string_view("a\0b", 3));
    expect_file_error("binary", "is not UTF-8 text; give a file with one value");
    dir_.write("big", std::string(64 * 1024 + 1, 'x'));
    expect_file_error("big", "is larger than 64 KiB; give a file with one value");
}

TEST_F(Interpolate, AllErrorsOfOneValueAreTold) {
    EXPECT_FALSE(run("${NONE:?a} ${A} ${ALSO_NONE:?b}"));
    EXPECT_EQ(test::lines(diagnostics_), "3:9: the environment variable ALSO_NONE is not set; b\n"
                                         "3:9: the environment variable NONE is not set; a\n");
}

}  // namespace
}  // namespace ingest::app::config
