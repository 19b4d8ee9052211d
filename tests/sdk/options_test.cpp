#include <ingest/sdk/options.hpp>

#include <gmock/gmock.h>

#include "support/plugin_driver.h"

namespace ingest::sdk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view document = R"({
    "max": 2.5, "count": 7, "on": true, "name": "n", "nothing": null, "texts": ["a", "b"],
    "mixed": [1, "b"], "columns": {"a/b": {"min": 1}, "c~d": {}}})";

std::string long_text() { return std::string(1000, 'x') + "end"; }

class OptionsTest : public ::testing::Test {
protected:
    // The message of the config_error that `call` throws.
    template <class Call>
    std::string refused(const Call& call) {
        try {
            call();
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), INGEST_CONFIG);
            return e.what();
        }
        return "nothing was thrown";
    }
    test::HostTable host_;
    Options options_{Host(host_.table()), document};
};

TEST_F(OptionsTest, ReadsEachType) {
    EXPECT_EQ(options_.need<double>("/max"), 2.5);
    EXPECT_EQ(options_.need<double>("/count"), 7.0);
    EXPECT_EQ(options_.need<int64_t>("/count"), 7);
    EXPECT_TRUE(options_.need<bool>("/on"));
    EXPECT_EQ(options_.need<std::string>("/name"), "n");
    EXPECT_EQ(options_.json(), document);
}

TEST_F(OptionsTest, TakesDefaultsForWhatIsAbsentOrNull) {
    EXPECT_EQ(options_.get<std::string>("/none", "default"), "default");
    EXPECT_EQ(options_.get<double>("/nothing", 1.5), 1.5);
    EXPECT_EQ(options_.get<int64_t>("/count", 1), 7);
    EXPECT_FALSE(options_.find<bool>("/none").has_value());
}

TEST_F(OptionsTest, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(refused([&] { options_.need<double>("/none"); }), "/none: is missing");
    EXPECT_EQ(refused([&] { options_.get<double>("/name", 1); }), "/name: must be a number");
    EXPECT_EQ(refused([&] { options_.get<int64_t>("/max", 1); }),
              "/max: must be an integer of 64 bits");
    EXPECT_EQ(refused([&] { options_.find<bool>("/count"); }), "/count: must be true or false");
    EXPECT_EQ(refused([&] { options_.find<std::string>("/on"); }), "/on: must be a text");
    EXPECT_EQ(refused([&] { options_.list<std::string>("/mixed"); }), "/mixed/0: must be a text");
    EXPECT_EQ(refused([&] { options_.size("/name"); }), "/name: must be an array or an object");
    EXPECT_EQ(refused([&] { throw options_.at("/columns").wrong("/x", "is wrong"); }),
              "/columns/x: is wrong");
}

TEST_F(OptionsTest, GoesThroughArraysAndObjects) {
    EXPECT_THAT(options_.list<std::string>("/texts"), ElementsAre("a", "b"));
    EXPECT_THAT(options_.list<double>("/none"), IsEmpty());
    EXPECT_EQ(options_.size("/columns"), 2U);
    EXPECT_THAT(options_.names("/columns"), ElementsAre("a/b", "c~d"));
    const Options columns = options_.at("/columns");
    EXPECT_EQ(columns.at(Options::member("a/b")).need<int64_t>("/min"), 1);
    EXPECT_EQ(refused([&] { columns.at(Options::member("c~d")).need<int64_t>("/min"); }),
              "/columns/c~0d/min: is missing");
}

TEST_F(OptionsTest, ReadsTextsOfAnyLength) {
    const std::string json =
        R"({")" + long_text() + R"(": ")" + long_text() + R"(", "empty": ""})";
    const Options options(Host(host_.table()), json);
    EXPECT_EQ(options.need<std::string>("/" + long_text()), long_text());
    EXPECT_THAT(options.names(""), ElementsAre("empty", long_text()));
    EXPECT_EQ(options.need<std::string>("/empty"), "");
}

TEST_F(OptionsTest, AHostWithoutTheServiceIsAFatalError) {
    ingest_host without = *host_.table();
    without.get_service = [](void*, ingest_str) -> const void* { return nullptr; };
    try {
        Options(Host(&without), "{}").get<bool>("/x", true);
        FAIL() << "nothing was thrown";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), INGEST_FATAL);
        EXPECT_THAT(e.what(), HasSubstr("ingest.options/1"));
    }
}

}  // namespace
}  // namespace ingest::sdk
