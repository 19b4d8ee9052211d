#include "plugin/library.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "model/arrow_view.h"
#include "plugin/report.h"
#include "plugin/validator.h"
#include "support/batches.h"
#include "support/temp_dir.h"

namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;

std::filesystem::path built(const char* folder, const std::string& name) {
    return std::filesystem::path(std::getenv("INGEST_BUILD_DIR")) / folder / (name + ".so");
}

TEST(Library, OpensAPluginAndRunsIt) {
    const auto library = Library::load(built("plugins", "range"));
    ASSERT_TRUE(library) << library.error().message;
    EXPECT_EQ((*library)->identity().id, "range");
    EXPECT_EQ((*library)->manifest().kind, Kind::validator);
    EXPECT_TRUE((*library)->validator());
    EXPECT_FALSE((*library)->sink());

    const auto schema = test::sensor_schema();
    Answer failure;
    const auto validator =
        Validator::create(**library, R"({"temperature":{"max":100}})", *schema, failure);
    ASSERT_TRUE(validator) << failure.message;
    const model::Batch batch = test::readings(*schema, {{20.0, 0.5, 1.0}, {120.0, 0.5, 1.0}});
    const model::ArrowView view(batch);
    Report report;
    report.begin(batch, validator->promises());
    ingest_report table = report.table();
    const ingest_batch shown{sizeof(ingest_batch), 0, 0, 0, schema->arrow(), view.array(), nullptr};
    ASSERT_TRUE(validator->validate(shown, table).ok());
    ASSERT_EQ(report.issues().size(), 1U);
    EXPECT_EQ(report.issues()[0].row, 1);
    EXPECT_TRUE(report.issues()[0].reject);
}

TEST(Library, TakesEveryShippedPlugin) {
    for (const char* name :
         {"equipment-id", "postgres-sink", "range", "redis-sink", "rules", "sqlite-sink"}) {
        const auto library = Library::load(built("plugins", name));
        EXPECT_TRUE(library) << library.error().message;
    }
}

TEST(Library, OptionsThatCannotWorkAreRefusedByTheInstance) {
    const auto library = Library::load(built("plugins", "range"));
    ASSERT_TRUE(library) << library.error().message;
    Answer failure;
    const auto schema = test::sensor_schema();
    EXPECT_FALSE(Validator::create(**library, R"({"temprature":{"max":1}})", *schema, failure));
    EXPECT_EQ(failure.code, INGEST_CONFIG);
    EXPECT_THAT(failure.message, HasSubstr("/temprature: "));
}

// Plugins that are wrong on purpose: name and what is said of them.
struct Faulty {
    const char* name;
    const char* expected;
};

class LibraryRefuses : public ::testing::TestWithParam<Faulty> {};

TEST_P(LibraryRefuses, WithAReason) {
    const auto library = Library::load(built("tests/faulty", GetParam().name));
    ASSERT_FALSE(library);
    EXPECT_THAT(library.error().message, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    FaultyPlugins, LibraryRefuses,
    ::testing::Values(Faulty{"no-entry", "does not export ingest_plugin_entry_v1"},
                      Faulty{"returns-null", "cannot run here"},
                      Faulty{"size-zero", "0 bytes"},
                      Faulty{"newer-host", "needs a host with plugin ABI 1.99"},
                      Faulty{"other-name", "holds the plugin 'another'"},
                      Faulty{"bad-manifest", "not a JSON object"},
                      Faulty{"no-table", "has not got that interface"},
                      Faulty{"null-function", "lacks a function"},
                      Faulty{"entry-throws",
                             "plugin entry-throws: ingest_plugin_entry_v1 threw an exception "
                             "across the ABI: not today"},
                      Faulty{"get-interface-throws", "get_interface threw an exception"},
                      Faulty{"undefined-symbol", "undefined-symbol.so: undefined symbol: "}),
    [](const auto& param) {
        std::string name = param.param.name;
        for (char& c : name) c = c == '-' ? '_' : c;
        return name;
    });

TEST(Library, RefusesAFileThatIsNoLibrary) {
    const test::TempDir dir;
    std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
    const auto file = dir.path() / "text.so";
    std::ofstream(file) << "not a library";
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    const auto library = Library::load(file);
    ASSERT_FALSE(library);
    EXPECT_THAT(library.error().message, HasSubstr("cannot open"));
}

}  // namespace
}  // namespace ingest::plugin
