#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/grant.h"
#include "base/uuid.h"
#include "model/refusal.h"
#include "trace/context.h"

// The room is the folder `ingest`; its namespace is `intake`, because an inner namespace named
// like the outer one would hide it.
namespace ingest::intake {

// Which document a request carries.
enum class Form {
    single,
    batch,
    lines,  // NDJSON: as a batch, with a reading on each line
    csv,    // the same, behind a line with the names of columns
};

// Whether the positions of readings are those of lines.
constexpr bool counts_lines(Form form) noexcept {
    return form == Form::lines || form == Form::csv;
}

// One request, complete. Borrowed during accept().
struct Request {
    Form form = Form::single;
    // The body; the buffer behind it has body_padding more readable bytes (simdjson reads ahead).
    std::string_view body;
    std::string_view idempotency_key;  // empty: none was sent
    std::int64_t received_at_us = 0;
    const access::Grant* grant = nullptr;  // whose equipment it may be about; null: any
    const trace::Context* trace = nullptr;  // of the request's span; null: it is not traced
};

inline constexpr std::size_t body_padding = 64;

// What became of a request before anything is durable.
struct Outcome {
    enum class Kind {
        accepted,      // at least one reading waits for hand_over()
        refused,       // well-formed, and no reading was accepted: 422, or 403 with `foreign`
        malformed,     // not JSON, or not the document's shape: 400; `detail` says why
        failed,        // a validator failed and the configuration says refuse: 503
    };
    struct Accepted {
        std::uint32_t index;  // position in the request
        Uuid reading_id;
        std::string equipment_id;    // filled for Form::single only
        std::int64_t timestamp_us;
    };
    Kind kind = Kind::malformed;
    std::uint32_t total = 0;
    std::vector<Accepted> accepted;
    model::Findings errors;
    model::Findings warnings;
    // The equipment id as sent of each reading that has an error, in `errors` order, if it had one.
    std::vector<std::string> error_equipment_ids;
    // Some reading was refused for being of equipment that the request's grant does not cover.
    bool foreign = false;
    std::string detail;
    // What this outcome and its rows hold in memory, at most, until the answer is given.
    std::size_t bytes = 0;
};

// What is known when the receipt of a group completes.
enum class Ack {
    stored,   // durable here and committed by the storage sink: 201
    spooled,  // durable here; the storage sink will get it: 202
    failed,   // not durable; nothing was kept: 503
};

struct Explanation;  // ingest/explanation.h

// Takes requests on one core's thread: decode -> validate -> the core's batch of this loop turn.
// Owned by the core; no locks. An interface, so that http/ is tested without the rooms behind it.
class Front {
public:
    virtual ~Front() = default;

    // Synchronous and without blocking. Accepted readings join the batch of this turn.
    virtual Outcome accept(const Request& request) = 0;
    // What accept() would do with one reading (Form::single), of which nothing is kept: no counter,
    // no batch and no validator remembers it.
    virtual Explanation explain(const Request& request) = 0;

    // Readings accepted since the last hand_over().
    virtual std::int64_t pending_rows() const noexcept = 0;
    // True when the batch of this turn should be handed over now rather than at the turn's end.
    virtual bool full() const noexcept = 0;

    // Hands the batch of this turn to the spool. `done` is called exactly once, on another thread
    // (never from inside this call), for all readings accepted since the last hand_over().
    virtual void hand_over(std::function<void(Ack)> done) = 0;
};

// A reason to refuse new readings before their body is read.
struct Overload {
    std::string detail;             // for the client, generic
    std::uint32_t retry_after_s = 1;
};

}  // namespace ingest::intake
