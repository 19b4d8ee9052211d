#include "app/config/mask.h"

#include <gmock/gmock.h>

namespace ingest::app::config {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Node scalar(std::string text, bool secret = false) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = std::move(text);
    node.secret = secret;
    return node;
}

Node map_of(std::vector<std::pair<std::string, Node>> members) {
    Node node;
    node.kind = Node::Kind::map;
    for (auto& [key, value] : members) node.members.push_back({key, {}, std::move(value)});
    return node;
}

TEST(Mask, PasswordsOfUrls) {
    EXPECT_EQ(without_passwords("postgresql://user:secret@host:5432/db"),
              "postgresql://user:***@host:5432/db");
    EXPECT_EQ(without_passwords("redis://:secret@host/0"), "redis://:***@host/0");
    EXPECT_EQ(without_passwords("a://u:p@h and b://u:q@h"), "a://u:***@h and b://u:***@h");
    EXPECT_EQ(without_passwords("a://u:p/?#@:@q@host/x"), "a://u:***@host/x");
}

TEST(Mask, PasswordsOfParameters) {
    EXPECT_EQ(without_passwords("postgresql://h/db?user=u&password=p&sslmode=require"),
              "postgresql://h/db?user=u&password=***&sslmode=require");
    EXPECT_EQ(without_passwords("host=h password='a b' user=u"), "host=h password=*** user=u");
    EXPECT_EQ(without_passwords("PASSWORD=p"), "PASSWORD=***");
    EXPECT_EQ(without_passwords("https://h/x?api_key=p#y"), "https://h/x?api_key=***#y");
    EXPECT_EQ(without_passwords("password='open"), "password=***");
}

TEST(Mask, LeavesOtherTextsAlone) {
    for (const char* text : {"", "x", "postgresql://user@host/db", "redis://host:6379/0", "a@b:c",
                             "https://h:80/", "user=u", "://", "=", "password=", "a://:@h"}) {
        EXPECT_EQ(without_passwords(text), text);
    }
}

TEST(Mask, OptionsThatAreDeclaredSecretOrCameFromAFile) {
    const json declared = json::parse(R"([
        {"name": "url", "type": "string", "secret": true},
        {"name": "auth", "type": "object", "options": [
            {"name": "user", "type": "string"},
            {"name": "pin", "type": "integer", "secret": true}]},
        {"name": "list", "type": "array", "items": {"type": "string"}},
        {"name": "keys", "type": "array", "items": {"type": "string", "secret": true}},
        {"name": "*", "type": "any"}])");
    Node list;
    list.kind = Node::Kind::sequence;
    list.items = {scalar("a"), scalar("from file", true)};
    const Node node = map_of({{"auth", map_of({{"user", scalar("u")}})},
                              {"list", list},
                              {"free", map_of({{"deep", scalar("from file", true)}})}});
    json options = {{"url", "s"},
                    {"auth", {{"user", "u"}, {"pin", 1234}}},
                    {"list", {"a", "from file"}},
                    {"keys", {"k"}},
                    {"free", {{"deep", "from file"}, {"link", "a://u:p@h"}}}};
    std::vector<std::string> masked;
    mask_options(options, node, declared, "o", masked);
    const json expected = {{"url", "***"},
                           {"auth", {{"user", "u"}, {"pin", "***"}}},
                           {"list", {"a", "***"}},
                           {"keys", {"***"}},
                           {"free", {{"deep", "***"}, {"link", "a://u:***@h"}}}};
    EXPECT_EQ(options, expected);
    EXPECT_THAT(masked, ElementsAre("o.auth.pin", "o.free.deep", "o.free.link", "o.keys[0]",
                                    "o.list[1]", "o.url"));
}

TEST(Mask, OptionsWithoutSecretsAreLeftAlone) {
    json options = {{"a", 1}, {"b", {true, nullptr, "x"}}};
    const json before = options;
    std::vector<std::string> masked;
    mask_options(options, Node(), json::parse(R"([{"name": "*", "type": "any"}])"), "o", masked);
    EXPECT_EQ(options, before);
    EXPECT_THAT(masked, IsEmpty());
}

}  // namespace
}  // namespace ingest::app::config
