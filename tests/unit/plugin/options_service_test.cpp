#include "plugin/options_service.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "plugin/host_api.h"

namespace ingest::plugin {
namespace {

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

constexpr std::string_view document = R"({
    "whole": -7, "real": 2.5, "huge": 18446744073709551615, "on": true, "off": false,
    "name": "h\u00e9llo", "nothing": null, "list": [10, [20]], "a/b": {"m~n": 1},
    "columns": {"temperature": 1, "pressure": 2}})";

class OptionsService : public ::testing::Test {
protected:
    std::int32_t i64(std::string_view pointer, std::string_view json = document) {
        return service_->get_i64(nullptr, text(json), text(pointer), &whole_);
    }
    std::int32_t f64(std::string_view pointer) {
        return service_->get_f64(nullptr, text(document), text(pointer), &real_);
    }
    std::int32_t boolean(std::string_view pointer) {
        return service_->get_bool(nullptr, text(document), text(pointer), &boolean_);
    }
    std::int32_t utf8(std::string_view pointer, std::uint64_t room) {
        buffer_.assign(16, '.');
        return service_->get_utf8(nullptr, text(document), text(pointer), buffer_.data(), room,
                                  &size_);
    }
    std::int32_t count(std::string_view pointer) {
        return service_->get_size(nullptr, text(document), text(pointer), &size_);
    }
    std::int32_t name(std::string_view pointer, std::uint64_t index, std::uint64_t room = 16) {
        buffer_.assign(16, '.');
        return service_->get_name(nullptr, text(document), text(pointer), index, buffer_.data(),
                                  room, &size_);
    }

    const ingest_options* service_ = options_service();
    std::int64_t whole_ = 99;
    double real_ = 99;
    std::int32_t boolean_ = 99;
    std::uint64_t size_ = 99;
    std::string buffer_;
};

TEST_F(OptionsService, IsWhatTheHostTableOffers) {
    const HostApi host("demo");
    const ingest_host* table = host.get();
    EXPECT_EQ(table->get_service(table->ctx, text(INGEST_OPTIONS_ID)), service_);
    EXPECT_EQ(table->get_service(table->ctx, text("ingest.options/2")), nullptr);
    EXPECT_EQ(table->get_service(table->ctx, {nullptr, 5}), nullptr);
    EXPECT_EQ(service_->struct_size, sizeof(ingest_options));
}

TEST_F(OptionsService, ReadsEachType) {
    EXPECT_EQ(i64("/whole"), INGEST_OK);
    EXPECT_EQ(whole_, -7);
    EXPECT_EQ(f64("/real"), INGEST_OK);
    EXPECT_EQ(real_, 2.5);
    EXPECT_EQ(f64("/whole"), INGEST_OK) << "a whole number is a number";
    EXPECT_EQ(real_, -7.0);
    EXPECT_EQ(boolean("/on"), INGEST_OK);
    EXPECT_EQ(boolean_, 1);
    EXPECT_EQ(boolean("/off"), INGEST_OK);
    EXPECT_EQ(boolean_, 0);
    EXPECT_EQ(utf8("/name", 16), INGEST_OK);
    EXPECT_EQ(size_, 6U);
    EXPECT_EQ(buffer_, "h\xC3\xA9llo..........") << "and no terminator";
    EXPECT_EQ(count("/list"), INGEST_OK);
    EXPECT_EQ(size_, 2U);
    EXPECT_EQ(count(""), INGEST_OK);
    EXPECT_EQ(size_, 10U);
}

TEST_F(OptionsService, FollowsThePointer) {
    EXPECT_EQ(i64("/list/0"), INGEST_OK);
    EXPECT_EQ(whole_, 10);
    EXPECT_EQ(i64("/list/1/0"), INGEST_OK);
    EXPECT_EQ(whole_, 20);
    EXPECT_EQ(i64("/a~1b/m~0n"), INGEST_OK);
    EXPECT_EQ(whole_, 1);
    EXPECT_EQ(i64("", "5"), INGEST_OK);
    EXPECT_EQ(whole_, 5);
}

TEST_F(OptionsService, WhatIsNotThereIsUnsupported) {
    for (const char* pointer : {"/none", "/nothing", "/list/2", "/list/-", "/list/01", "/list/x",
                                "/list/99999999999999999999", "/whole/deeper", "/"}) {
        EXPECT_EQ(i64(pointer), INGEST_UNSUPPORTED) << pointer;
    }
    EXPECT_EQ(name("/columns", 2), INGEST_UNSUPPORTED);
    EXPECT_EQ(whole_, 99) << "nothing is written";
    EXPECT_EQ(size_, 99U);
}

TEST_F(OptionsService, AnotherTypeIsAnErrorOfTheConfiguration) {
    for (const char* pointer : {"/real", "/huge", "/on", "/name", "/list", "/columns"}) {
        EXPECT_EQ(i64(pointer), INGEST_CONFIG) << pointer;
    }
    EXPECT_EQ(f64("/name"), INGEST_CONFIG);
    EXPECT_EQ(boolean("/whole"), INGEST_CONFIG);
    EXPECT_EQ(utf8("/whole", 16), INGEST_CONFIG);
    EXPECT_EQ(count("/name"), INGEST_CONFIG);
    EXPECT_EQ(name("/list", 0), INGEST_CONFIG);
    EXPECT_EQ(whole_, 99) << "nothing is written";
    EXPECT_EQ(real_, 99);
    EXPECT_EQ(boolean_, 99);
    EXPECT_EQ(size_, 99U);
}

TEST_F(OptionsService, MalformedPointersAndDocumentsAreToo) {
    for (const char* pointer : {"whole", "/a~b", "/whole~", "/~2"}) {
        EXPECT_EQ(i64(pointer), INGEST_CONFIG) << pointer;
    }
    for (const char* json : {"", "{", "{\"whole\": 1e999}", "{} {}", "\xFF"}) {
        EXPECT_EQ(i64("/whole", json), INGEST_CONFIG) << json;
    }
    EXPECT_EQ(i64("/whole", std::string(100'000, '[')), INGEST_CONFIG);
}

TEST_F(OptionsService, CutsTextsAndSaysHowLongTheyAre) {
    EXPECT_EQ(utf8("/name", 3), INGEST_OK);
    EXPECT_EQ(size_, 6U);
    EXPECT_EQ(buffer_, "h\xC3\xA9.............");
    EXPECT_EQ(service_->get_utf8(nullptr, text(document), text("/name"), nullptr, 0, &size_),
              INGEST_OK);
    EXPECT_EQ(size_, 6U);
}

TEST_F(OptionsService, GivesNamesInTheirOrder) {
    EXPECT_EQ(name("/columns", 0), INGEST_OK);
    EXPECT_EQ(std::string_view(buffer_).substr(0, size_), "pressure");
    EXPECT_EQ(name("/columns", 1), INGEST_OK);
    EXPECT_EQ(std::string_view(buffer_).substr(0, size_), "temperature");
    EXPECT_EQ(name("/columns", 1, 4), INGEST_OK);
    EXPECT_EQ(size_, 11U);
    EXPECT_EQ(buffer_, "temp............");
}

TEST_F(OptionsService, TakesNullPointersForMistakes) {
    const ingest_str json = text(document);
    EXPECT_EQ(service_->get_i64(nullptr, {nullptr, 9}, text(""), &whole_), INGEST_CONFIG);
    EXPECT_EQ(service_->get_i64(nullptr, json, {nullptr, 9}, &whole_), INGEST_CONFIG);
    EXPECT_EQ(service_->get_i64(nullptr, json, text("/whole"), nullptr), INGEST_CONFIG);
    EXPECT_EQ(service_->get_f64(nullptr, json, text("/real"), nullptr), INGEST_CONFIG);
    EXPECT_EQ(service_->get_bool(nullptr, json, text("/on"), nullptr), INGEST_CONFIG);
    EXPECT_EQ(service_->get_size(nullptr, json, text("/list"), nullptr), INGEST_CONFIG);
    EXPECT_EQ(service_->get_utf8(nullptr, json, text("/name"), nullptr, 5, &size_), INGEST_CONFIG);
    EXPECT_EQ(service_->get_utf8(nullptr, json, text("/name"), buffer_.data(), 0, nullptr),
              INGEST_CONFIG);
    EXPECT_EQ(size_, 99U);
}

}  // namespace
}  // namespace ingest::plugin
