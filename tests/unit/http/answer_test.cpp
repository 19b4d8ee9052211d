#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/documents.h"
#include "http/error_body.h"
#include "http/exchange.h"
#include "http/ingest_answer.h"
#include "http/response.h"
#include "http/station.h"

namespace ingest::http {
namespace {

using intake::Ack;
using intake::Form;
using intake::Outcome;
using nlohmann::json;

const ErrorContext context{"request-1", 1'700'000'000'123'456};
constexpr const char* id_text = "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10";
constexpr Uuid id = {0x01, 0x90, 0xf3, 0xc4, 0x8f, 0x3b, 0x7a, 0x51,
                     0x9c, 0x1e, 0x3f, 0x6d, 0x2b, 0x7a, 0x9e, 0x10};

struct Answer {
    unsigned status;
    std::string text;
    json body;
};

Answer answer(Form form, const Outcome& outcome, std::optional<Ack> ack) {
    Answer result;
    result.status = append_ingest_answer(result.text, form, outcome, ack, context);
    result.body = json::parse(result.text);
    EXPECT_LE(result.text.size(), ingest_answer_bytes_max(outcome));
    return result;
}

Outcome accepted_single() {
    Outcome outcome;
    outcome.kind = Outcome::Kind::accepted;
    outcome.total = 1;
    outcome.accepted = {{0, id, "PUMP-A-001", 1'700'000'000'000'001}};
    return outcome;
}

Outcome refused(std::size_t findings, std::size_t message_size) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::refused;
    outcome.total = 1;
    for (std::size_t i = 0; i < findings; ++i) {
        outcome.errors.push_back({static_cast<std::uint32_t>(i), "temperature", "out_of_range",
                                  std::string(message_size, '\x01')});
        outcome.error_equipment_ids.push_back("PUMP-A-001");
    }
    return outcome;
}

// Each list as long as it gets, with what grows most when it is escaped.
TEST(IngestAnswer, IsBoundedBeforeItIsMade) {
    for (const std::size_t findings : {0U, 1U, 10U, 1000U}) {
        Outcome outcome = refused(findings, 400);
        answer(Form::batch, outcome, std::nullopt);
        outcome.kind = Outcome::Kind::accepted;
        outcome.warnings = outcome.errors;
        for (const std::size_t accepted : {1U, 100U, 10'000U}) {
            outcome.accepted.assign(accepted, {0, id, std::string(4096, '\x01'), 0});
            outcome.total = static_cast<std::uint32_t>(accepted);
            answer(Form::lines, outcome, Ack::stored);
            answer(Form::single, outcome, Ack::spooled);
        }
    }
}

TEST(IngestAnswer, SingleStored) {
    const Answer got = answer(Form::single, accepted_single(), Ack::stored);
    EXPECT_EQ(got.status, 201U);
    EXPECT_EQ(got.body["reading_id"], id_text);
    EXPECT_EQ(got.body["equipment_id"], "PUMP-A-001");
    EXPECT_EQ(got.body["status"], "received");
    EXPECT_EQ(got.body["timestamp"], "2023-11-14T22:13:20.000001Z");
    EXPECT_TRUE(got.body["message"].is_string());
    EXPECT_FALSE(got.body.contains("warnings"));
}

TEST(IngestAnswer, SingleSpooledHasTheSameMembers) {
    const Answer got = answer(Form::single, accepted_single(), Ack::spooled);
    EXPECT_EQ(got.status, 202U);
    EXPECT_EQ(got.body["reading_id"], id_text);
    EXPECT_EQ(got.body["status"], "received");
}

TEST(IngestAnswer, NotKept) {
    for (const auto ack : {std::optional<Ack>(Ack::failed), std::optional<Ack>()}) {
        const Answer got = answer(Form::single, accepted_single(), ack);
        EXPECT_EQ(got.status, 503U);
        EXPECT_EQ(got.body["status_code"], 503);
        EXPECT_EQ(got.body["request_id"], "request-1");
        EXPECT_EQ(got.body["timestamp"], "2023-11-14T22:13:20.123456Z");
    }
    Outcome failed;
    failed.kind = Outcome::Kind::failed;
    failed.detail = "try again";
    EXPECT_EQ(answer(Form::batch, failed, {}).status, 503U);
}

TEST(IngestAnswer, Malformed) {
    Outcome outcome;
    outcome.detail = "not JSON";
    const Answer got = answer(Form::batch, outcome, {});
    EXPECT_EQ(got.status, 400U);
    EXPECT_EQ(got.body["detail"], "not JSON");
    EXPECT_EQ(got.body["error"], "Bad Request");
}

TEST(IngestAnswer, SingleWarnings) {
    Outcome outcome = accepted_single();
    outcome.warnings = {{0, "temperature", "hot", "very \"hot\""}, {0, "", "rule", "x"}};
    const json body = answer(Form::single, outcome, Ack::stored).body;
    ASSERT_EQ(body["warnings"].size(), 2U);
    EXPECT_EQ(body["warnings"][0],
              json({{"field", "temperature"}, {"code", "hot"}, {"message", "very \"hot\""}}));
    EXPECT_TRUE(body["warnings"][1]["field"].is_null());
}

TEST(IngestAnswer, SingleRefused) {
    const Answer got = answer(Form::single, refused(1, 3), {});
    EXPECT_EQ(got.status, 422U);
    for (const char* member : {"error", "detail", "status_code", "timestamp", "request_id"})
        EXPECT_TRUE(got.body.contains(member)) << member;
    ASSERT_EQ(got.body["errors"].size(), 1U);
    EXPECT_EQ(got.body["errors"][0]["field"], "temperature");
    EXPECT_EQ(got.body["errors"][0]["code"], "out_of_range");
    EXPECT_FALSE(got.body["errors"][0].contains("index"));
    EXPECT_FALSE(got.body.contains("errors_omitted"));
}

TEST(IngestAnswer, Batch) {
    Outcome outcome = accepted_single();
    outcome.total = 3;
    outcome.accepted.push_back({2, id, "", 0});
    outcome.errors = {{1, "pressure", "missing", "pressure is required"}};
    outcome.error_equipment_ids = {"pump-b-1"};
    outcome.warnings = {{2, "", "hot", "hot"}};
    const Answer got = answer(Form::batch, outcome, Ack::stored);
    EXPECT_EQ(got.status, 201U);
    EXPECT_EQ(got.body["total"], 3);
    EXPECT_EQ(got.body["successful"], 2);
    EXPECT_EQ(got.body["failed"], 1);
    EXPECT_EQ(got.body["reading_ids"], json({id_text, id_text}));
    EXPECT_EQ(got.body["errors"], json::array({{{"index", 1},
                                                {"equipment_id", "pump-b-1"},
                                                {"error", "pressure is required"},
                                                {"field", "pressure"},
                                                {"code", "missing"}}}));
    EXPECT_EQ(got.body["warnings"][0]["index"], 2);
    EXPECT_EQ(got.body["warnings"][0]["warning"], "hot");
    EXPECT_EQ(answer(Form::batch, outcome, Ack::spooled).status, 202U);
}

TEST(IngestAnswer, BatchRefusedHasTheSameMembers) {
    const Answer got = answer(Form::batch, refused(1, 3), {});
    EXPECT_EQ(got.status, 422U);
    EXPECT_EQ(got.body["successful"], 0);
    EXPECT_EQ(got.body["failed"], 1);
    EXPECT_EQ(got.body["reading_ids"], json::array());
    EXPECT_EQ(got.body["errors"].size(), 1U);
}

TEST(IngestAnswer, ErrorBodiesStaySmall) {
    for (const std::size_t findings : {1UL, 5UL, 100UL, 5000UL}) {
        for (const std::size_t size : {0UL, 10UL, 200UL, 10000UL}) {
            for (const Form form : {Form::single, Form::batch, Form::lines, Form::csv}) {
                const Answer got = answer(form, refused(findings, size), {});
                EXPECT_EQ(got.status, 422U);
                EXPECT_LT(got.text.size(), error_body_max);
                const std::size_t omitted = got.body.value("errors_omitted", 0U);
                EXPECT_EQ(got.body["errors"].size() + omitted, findings);
            }
        }
    }
    Outcome malformed;
    malformed.detail = std::string(100'000, '\x02');
    EXPECT_LT(answer(Form::single, malformed, {}).text.size(), error_body_max);
}

TEST(IngestAnswer, AListOfFindingsOfA201IsBoundedToo) {
    Outcome outcome = accepted_single();
    outcome.errors = refused(5000, 400).errors;
    outcome.warnings = outcome.errors;
    outcome.total = 100;
    const Answer got = answer(Form::batch, outcome, Ack::stored);
    EXPECT_EQ(got.status, 201U);
    EXPECT_LT(got.text.size(), 160U * 1024);
    EXPECT_GT(got.body["errors_omitted"], 0);
    EXPECT_GT(got.body["warnings_omitted"], 0);
}

TEST(IngestAnswer, ManyIdsLeaveRoomForWhatWasFound) {
    Outcome outcome = accepted_single();
    outcome.errors = refused(1, 10).errors;
    outcome.warnings = outcome.errors;
    outcome.accepted.assign(10'000, outcome.accepted.front());
    outcome.total = 10'001;
    const Answer got = answer(Form::lines, outcome, Ack::stored);
    EXPECT_EQ(got.body["reading_ids"].size(), 10'000U);
    EXPECT_EQ(got.body["errors"].size(), 1U);
    EXPECT_EQ(got.body["warnings"].size(), 1U);
    EXPECT_FALSE(got.body.contains("errors_omitted"));
}

TEST(ErrorBody, NeverCutsACharacter) {
    std::string out;
    append_cut(out, "aa\xC3\xA4", 3);
    EXPECT_EQ(out, "\"aa...\"");
    out.clear();
    append_cut(out, "aa\xC3\xA4", 4);
    EXPECT_EQ(json::parse(out), "aa\xC3\xA4");
}

TEST(Documents, Root) {
    std::string out;
    append_root(out, {"sensor-ingestion-service", "1.2"});
    EXPECT_EQ(json::parse(out), json({{"service", "sensor-ingestion-service"},
                                      {"version", "1.2"},
                                      {"status", "running"},
                                      {"docs", "/docs"},
                                      {"health", "/health"},
                                      {"api_prefix", "/api/v1"}}));
}

TEST(Documents, Health) {
    std::string out;
    append_health(out, {"s", "1"},
                  {true, 1.5, {{"database", true, false}, {"redis", false, false}}, {}}, 0);
    EXPECT_EQ(json::parse(out), json({{"service", "s"},
                                      {"status", "healthy"},
                                      {"version", "1"},
                                      {"timestamp", "1970-01-01T00:00:00Z"},
                                      {"uptime_seconds", 1.5},
                                      {"database", "connected"},
                                      {"redis", "disconnected"}}));
}

TEST(Documents, HealthNamesCallsThatDoNotReturn) {
    std::string out;
    const observe::Health health{
        true, 1, {{"redis", false, false}}, {{"redis-sink", "write", 45.5}, {"a\"b", "f", 2}}};
    append_health(out, {"s", "1"}, health, 0);
    EXPECT_EQ(json::parse(out)["stuck_calls"],
              json({{{"plugin", "redis-sink"}, {"function", "write"}, {"seconds", 45.5}},
                    {{"plugin", "a\"b"}, {"function", "f"}, {"seconds", 2}}}));
}

TEST(Documents, Readiness) {
    const observe::Readiness ready{true, {{"database", false}, {"spool", true}}};
    std::string out;
    append_readiness(out, ready, false);
    EXPECT_EQ(json::parse(out),
              json({{"ready", true}, {"checks", {{"database", "not_ready"}, {"spool", "ready"}}}}));
    out.clear();
    append_readiness(out, ready, true);
    EXPECT_EQ(json::parse(out)["ready"], false);
}

TEST(Documents, Ledger) {
    observe::Ledger ledger;
    ledger.spool.state = "full";
    ledger.spool.accepted = 12;
    ledger.spool.lost = 1;
    ledger.sinks.push_back({.name = "database", .connected = true, .cursor = 9, .accepted = 12,
                            .delivered = 8, .waiting = 2, .dead_lettered = 1, .lost = 1,
                            .retries = 4});
    ledger.sinks.push_back({.name = "redis"});
    std::string out;
    append_ledger(out, ledger);
    const json body = json::parse(out);
    EXPECT_EQ(body["spool"].size(), 18U);
    EXPECT_EQ(body["spool"]["state"], "full");
    EXPECT_EQ(body["spool"]["accepted"], 12);
    EXPECT_EQ(body["spool"]["lost"], 1);
    EXPECT_EQ(body["sinks"][0],
              json::parse(R"({"name":"database","connected":true,"cursor":9,"accepted":12,
                  "delivered":8,"waiting":2,"dead_lettered":1,"lost":1,"retries":4})"));
    EXPECT_EQ(body["sinks"][1]["connected"], false);
}

TEST(Documents, TheLedgerIsNotThereForOthers) {
    const auto answer_to = [](std::array<std::uint8_t, 16> peer, std::string_view method) {
        Services services;
        services.ledger = [] { return observe::Ledger(); };
        Shared shared({}, std::move(services), 1);
        const Options options;
        Station station(
            shared,
            std::make_shared<const Terms>(
                options, std::make_shared<const ServedAssets>(std::vector<Asset>{}, nullptr),
                nullptr),
            nullptr);
        Exchange exchange(station, Address::of(peer));
        const std::string head =
            std::string(method) + " /internal/ledger HTTP/1.1\r\nHost: a\r\n\r\n";
        exchange.open(head);
        std::string wire;
        exchange.render(wire, 0);
        return wire.substr(0, 12);
    };
    constexpr std::array<std::uint8_t, 16> here = {0, 0, 0, 0, 0,    0,    0,   0,
                                                   0, 0, 0xFF, 0xFF, 127, 9, 9, 9};
    constexpr std::array<std::uint8_t, 16> here_too = {0, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0, 0, 0, 0, 1};
    constexpr std::array<std::uint8_t, 16> near = {0, 0, 0, 0, 0, 0, 0, 0,
                                                   0, 0, 0, 0, 0, 0, 0, 2};
    constexpr std::array<std::uint8_t, 16> far = {0, 0, 0, 0, 0,    0,    0,  0,
                                                  0, 0, 0xFF, 0xFF, 126, 0, 0, 1};
    EXPECT_EQ(answer_to(here, "GET"), "HTTP/1.1 200");
    EXPECT_EQ(answer_to(here_too, "GET"), "HTTP/1.1 200");
    for (const char* method : {"GET", "HEAD", "POST", "OPTIONS"}) {
        EXPECT_EQ(answer_to(near, method), "HTTP/1.1 404") << method;
        EXPECT_EQ(answer_to(far, method), "HTTP/1.1 404") << method;
    }
}

TEST(Documents, Latest) {
    using model::ColumnType;
    const model::Schema schema({{"temperature", ColumnType::float64, true},
                                {"note", ColumnType::utf8},
                                {"count", ColumnType::int64},
                                {"on", ColumnType::boolean},
                                {"seen", ColumnType::timestamp}});
    model::Batch rows(schema);
    rows.add_row();
    rows.set_uuid(0, id);
    rows.set_utf8(1, "PUMP-A-001");
    rows.set_int64(2, 1'700'000'000'000'000);
    rows.set_int64(3, 1'700'000'001'500'000);
    rows.set_float64(4, 0.1);
    rows.set_utf8(5, "a\nb");
    rows.set_int64(6, -9'007'199'254'740'993);
    rows.set_boolean(7, true);
    rows.set_int64(8, 0);
    rows.add_row();
    rows.set_uuid(0, id);
    rows.set_utf8(1, "PUMP-A-001");
    rows.set_int64(2, 0);
    rows.set_int64(3, 0);
    std::string out;
    append_latest(out, "PUMP-A-001", rows);
    const json body = json::parse(out);
    EXPECT_EQ(body["equipment_id"], "PUMP-A-001");
    EXPECT_EQ(body["count"], 2);
    EXPECT_EQ(body["readings"][0], json({{"reading_id", id_text},
                                         {"equipment_id", "PUMP-A-001"},
                                         {"temperature", 0.1},
                                         {"note", "a\nb"},
                                         {"count", -9'007'199'254'740'993},
                                         {"on", true},
                                         {"seen", "1970-01-01T00:00:00Z"},
                                         {"timestamp", "2023-11-14T22:13:20Z"},
                                         {"created_at", "2023-11-14T22:13:21.500000Z"}}));
    for (const char* name : {"temperature", "note", "count", "on", "seen"})
        EXPECT_TRUE(body["readings"][1][name].is_null()) << name;

    out.clear();
    append_latest(out, "X", model::Batch(schema));
    EXPECT_EQ(out, R"({"equipment_id":"X","count":0,"readings":[]})");
}

TEST(Response, Head) {
    Response response;
    response.status = 201;
    response.body = "{}";
    response.request_id = "r";
    response.date = "D";
    std::string out;
    append_response(out, response);
    EXPECT_EQ(out,
              "HTTP/1.1 201 Created\r\nDate: D\r\nContent-Type: application/json\r\n"
              "Content-Length: 2\r\nX-Request-ID: r\r\nX-Content-Type-Options: nosniff\r\n\r\n{}");
}

std::string head_of(const Response& response) {
    std::string out;
    append_response(out, response);
    return out;
}

TEST(Response, WhatAHeadMayHave) {
    Response response;
    response.status = 503;
    response.retry_after_s = 7;
    response.keep_alive = false;
    EXPECT_NE(head_of(response).find("\r\nRetry-After: 7\r\n"), std::string::npos);
    EXPECT_NE(head_of(response).find("\r\nConnection: close\r\n"), std::string::npos);
    response.keep_alive = true;
    EXPECT_EQ(head_of(response).find("Connection"), std::string::npos);
    response.http_1_1 = false;
    EXPECT_NE(head_of(response).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    response.body = "text";
    response.head_only = true;
    EXPECT_NE(head_of(response).find("\r\nContent-Length: 4\r\n"), std::string::npos);
    EXPECT_TRUE(head_of(response).ends_with("\r\n\r\n"));
    response.status = 204;
    EXPECT_EQ(head_of(response).find("Content-"), head_of(response).find("Content-Type-Options"));
}

TEST(Response, Date) {
    DateText date;
    EXPECT_EQ(date.at(784'111'777'999'999), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(date.at(1'709'164'800'000'000), "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST(Cors, Policies) {
    const auto fields = [](std::vector<std::string> origins, std::string_view origin) {
        std::string out;
        const CorsPolicy policy({std::move(origins), 600});
        policy.append_fields(out, origin);
        policy.append_preflight_fields(out, origin, "GET, HEAD, OPTIONS");
        return out;
    };
    EXPECT_EQ(fields({}, "https://a"), "");
    EXPECT_EQ(fields({"https://a"}, "https://b"), "Vary: Origin\r\n");
    EXPECT_EQ(fields({"https://a"}, ""), "Vary: Origin\r\n");
    const std::string own = fields({"https://b", "https://a"}, "https://a");
    EXPECT_NE(own.find("Vary: Origin\r\n"), std::string::npos);
    EXPECT_NE(own.find("Access-Control-Allow-Origin: https://a\r\n"), std::string::npos);
    EXPECT_NE(own.find("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"), std::string::npos);
    EXPECT_NE(own.find("Access-Control-Max-Age: 600\r\n"), std::string::npos);
    for (const std::string name : {"Content-Encoding", "Idempotency-Key", "Authorization",
                                   "X-API-Key", "X-Request-ID", "traceparent"}) {
        EXPECT_NE(own.find(name), std::string::npos) << name;
    }
    EXPECT_NE(own.find("Expose-Headers: "), std::string::npos);
    EXPECT_NE(own.find("traceresponse"), std::string::npos);
    EXPECT_EQ(own.find("Credentials"), std::string::npos);
    const std::string any = fields({"*"}, "https://x");
    EXPECT_NE(any.find("Access-Control-Allow-Origin: *\r\n"), std::string::npos);
    EXPECT_EQ(any.find("Vary"), std::string::npos);
}

TEST(RequestId, Syntax) {
    for (const char* good : {"a", "A-z_0.9", "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10"})
        EXPECT_TRUE(is_request_id(good)) << good;
    EXPECT_TRUE(is_request_id(std::string(64, 'a')));
    for (const char* bad : {"", "a b", "a\n", "a/b", "\"", "\xc3\xa4", "a;b"})
        EXPECT_FALSE(is_request_id(bad)) << bad;
    EXPECT_FALSE(is_request_id(std::string(65, 'a')));
}

}  // namespace
}  // namespace ingest::http
