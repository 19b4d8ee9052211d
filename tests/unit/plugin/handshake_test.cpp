#include "plugin/handshake.h"

#include <gmock/gmock.h>

namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

const void* no_interface(ingest_str) { return nullptr; }

ingest_plugin good() {
    return {sizeof(ingest_plugin), 0, 0, 0, text("demo"), text("1.2.3"), text("what it does"),
            text(R"({"kind":"validator"})"), &no_interface};
}

TEST(Handshake, CopiesWhatThePluginSays) {
    const ingest_plugin plugin = good();
    const auto identity = shake_hands(&plugin, "demo");
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->id, "demo");
    EXPECT_EQ(identity->version, "1.2.3");
    EXPECT_EQ(identity->manifest_json, R"({"kind":"validator"})");
}

TEST(Handshake, TakesALongerStructOfALaterMinor) {
    struct Later {
        ingest_plugin plugin;
        void* more[4];
    } later{good(), {}};
    later.plugin.struct_size = sizeof later;
    later.plugin.built_minor = 7;
    const auto identity = shake_hands(&later.plugin, "demo");
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->built_minor, 7U);
}

struct Broken {
    const char* name;
    void (*spoil)(ingest_plugin&);
    const char* expected;
};

class HandshakeRefuses : public ::testing::TestWithParam<Broken> {};

TEST_P(HandshakeRefuses, WithAReason) {
    ingest_plugin plugin = good();
    GetParam().spoil(plugin);
    const auto identity = shake_hands(&plugin, "demo");
    ASSERT_FALSE(identity);
    EXPECT_THAT(identity.error().message, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, HandshakeRefuses,
    ::testing::Values(
        Broken{"size_zero", [](ingest_plugin& p) { p.struct_size = 0; }, "0 bytes"},
        Broken{"size_small", [](ingest_plugin& p) { p.struct_size = 16; }, "16 bytes"},
        Broken{"needs_newer_host", [](ingest_plugin& p) { p.min_host_minor = 3; }, "1.3 or later"},
        Broken{"other_id", [](ingest_plugin& p) { p.id = text("other"); },
               "holds the plugin 'other'"},
        Broken{"null_text", [](ingest_plugin& p) { p.version = {nullptr, 4}; }, "malformed"},
        Broken{"huge_text", [](ingest_plugin& p) { p.description.size = UINT64_MAX; }, "malformed"},
        Broken{"no_interfaces", [](ingest_plugin& p) { p.get_interface = nullptr; }, "malformed"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Handshake, RefusesNull) {
    EXPECT_FALSE(shake_hands(nullptr, "demo"));
}

}  // namespace
}  // namespace ingest::plugin
