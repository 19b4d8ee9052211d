#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "sdk/examples.h"
#include "support/temp_dir.h"

namespace ingest::test {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class TsvDropTest : public ::testing::Test {
protected:
    Sink sink(const std::string& directory) const {
        return Sink(plugin_, nlohmann::json{{"directory", directory}}.dump(), *schema_);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            names.push_back(entry.path().filename());
        }
        return names;
    }
    std::string content(const std::string& name) const {
        std::ifstream file(directory_.path() / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TempDir directory_;
    Plugin plugin_ = example("tsv-drop");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
};

TEST_F(TsvDropTest, AWriteIsAFileAndComingAgainReplacesIt) {
    Sink drop = sink(directory_.path());
    EXPECT_EQ(drop.health().code, INGEST_HEALTH_UNKNOWN);
    const model::Batch first = readings(*schema_, {{20.5, 0.5, 1.0}}, "A\tB");
    const model::Batch second = readings(*schema_, {{21.0, 0.5, 1.0, 40.0, 230.0}});
    const model::Batch* const both[] = {&first, &second};
    ASSERT_TRUE(drop.write(both, 0, 41).ok());
    ASSERT_TRUE(drop.write(both, 0, 41).ok());
    EXPECT_THAT(files(), UnorderedElementsAre("41.tsv", "42.tsv"));
    EXPECT_EQ(content("41.tsv"),
              "0190f3c4-8f3b-7000-8000-000000000001\tA B\t2025-11-24T16:00:00.123456Z\t"
              "2025-11-24T16:00:00.124456Z\t20.5\t0.5\t1\t\t\n");
    EXPECT_EQ(drop.health().code, INGEST_HEALTH_CONNECTED);
}

TEST_F(TsvDropTest, ADirectoryThatIsNotThereIsTriedAgain) {
    const auto later = directory_.path() / "later";
    Sink drop = sink(later);
    const Outcome outcome = drop.connect();
    EXPECT_EQ(outcome.code, INGEST_RETRY);
    EXPECT_THAT(outcome.message, HasSubstr("later: No such file or directory"));
    EXPECT_EQ(drop.write(readings(*schema_, {{20.5}})).code, INGEST_RETRY);
    EXPECT_EQ(drop.health().code, INGEST_HEALTH_DISCONNECTED);
    std::filesystem::create_directory(later);
    EXPECT_TRUE(drop.write(readings(*schema_, {{20.5}})).ok());
}

TEST_F(TsvDropTest, SaysWhichOptionIsWrong) {
    EXPECT_EQ(Sink(plugin_, "{}", *schema_).created().message, "/directory: is missing");
    EXPECT_EQ(sink("here").created().message, "/directory: must begin with /");
}

}  // namespace
}  // namespace ingest::test
