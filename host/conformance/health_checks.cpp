#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "base/json_text.h"
#include "conformance/fenced_memory.h"
#include "conformance/groups.h"
#include "conformance/patience.h"
#include "conformance/tried_plugin.h"
#include "plugin/query.h"

namespace ingest::conformance {
namespace {

constexpr double deadline_seconds = 2.0;
constexpr double grace_seconds = 5.0;

const std::string health_fix =
    "keep the state in a std::atomic or under a lock that is never held while waiting, write it "
    "where it changes, and fill state and a terminated message";

// Asks once; empty: nothing is wrong with the answer.
std::string fault_of_health(TriedSink& sink, double& slowest) {
    auto* health = static_cast<ingest_health*>(
        fenced_room(sizeof(ingest_health), "the ingest_health that it was given"));
    health->struct_size = sizeof *health;
    const Told told = call(sink.library().callee(), {"health"}, "health", [&](ingest_error*) {
        sink.table().health(sink.self(), health);
        return INGEST_OK;
    });
    slowest = std::max(slowest, told.seconds);
    if (told.threw) return "health let an exception out: " + told.message;
    if (health->state < INGEST_HEALTH_UNKNOWN || health->state > INGEST_HEALTH_DISCONNECTED) {
        return "health gave the state " + std::to_string(health->state) + ", which is none";
    }
    const char* const begin = health->message;
    const char* const end = begin + sizeof health->message;
    const char* const stop = std::find(begin, end, '\0');
    if (stop == end) return "health left a message without a NUL at its end";
    if (!is_utf8(std::string_view(begin, static_cast<std::size_t>(stop - begin)))) {
        return "health left a message that is not UTF-8";
    }
    return {};
}

// Asks while another thread writes.
std::string fault_during_write(TriedSink& sink, double& slowest) {
    Samples samples(sink.schema());
    const model::Batch batch = samples.batch(1000);
    std::atomic<bool> written{false};
    std::thread writer([&] {
        sink.write(batch, deadline_seconds * patience, "write beside health");
        written = true;
    });
    std::string fault;
    // Each question maps a few pages, so they are not many.
    for (int asked = 0; asked < 200 && fault.empty(); ++asked) {
        fault = fault_of_health(sink, slowest);
        if (written) break;
        std::this_thread::yield();
    }
    writer.join();
    return fault;
}

}  // namespace

Outcome check_health(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        double slowest = 0;
        std::string fault = fault_of_health(sink, slowest);
        if (fault.empty()) fault = fault_during_write(sink, slowest);
        if (fault.empty()) fault = fault_of_health(sink, slowest);
        if (fault.empty() && slowest >= prompt_seconds) {
            fault = "health took " + std::to_string(static_cast<int>(slowest * 1000)) +
                    " ms: it waits for something, such as the write under way";
        }
        if (fault.empty()) return passed("from any thread, also during a write");
        Outcome outcome = failed(fault, health_fix);
        outcome.blocks = false;
        return outcome;
    });
}

Outcome check_flush(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        for (const double seconds : {deadline_seconds * patience, 1e-6, 0.0}) {
            const Told told = sink.flush(seconds);
            std::string fault = fault_of(told, flush_contract);
            if (fault.empty() && told.seconds > (deadline_seconds + grace_seconds) * patience) {
                fault = "flush took " + std::to_string(static_cast<int>(told.seconds)) + " s";
            }
            if (fault.empty()) continue;
            Outcome outcome =
                failed(fault, "return OK when `write` leaves nothing open; else RETRY, TIMEOUT or "
                              "FATAL with a message, by the deadline");
            outcome.blocks = false;
            return outcome;
        }
        return passed("with nothing left open, and after its deadline");
    });
}

namespace {

const std::string query_fix =
    "answer with the newest rows of the one equipment, newest first, each reading once, `limit` at "
    "most, none for an equipment that is not known";

// One question about an equipment; empty: the answer is right.
std::string fault_of_latest(plugin::Query& query, const model::Schema& schema,
                            const std::string& equipment, std::uint32_t limit,
                            std::int64_t expected) {
    model::Batch rows(schema);
    now_doing("latest of " + equipment);
    const plugin::Answer answer = query.latest(equipment, limit, deadline_in(20 * patience), rows);
    const std::string about = "latest of " + std::to_string(limit) + " rows ";
    if (!answer.ok()) return about + "returned " + words_of(Told{answer.code, answer.message});
    if (rows.rows() != expected) {
        return about + "gave " + std::to_string(rows.rows()) + ", " + std::to_string(expected) +
               " were written";
    }
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        if (rows.utf8(model::column_equipment_id, row) != equipment) {
            return about + "gave rows of another equipment";
        }
        if (row > 0 && rows.int64(model::column_timestamp, row) >
                           rows.int64(model::column_timestamp, row - 1)) {
            return about + "gave older rows in front of newer ones";
        }
    }
    return {};
}

Outcome try_query(const Subject& subject, TriedSink& sink) {
    plugin::Answer failure;
    now_doing("create of the query");
    const auto query = plugin::Query::create(sink.library(), subject.options_json, sink.schema(),
                                             failure);
    if (!query) return failed("create of the query: " + failure.message, query_fix);
    Samples samples(sink.schema());
    model::Batch batch = samples.batch(3);
    const std::string equipment =
        "CHECK-" + to_text(batch.uuid(model::column_reading_id, 0)).substr(24);
    const std::vector<model::Batch::TextEdit> edits{{0, equipment}, {1, equipment}, {2, equipment}};
    batch.change_utf8(model::column_equipment_id, edits);
    // Twice, as after a write whose answer was lost.
    for (int i = 0; i < 2; ++i) {
        const Told told = sink.write(batch, 20 * patience, "write of what will be asked for");
        if (!told.ok()) return failed("write returned " + words_of(told), "see `write-again`");
    }
    std::string fault = fault_of_latest(*query, sink.schema(), equipment, 100, 3);
    if (fault.empty()) fault = fault_of_latest(*query, sink.schema(), equipment, 1, 1);
    for (const char* unknown : {"CHECK-nobody", "CHECK-%", "CHECK-'; DROP TABLE x; --"}) {
        if (fault.empty()) fault = fault_of_latest(*query, sink.schema(), unknown, 100, 0);
    }
    if (!fault.empty()) return failed(fault, query_fix);
    return passed("what was written, once each, newest first");
}

}  // namespace

Outcome check_query(const Subject& subject) {
    return with_sink(subject, [&](TriedSink& sink) { return try_query(subject, sink); });
}

}  // namespace ingest::conformance
