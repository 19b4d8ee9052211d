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

TEST(Arguments, CheckPrintsWhenItIsTold) {
    EXPECT_FALSE(parse({"check", "--config", "a.yaml"})->print);
    EXPECT_TRUE(parse({"check", "--print", "--config", "a.yaml"})->print);
    EXPECT_EQ(refusal({"check", "--config", "a.yaml", "--print=yes"}), "--print takes no value");
    EXPECT_EQ(refusal({"serve", "--config", "a.yaml", "--print"}),
              "there is no option --print here");
}

TEST(Arguments, SchemaLooksForPluginsAsPluginsDoes) {
    const auto arguments = parse({"schema", "--dir", "a", "--config=c.yaml", "--dir=b"});
    ASSERT_TRUE(arguments) << arguments.error().message;
    EXPECT_EQ(arguments->command, Command::schema);
    EXPECT_THAT(arguments->dirs, ElementsAre("a", "b"));
    EXPECT_EQ(arguments->config, "c.yaml");
    EXPECT_TRUE(parse({"schema"}));
    EXPECT_EQ(refusal({"schema", "--json"}), "there is no option --json here");
}

TEST(Arguments, KeysAreMadeListedAndRevoked) {
    const auto made = parse({"keys", "new", "line-7", "--scope", "ingest", "--scope=read",
                             "--prefix", "PUMP-", "--prefix=FAN-", "--expires", "90d", "--config",
                             "a.yaml"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->command, Command::keys);
    EXPECT_EQ(made->action, "new");
    EXPECT_EQ(made->name, "line-7");
    EXPECT_THAT(made->scopes, ElementsAre("ingest", "read"));
    EXPECT_THAT(made->prefixes, ElementsAre("PUMP-", "FAN-"));
    EXPECT_EQ(made->expires, "90d");
    EXPECT_EQ(made->config, "a.yaml");
    EXPECT_EQ(parse({"keys", "list", "--file", "k"})->file, "k");
    const auto revoked = parse({"keys", "revoke", "--file=k", "line-7"});
    ASSERT_TRUE(revoked) << revoked.error().message;
    EXPECT_EQ(revoked->action, "revoke");
    EXPECT_EQ(revoked->name, "line-7");
}

TEST(Arguments, KeysSayWhatIsMissingOrTooMuch) {
    EXPECT_EQ(refusal({"keys"}), "keys what? Say keys new, list or revoke");
    EXPECT_EQ(refusal({"keys", "make"}), "there is no 'keys make', but new, list or revoke");
    const std::string which_file = "which file of keys? Say either --config FILE, whose "
                                   "http.auth.keys it is, or --file FILE";
    EXPECT_EQ(refusal({"keys", "list"}), which_file);
    EXPECT_EQ(refusal({"keys", "list", "--config", "a", "--file", "k"}), which_file);
    EXPECT_EQ(refusal({"keys", "new", "--file", "k", "--scope", "read"}),
              "which key? Say keys new NAME");
    EXPECT_EQ(refusal({"keys", "revoke", "--file", "k"}), "which key? Say keys revoke NAME");
    EXPECT_EQ(refusal({"keys", "new", "x", "--file", "k"}),
              "what may it do? Say --scope ingest, read or admin, as often as needed");
    EXPECT_EQ(refusal({"keys", "list", "x", "--file", "k"}),
              "'x' is no option; options begin with --");
    EXPECT_EQ(refusal({"keys", "new", "x", "y", "--file", "k"}),
              "'y' is no option; options begin with --");
    for (const char* option : {"--scope", "--prefix", "--expires"}) {
        EXPECT_EQ(refusal({"keys", "list", "--file", "k", option, "read"}),
                  std::string(option) + " does not go with 'list' but with: new");
        EXPECT_EQ(refusal({"keys", "new", "x", option}),
                  std::string(option) + " needs a value behind it");
    }
    EXPECT_EQ(parse({"keys", "--help"})->command, Command::help);
    EXPECT_EQ(parse({"keys", "new", "--help"})->command, Command::help);
}

TEST(Arguments, ProbeAsksTheEnvironmentsPort) {
    EXPECT_EQ(parse_arguments({"probe"}, "")->url, "http://127.0.0.1:8001/health");
    EXPECT_EQ(parse_arguments({"probe"}, "9000")->url, "http://127.0.0.1:9000/health");
    const auto secure =
        parse({"probe", "--ca", "a", "--insecure", "--certificate=c", "--key", "k"});
    EXPECT_EQ(secure->ca, "a");
    EXPECT_TRUE(secure->insecure);
    EXPECT_EQ(secure->certificate, "c");
    EXPECT_EQ(secure->key, "k");
    EXPECT_EQ(parse_arguments({"probe", "--url", "http://127.0.0.1:1/"}, "9000")->url,
              "http://127.0.0.1:1/");
}

TEST(Arguments, HelpAndVersionNeedNothingElse) {
    EXPECT_EQ(parse({"--help"})->command, Command::help);
    EXPECT_EQ(parse({"check", "-h"})->command, Command::help);
    EXPECT_EQ(parse({"--version"})->command, Command::version);
}

TEST(Arguments, ANewPluginHasANameAKindAndALanguage) {
    const auto arguments = parse({"new-plugin", "x", "--kind", "sink", "--lang=rust"});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->command, Command::new_plugin);
    EXPECT_EQ(arguments->name, "x");
    EXPECT_EQ(arguments->kind, "sink");
    EXPECT_EQ(arguments->language, "rust");
    EXPECT_TRUE(arguments->dir.empty());
    EXPECT_EQ(parse({"new-plugin", "--kind", "sink", "--lang", "c", "--dir", "a/b", "x"})->dir,
              "a/b");
    EXPECT_EQ(parse({"new-plugin", "--help"})->command, Command::help);
}

TEST(Arguments, SaysWhatANewPluginNeeds) {
    EXPECT_THAT(refusal({"new-plugin"}),
                HasSubstr("new-plugin NAME --kind validator or sink --lang cpp, c or rust"));
    EXPECT_THAT(refusal({"new-plugin", "x", "--lang", "c"}), HasSubstr("--kind validator or sink"));
    EXPECT_THAT(refusal({"new-plugin", "x", "--kind", "sink"}),
                HasSubstr("--lang cpp, c or rust"));
    EXPECT_THAT(refusal({"new-plugin", "x", "--kind", "filter", "--lang", "c"}),
                HasSubstr("no kind 'filter', but validator or sink"));
    EXPECT_THAT(refusal({"new-plugin", "x", "--kind", "sink", "--lang", "go"}),
                HasSubstr("no language 'go', but cpp, c or rust"));
    EXPECT_THAT(refusal({"new-plugin", "x", "y", "--kind", "sink"}), HasSubstr("'y'"));
    EXPECT_THAT(refusal({"new-plugin", "x", "--config", "a"}), HasSubstr("--config"));
}

TEST(Arguments, SpoolHasThreeActions) {
    const auto arguments = parse({"spool", "export", "--dir", "a", "--batches", "--sink=db"});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->command, Command::spool);
    EXPECT_EQ(arguments->action, "export");
    EXPECT_EQ(arguments->dir, "a");
    EXPECT_EQ(arguments->sink, "db");
    EXPECT_TRUE(arguments->batches);
    EXPECT_FALSE(arguments->json);
    EXPECT_TRUE(parse({"spool", "ls", "--json", "--config", "a.yaml"})->json);
    EXPECT_EQ(parse({"spool", "check", "--config", "a.yaml", "--dir", "b"})->dir, "b");
    EXPECT_TRUE(parse({"spool", "export", "--dir", "a", "--quarantine"})->quarantine);
}

TEST(Arguments, DeadLettersAreNamedOneByOneOrAllAtOnce) {
    const auto replay = parse({"dead-letters", "replay", "--config", "a.yaml", "--sink", "db",
                               "--id", "1", "--id=2"});
    ASSERT_TRUE(replay);
    EXPECT_EQ(replay->command, Command::dead_letters);
    EXPECT_EQ(replay->action, "replay");
    EXPECT_THAT(replay->ids, ElementsAre("1", "2"));
    EXPECT_TRUE(parse({"dead-letters", "drop", "--config", "a", "--all"})->all);
    EXPECT_TRUE(parse({"dead-letters", "ls", "--config", "a", "--json"})->json);
    for (const char* action : {"replay", "drop"}) {
        EXPECT_THAT(refusal({"dead-letters", action, "--config", "a"}), HasSubstr("--all"));
        EXPECT_THAT(refusal({"dead-letters", action, "--config", "a", "--all", "--id", "1"}),
                    HasSubstr("either"));
    }
    EXPECT_THAT(refusal({"dead-letters", "ls", "--all"}), HasSubstr("replay drop"));
    EXPECT_THAT(refusal({"dead-letters", "ls"}), HasSubstr("--config FILE"));
}

TEST(Arguments, Plugins) {
    const auto plugins = parse({"plugins", "--dir", "a", "--json", "--dir=b", "--config", "c"});
    ASSERT_TRUE(plugins);
    EXPECT_EQ(plugins->command, Command::plugins);
    EXPECT_THAT(plugins->dirs, ElementsAre("a", "b"));
    EXPECT_TRUE(plugins->json);
    EXPECT_THAT(refusal({"plugins", "--json=yes"}), HasSubstr("no value"));
}

TEST(Arguments, SaysWhichActionsThereAre) {
    EXPECT_THAT(refusal({"spool"}), HasSubstr("spool ls, check or export"));
    EXPECT_THAT(refusal({"spool", "--dir", "a"}), HasSubstr("ls, check or export"));
    EXPECT_THAT(refusal({"dead-letters", "rm"}), HasSubstr("ls, replay or drop"));
    EXPECT_THAT(refusal({"spool", "ls"}), HasSubstr("--dir DIR"));
    EXPECT_THAT(refusal({"spool", "ls", "--dir", "a", "--batches"}), HasSubstr("export"));
    EXPECT_THAT(refusal({"spool", "export", "--dir", "a", "--batches=1"}), HasSubstr("no value"));
    EXPECT_THAT(refusal({"spool", "ls", "--dir", "a", "--url", "b"}), HasSubstr("--url"));
    EXPECT_THAT(refusal({"spool", "export", "--dir", "a", "--quarantine", "--sink", "b"}),
                HasSubstr("--quarantine"));
    EXPECT_EQ(parse({"spool", "--help"})->command, Command::help);
}

TEST(Arguments, SaysWhatIsWrong) {
    EXPECT_THAT(refusal({}), HasSubstr("--config FILE"));
    EXPECT_THAT(refusal({"sevre"}), HasSubstr("no command 'sevre'"));
    EXPECT_THAT(refusal({"serve", "--config"}), HasSubstr("needs a value"));
    EXPECT_THAT(refusal({"serve", "config.yaml"}), HasSubstr("no option"));
    EXPECT_THAT(refusal({"serve", "--config", "a", "--port", "1"}), HasSubstr("--port"));
    EXPECT_THAT(refusal({"probe", "--config", "a"}), HasSubstr("--config"));
    EXPECT_THAT(refusal({"probe", "--certificate", "a"}), HasSubstr("--key go together"));
    EXPECT_THAT(refusal({"probe", "--key", "a"}), HasSubstr("--key go together"));
    EXPECT_THAT(refusal({"serve", "--insecure"}), HasSubstr("--insecure"));
}

}  // namespace
}  // namespace ingest::app
