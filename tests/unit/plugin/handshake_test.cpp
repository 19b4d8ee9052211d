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
constexpr std::string_view long_text =
    "01234567890123456789012345678901234567890123456789012345678901234";
static_assert(long_text.size() == 65);

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
        Broken{"size_huge", [](ingest_plugin& p) { p.struct_size = 4104; },
               "4104 bytes; 88 to 4096"},
        Broken{"size_odd", [](ingest_plugin& p) { p.struct_size = 92; }, "a multiple of 8"},
        Broken{"reserved", [](ingest_plugin& p) { p.reserved = 7; }, "7 in `reserved`"},
        Broken{"bad_id", [](ingest_plugin& p) { p.id = text("Demo\n"); }, "'Demo\\n'; name the"},
        Broken{"no_version", [](ingest_plugin& p) { p.version = text(""); }, "has 0 bytes"},
        Broken{"long_version",
               [](ingest_plugin& p) { p.version = text(long_text); }, "has 65 bytes"},
        Broken{"not_utf8", [](ingest_plugin& p) { p.description = text("\xC3"); },
               "description is not UTF-8"},
        Broken{"null_text", [](ingest_plugin& p) { p.version = {nullptr, 4}; }, "malformed"},
        Broken{"huge_text", [](ingest_plugin& p) { p.description.size = UINT64_MAX; }, "malformed"},
        Broken{"no_interfaces", [](ingest_plugin& p) { p.get_interface = nullptr; }, "malformed"}),
    [](const auto& param) { return std::string(param.param.name); });

// A table as a later minor has it, of which today's plugin made the first part only.
struct LaterTable {
    std::uint32_t struct_size;
    std::uint32_t reserved;
    void (*first)();
    void (*appended)();
};

void nothing() {}

TEST(Handshake, WhatAnOlderPluginDidNotHaveIsNull) {
    const LaterTable older{16, 0, &nothing, &nothing};
    const auto copy = copy_grown<LaterTable>(&older, "later_table", 16);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->struct_size, sizeof(LaterTable));
    EXPECT_EQ(copy->first, &nothing);
    EXPECT_EQ(copy->appended, nullptr) << "beyond the plugin's struct_size";
    const LaterTable cut{12, 0, &nothing, nullptr};
    EXPECT_FALSE(copy_grown<LaterTable>(&cut, "later_table", 8)) << "ends within a pointer";
}

TEST(Handshake, RefusesNull) {
    EXPECT_FALSE(shake_hands(nullptr, "demo"));
}

}  // namespace
}  // namespace ingest::plugin
