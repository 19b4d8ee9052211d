#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/gate.h"
#include "http/address.h"
#include "http/head.h"
#include "http/rate_limiter.h"
#include "http/request_fields.h"
#include "http/router.h"
#include "http/terms.h"

namespace ingest::http {

// Whose request one is, whether they may make it, and whether they come too often. Owned by an
// exchange, used again for each of its requests.
class Reception {
public:
    struct Refusal {
        unsigned status = 0;
        std::string_view detail;  // of static lifetime
        std::uint32_t retry_after_s = 0;
    };

    explicit Reception(const Address& peer) noexcept : peer_(peer), client_(peer) {}

    // Begins a request. `terms` are the request's.
    void open(const Terms& terms, const Head& head);
    // Where it comes from, from behind a trusted proxy too.
    const Address& client() const noexcept { return client_; }
    // Whom it is counted to: its key, once refuse_stranger() has let one in, else client().
    Address payer() const noexcept;

    // 401, 403, or 429 for who fails too often. For routes that anybody may take: nothing.
    std::optional<Refusal> refuse_stranger(const Terms& terms, const RequestFields& fields,
                                           const Route& route);
    // 429. After refuse_stranger(), because keys are counted for themselves.
    std::optional<Refusal> refuse_haste(const Terms& terms, const Route& route);
    void count_readings(const Terms& terms, std::uint32_t readings);

    // Null: nobody was asked for anything, or nobody was let in.
    const access::Visitor* visitor() const noexcept { return visitor_ ? &*visitor_ : nullptr; }
    // What the visitor may do; null: nobody was asked for anything.
    const access::Grant* grant() const noexcept { return visitor_ ? &visitor_->grant : nullptr; }
    // For the log; empty: nobody in particular.
    std::string_view name() const noexcept {
        return visitor_ ? std::string_view(visitor_->name) : std::string_view();
    }
    // Whole lines of the answer's head.
    void append_fields(std::string& out, unsigned status) const;

    void finish() noexcept;

private:
    std::optional<Refusal> challenge(const Terms& terms, std::string_view why, bool shown);

    const Address peer_;
    Address client_;
    std::optional<access::Visitor> visitor_;
    std::optional<Standing> standing_;
    bool shown_ = false;  // something that was not good enough
};

}  // namespace ingest::http
