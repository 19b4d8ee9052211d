#include "app/plugin_project.h"

#include <fstream>
#include <iterator>
#include <map>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string objection(std::string_view name, std::string_view language = "cpp") {
    const auto good = check_project_name(name, language);
    return good ? "none" : good.error().message;
}

PluginProject project(std::string kind, std::string language, std::string name = "stuck-sensor") {
    return {std::move(name), std::move(kind), std::move(language), "/opt/x/bin/ingest-host",
            "/opt/x/share/cmake/IngestPlugin"};
}

std::map<std::string, std::string> rendered(const PluginProject& wanted) {
    std::map<std::string, std::string> files;
    for (const ProjectFile& file : render_project(wanted)) files[file.path.string()] = file.text;
    return files;
}

std::string read(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> entries(const fs::path& dir) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir)) names.push_back(entry.path().filename());
    return names;
}

TEST(PluginProject, TakesEveryIdThatToolsTake) {
    for (const char* name : {"a", "stuck-sensor", "2nd-rule", "x1", "a--b", "a-"}) {
        EXPECT_EQ(objection(name), "none") << name;
    }
    EXPECT_EQ(objection(std::string(64, 'a')), "none");
}

TEST(PluginProject, SaysWhatANameMustBe) {
    const std::vector<std::string> wrong{"", "Stuck", "a_b", "a.b", "a/b", "../a", "-a", "ä",
                                         "a b", std::string(65, 'a')};
    for (const std::string& name : wrong) {
        EXPECT_THAT(objection(name), HasSubstr("1 to 64 of a-z, 0-9 and '-'")) << name;
    }
    EXPECT_THAT(objection("test"), HasSubstr("my-test"));
    EXPECT_THAT(objection("all"), HasSubstr("CMake"));
}

TEST(PluginProject, RefusesForRustWhatNoCrateCanBe) {
    EXPECT_EQ(objection("match"), "none");
    EXPECT_THAT(objection("match", "rust"), HasSubstr("my-match"));
    EXPECT_THAT(objection("2nd", "rust"), HasSubstr("plugin-2nd"));
    EXPECT_THAT(objection("ingest-plugin", "rust"), HasSubstr("my-ingest-plugin"));
    EXPECT_EQ(objection("stuck-sensor", "rust"), "none");
}

TEST(PluginProject, NamesInCodeEndWithTheKindAndBeginWithALetter) {
    EXPECT_EQ(class_name("stuck-sensor", "validator"), "StuckSensorValidator");
    EXPECT_EQ(class_name("csv-sink", "sink"), "CsvSink");
    EXPECT_EQ(class_name("csv-sink", "validator"), "CsvSinkValidator");
    EXPECT_EQ(class_name("sink", "sink"), "PluginSink");
    EXPECT_EQ(class_name("2nd-rule", "validator"), "Plugin2ndRuleValidator");
    EXPECT_EQ(class_name("a--b-", "sink"), "ABSink");
    EXPECT_EQ(snake_name("stuck-sensor", "validator"), "stuck_sensor_validator");
    EXPECT_EQ(snake_name("int", "sink"), "int_sink");
    EXPECT_EQ(snake_name("2nd-rule", "sink"), "plugin_2nd_rule_sink");
}

TEST(PluginProject, LeavesNothingOfTheTemplatesNames) {
    for (const std::string_view kind : plugin_kinds) {
        for (const std::string_view language : plugin_languages) {
            const auto wanted = project(std::string(kind), std::string(language));
            const auto files = rendered(wanted);
            for (const char* file : {"CMakeLists.txt", "README.md", "config.yaml", ".gitignore"}) {
                EXPECT_TRUE(files.contains(file)) << file;
            }
            EXPECT_TRUE(files.contains(source_file(wanted))) << source_file(wanted);
            EXPECT_EQ(files.contains("Cargo.toml"), language == "rust");
            EXPECT_EQ(files.size(), language == "rust" ? 6U : 5U);
            for (const auto& [path, text] : files) {
                for (const char* left : {"my-plugin", "my_plugin", "MyPlugin", "@S", "@H"}) {
                    EXPECT_THAT(path + "\n" + text, Not(HasSubstr(left)));
                }
            }
        }
    }
}

TEST(PluginProject, BearsItsNameWhereItCounts) {
    const auto cpp = rendered(project("validator", "cpp"));
    EXPECT_THAT(cpp.at("stuck-sensor.cpp"), HasSubstr("class StuckSensorValidator {"));
    EXPECT_THAT(cpp.at("stuck-sensor.cpp"),
                HasSubstr("INGEST_VALIDATOR(StuckSensorValidator, \"stuck-sensor\""));
    EXPECT_THAT(cpp.at("config.yaml"), HasSubstr("plugin: stuck-sensor"));
    EXPECT_THAT(cpp.at("CMakeLists.txt"), HasSubstr("HINTS [[/opt/x/share/cmake/IngestPlugin]]"));
    EXPECT_THAT(cpp.at("README.md"), HasSubstr("/opt/x/bin/ingest-host --config config.yaml"));
    EXPECT_THAT(rendered(project("sink", "c")).at("stuck-sensor.c"),
                HasSubstr("struct stuck_sensor_sink {"));
    const auto rust = rendered(project("sink", "rust"));
    EXPECT_THAT(rust.at("src/lib.rs"), HasSubstr("struct StuckSensorSink {"));
    EXPECT_THAT(rust.at("Cargo.toml"), HasSubstr("name = \"stuck-sensor\""));
}

TEST(PluginProject, IsWrittenWithItsFolders) {
    const test::TempDir dir;
    const fs::path place = dir.path() / "new";
    ASSERT_TRUE(write_project(place / "", {{"a.txt", "A"}, {"src/b.txt", "B"}}));
    EXPECT_EQ(read(place / "a.txt"), "A");
    EXPECT_EQ(read(place / "src/b.txt"), "B");
    EXPECT_THAT(entries(dir.path()), ::testing::ElementsAre("new"));
    struct stat status{};
    ASSERT_EQ(::stat(place.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0755U);
}

TEST(PluginProject, OverwritesNothing) {
    const test::TempDir dir;
    fs::create_directory(dir.path() / "folder");
    std::ofstream(dir.path() / "file") << "mine";
    fs::create_symlink("nowhere", dir.path() / "link");
    for (const char* name : {"folder", "file", "link", "."}) {
        const auto written = write_project(dir.path() / name, {{"a.txt", "A"}});
        ASSERT_FALSE(written) << name;
        EXPECT_THAT(written.error().message, HasSubstr("nothing is overwritten"));
    }
    EXPECT_EQ(read(dir.path() / "file"), "mine");
    EXPECT_THAT(entries(dir.path() / "folder"), IsEmpty());
    EXPECT_THAT(entries(dir.path()), ::testing::UnorderedElementsAre("folder", "file", "link"));
}

TEST(PluginProject, LeavesNothingWhenAFileCannotBeWritten) {
    const test::TempDir dir;
    // The second wants a folder where the first is a file.
    const auto written = write_project(dir.path() / "new", {{"a", "A"}, {"a/b.txt", "B"}});
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr("b.txt"));
    EXPECT_THAT(entries(dir.path()), IsEmpty());
}

TEST(PluginProject, NeedsTheFolderAround) {
    const test::TempDir dir;
    const auto written = write_project(dir.path() / "a/b", {{"a.txt", "A"}});
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr((dir.path() / "a").string()));
    EXPECT_THAT(written.error().message, HasSubstr("make it first"));
    EXPECT_THAT(entries(dir.path()), IsEmpty());
}

}  // namespace
}  // namespace ingest::app
