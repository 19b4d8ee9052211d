#include "app/arguments.h"

#include <gmock/gmock.h>

namespace ingest::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Arguments> parse(std::vector<std::string_view> words) { return parse_arguments(words, ""); }

std::string refusal(std::vector<std::string_view> words) {
    const auto arguments = parse(std::move(words));
    return arguments ? "accepted" : arguments.error().message;
}

TEST(Arguments, ServeIsTheDefault) {
    const auto arguments = parse({"--config", "a.yaml"});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->command, Command::serve);
    EXPECT_EQ(arguments->config, "a.yaml");
}

TEST(Arguments, TakesBothWaysToWriteAnOption) {
    EXPECT_EQ(parse({"check", "--config=a.yaml"})->config, "a.yaml");
    EXPECT_EQ(parse({"check", "--config", "a.yaml"})->config, "a.yaml");
    EXPECT_THAT(parse({"plugins", "--dir=a", "--dir", "b"})->dirs, ElementsAre("a", "b"));
}

TEST(Arguments, ProbeAsksTheEnvironmentsPort) {
    EXPECT_EQ(parse_arguments({"probe"}, "")->url, "http://127.0.0.1:8001/health");
    EXPECT_EQ(parse_arguments({"probe"}, "9000")->url, "http://127.0.0.1:9000/health");
    EXPECT_EQ(parse_arguments({"probe", "--url", "http://127.0.0.1:1/"}, "9000")->url,
              "http://127.0.0.1:1/");
}

TEST(Arguments, HelpAndVersionNeedNothingElse) {
    EXPECT_EQ(parse({"--help"})->command, Command::help);
    EXPECT_EQ(parse({"check", "-h"})->command, Command::help);
    EXPECT_EQ(parse({"--version"})->command, Command::version);
}

TEST(Arguments, SaysWhatIsWrong) {
    EXPECT_THAT(refusal({}), HasSubstr("--config FILE"));
    EXPECT_THAT(refusal({"sevre"}), HasSubstr("no command 'sevre'"));
    EXPECT_THAT(refusal({"serve", "--config"}), HasSubstr("needs a value"));
    EXPECT_THAT(refusal({"serve", "config.yaml"}), HasSubstr("no option"));
    EXPECT_THAT(refusal({"serve", "--config", "a", "--port", "1"}), HasSubstr("--port"));
    EXPECT_THAT(refusal({"probe", "--config", "a"}), HasSubstr("--config"));
}

}  // namespace
}  // namespace ingest::app
