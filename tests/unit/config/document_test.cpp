#include "app/config/document.h"

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace ingest::app::config {
namespace {

using test::environment;

class Document : public testing::Test {
protected:
    Node good(std::string_view yaml) {
        auto root = run(yaml);
        EXPECT_EQ(test::lines(diagnostics_), "");
        return root ? std::move(*root) : Node();
    }
    void expect_error(std::string_view yaml, std::string_view error) {
        diagnostics_ = Diagnostics();
        run(yaml);
        EXPECT_EQ(test::lines(diagnostics_), std::string(error) + "\n");
    }
    std::optional<Node> run(std::string_view yaml) {
        return parse(yaml, {environment({{"A", "one"}}), dir_.path()}, diagnostics_);
    }

    test::TemporaryDirectory dir_;
    Diagnostics diagnostics_;
};

const Node& at(const Node& map, std::string_view key) {
    static const Node missing;
    const Node::Member* member = map.find(key);
    EXPECT_NE(member, nullptr) << key;
    return member == nullptr ? missing : member->value;
}

TEST_F(Document, KindsAndMarks) {
    const Node root = good("a: 1\nb:\n  - x\n  - \"y\"\nc: { d: ~, e: '' }\nf:\n");
    ASSERT_TRUE(root.is_map());
    EXPECT_EQ(at(root, "a").text, "1");
    EXPECT_FALSE(at(root, "a").quoted);
    EXPECT_EQ(at(root, "a").mark, (Mark{1, 4}));
    ASSERT_TRUE(at(root, "b").is_sequence());
    EXPECT_EQ(at(root, "b").items[1].mark, (Mark{4, 5}));
    EXPECT_TRUE(at(root, "b").items[1].quoted);
    EXPECT_TRUE(at(at(root, "c"), "d").is_null());
    EXPECT_TRUE(at(at(root, "c"), "e").is_scalar());
    EXPECT_EQ(at(root, "c").find("e")->key_mark, (Mark{5, 12}));
    EXPECT_TRUE(at(root, "f").is_null());
}

TEST_F(Document, ColumnsCountCharacters) {
    const Node root = good("\xEF\xBB\xBF" "a: { \"°C€\": 1, b: 2 }\r\nc: 3\r\n");
    EXPECT_EQ(at(at(root, "a"), "b").mark, (Mark{1, 19}));
    EXPECT_EQ(at(root, "c").mark, (Mark{2, 4}));
    EXPECT_EQ(at(root, "c").text, "3");
}

TEST_F(Document, ValuesAreInterpolatedAndKeysAreNot) {
    dir_.write("key", "s3cret\n");
    const Node root = good("${A}: ${A}\nquoted: \"<${A}>\"\nfile: ${file:key}\n"
                           "block: |\n  ${A}\n  two\n");
    EXPECT_EQ(at(root, "${A}").text, "one");
    EXPECT_EQ(at(root, "${A}").shown, "${A}");
    EXPECT_FALSE(at(root, "${A}").secret);
    EXPECT_EQ(at(root, "quoted").text, "<one>");
    EXPECT_EQ(at(root, "file").text, "s3cret");
    EXPECT_EQ(at(root, "file").shown, "${file:key}");
    EXPECT_TRUE(at(root, "file").secret);
    EXPECT_EQ(at(root, "block").text, "one\ntwo\n");
}

TEST_F(Document, StringTagsAndAliases) {
    const Node root = good("a: !!str 5\nb: &anchor { x: 1 }\nc: *anchor\n");
    EXPECT_TRUE(at(root, "a").quoted);
    EXPECT_EQ(at(at(root, "c"), "x").text, "1");
    EXPECT_EQ(at(at(root, "c"), "x").mark, (Mark{2, 17}));
}

TEST_F(Document, QuotesMayHoldQuotesAndSpanLines) {
    const Node root = good("a: 'it''s'\nb: \"x\\\"y\\\\\"\nc: 'one\n  two'\nd: &q \"z\"\ne: ''\n");
    EXPECT_EQ(at(root, "a").text, "it's");
    EXPECT_EQ(at(root, "b").text, "x\"y\\");
    EXPECT_EQ(at(root, "c").text, "one two");
    EXPECT_EQ(at(root, "d").text, "z");
}

TEST_F(Document, BrokenValuesAreMarkedAndTheRestIsThere) {
    const auto root = run("a: ${NONE}\nb: 2\nb: 3\n");
    ASSERT_TRUE(root);
    EXPECT_TRUE(at(*root, "a").broken);
    EXPECT_EQ(at(*root, "b").text, "2");
    EXPECT_EQ(root->members.size(), 2U);
    EXPECT_EQ(diagnostics_.errors().size(), 2U);
}

TEST_F(Document, NoDocument) {
    const std::string error =
        "1:1: the file holds no configuration; begin with one of the files in presets/";
    for (const char* yaml : {"", "\n\n", "# nothing\n", "---\n", "~\n", "\xEF\xBB\xBF"})
        expect_error(yaml, error);
}

TEST_F(Document, OneDocumentOnly) {
    expect_error("a: 1\n---\nb: 2\n", "3:1: a second document; keep one document in the file");
}

TEST_F(Document, BytesThatAreNotText) {
    const std::string error = ": a byte that is not UTF-8 text; save the file as UTF-8";
    expect_error("a: 1\n# \xFF\n", "2:3" + error);
    expect_error(std::string_view("a: \"\0\"\n", 7), "1:5" + error);
}

TEST_F(Document, HugeThings) {
    expect_error("a: " + std::string(1000, '[') + std::string(1000, ']'),
                 "1:501: not YAML: bad file; nest less deeply");
    // Each list holds the one before ten times.
    std::string yaml = "a0: &a0 x\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; ++k) yaml += before + " , ";
        yaml += before + " ]\n";
    }
    diagnostics_ = Diagnostics();
    run(yaml);
    EXPECT_NE(test::lines(diagnostics_).find("not YAML: too many values; use fewer aliases"),
              std::string::npos);
}

}  // namespace
}  // namespace ingest::app::config
