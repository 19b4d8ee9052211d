// What is written for others: messages for Redis, and answers to clients. The limit is a copy of
// the same bytes.

#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "http/ingest_answer.h"
#include "http/response.h"
#include "measure.h"
#include "model/arrow_view.h"
#include "readings.h"
#include "redis-sink/message.h"
#include "redis-sink/push.h"

namespace ingest::bench {
namespace {

constexpr int rows = 100;

void copy(benchmark::State& state, std::int64_t items, const std::string& text) {
    std::vector<char> out(text.size());
    measure(state, {items, static_cast<std::int64_t>(text.size())}, [&] {
        std::memcpy(out.data(), text.data(), out.size());
        benchmark::DoNotOptimize(out.data());
    });
}

// Readings as the sink gets them.
struct Shown {
    const model::Schema schema = sensor_schema();
    const model::Batch batch = some_rows(schema, rows);
    const model::ArrowView view{batch};
    const ingest_batch raw{sizeof(ingest_batch), 0, 0, 0, schema.arrow(), view.array(), nullptr};
    const redis_sink::MessageFormat format{sdk::Schema(schema.arrow())};

    void messages(std::string& out) const {
        out.clear();
        for (std::int64_t row = 0; row < rows; ++row) format.append(out, sdk::Batch(&raw), row);
    }
    void command(redis_sink::Push& push, std::string& message, std::string& out) const {
        out.clear();
        for (std::int64_t row = 0; row < rows; ++row) {
            message.clear();
            format.append(message, sdk::Batch(&raw), row);
            push.add(message);
        }
        push.take(out);
    }
};

void redis_messages(benchmark::State& state) {
    const Shown shown;
    std::string out;
    shown.messages(out);
    const std::string expected = out;
    measure(state, {rows, static_cast<std::int64_t>(out.size())}, [&] { shown.messages(out); });
    if (out.empty() || out != expected) state.SkipWithError("not rendered");
}

void redis_messages_limit(benchmark::State& state) {
    std::string text;
    Shown().messages(text);
    copy(state, rows, text);
}

// The same, as the one command that the sink sends.
void redis_command(benchmark::State& state) {
    const Shown shown;
    redis_sink::Push push("sensor_data_queue");
    std::string message;
    std::string out;
    shown.command(push, message, out);
    measure(state, {rows, static_cast<std::int64_t>(out.size())},
            [&] { shown.command(push, message, out); });
    if (!out.starts_with("*102\r\n")) state.SkipWithError("not rendered");
}

void redis_command_limit(benchmark::State& state) {
    redis_sink::Push push("sensor_data_queue");
    std::string message;
    std::string out;
    Shown().command(push, message, out);
    copy(state, rows, out);
}

// What Exchange does for an answer, and the texts that it has for it.
class Answer {
public:
    explicit Answer(int readings)
        : form_(readings == 1 ? intake::Form::single : intake::Form::batch) {
        Readings some;
        UuidSource ids;
        outcome_.kind = intake::Outcome::Kind::accepted;
        outcome_.total = static_cast<std::uint32_t>(readings);
        for (std::uint32_t i = 0; i < outcome_.total; ++i) {
            const Reading reading = some.next();
            outcome_.accepted.push_back({i, ids.next(start_us / 1000),
                                         readings == 1 ? reading.equipment_id : "",
                                         reading.timestamp_us});
        }
    }

    void render(std::string& wire) {
        wire.clear();
        document_.clear();
        const http::ErrorContext context{request_id_, start_us};
        http::Response response;
        response.status =
            append_ingest_answer(document_, form_, outcome_, intake::Ack::stored, context);
        response.body = document_;
        response.request_id = request_id_;
        response.date = date_.at(start_us);
        append_response(wire, response);
    }

private:
    const intake::Form form_;
    const std::string request_id_ = "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10";
    intake::Outcome outcome_;
    http::DateText date_;
    std::string document_;
};

void answer(benchmark::State& state, int readings) {
    Answer rendered(readings);
    std::string wire;
    rendered.render(wire);
    measure(state, {readings, static_cast<std::int64_t>(wire.size())},
            [&] { rendered.render(wire); });
    if (!wire.starts_with("HTTP/1.1 201 ") || !wire.ends_with("}")) {
        state.SkipWithError("not rendered");
    }
}

void answer_limit(benchmark::State& state, int readings) {
    std::string wire;
    Answer(readings).render(wire);
    copy(state, readings, wire);
}

void http_single(benchmark::State& state) { answer(state, 1); }
void http_single_limit(benchmark::State& state) { answer_limit(state, 1); }
void http_batch_of_100(benchmark::State& state) { answer(state, 100); }
void http_batch_of_100_limit(benchmark::State& state) { answer_limit(state, 100); }

BENCHMARK(redis_messages);
BENCHMARK(redis_messages_limit);
BENCHMARK(redis_command);
BENCHMARK(redis_command_limit);
BENCHMARK(http_single);
BENCHMARK(http_single_limit);
BENCHMARK(http_batch_of_100);
BENCHMARK(http_batch_of_100_limit);

}  // namespace
}  // namespace ingest::bench
