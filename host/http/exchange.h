#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coding/decoding.h"
#include "http/accept_encoding.h"
#include "http/address.h"
#include "http/body.h"
#include "http/error_body.h"
#include "http/framing.h"
#include "http/head_parser.h"
#include "http/identity.h"
#include "http/reception.h"
#include "http/station.h"
#include "ingest/explanation.h"

namespace ingest::http {

// One request from its head to its answer, without I/O: the session reads, waits and writes as it
// is told here. Owned by a session, used again for each request of its connection; on its core's
// thread only.
class Exchange {
public:
    enum class Next {
        answer,       // render()
        read_body,    // make_room() and fill body(), then take_body()
        ask_latest,   // ask for equipment_id() and limit(), then set_latest()
        await_ack,    // the readings have joined the core's group; then set_ack()
    };

    Exchange(Station& station, const Address& peer)
        : station_(station), reception_(peer), lease_(station.shared.shares) {}
    ~Exchange() { finish(); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // Who the client of this connection is, once and for all its requests.
    void identify(Identity identity) noexcept { identity_ = std::move(identity); }
    const Identity& identity() const noexcept { return identity_; }

    // Begins a request whose head HeadScanner has passed.
    Next open(std::string_view head);
    bool failed() const noexcept { return status_ != 0; }
    // Instead of whatever would come next: an answer that says so, and then the end.
    Next fail(const Rejection& rejection);

    const Framing& framing() const noexcept { return framing_; }
    Body& body() noexcept { return body_; }
    // Room for `size` bytes of a body that comes, and more where more may come; false when there is
    // none, the answer then says why.
    bool make_room(std::size_t size);
    std::size_t room() const noexcept { return held_; }
    Next take_body();
    // Nothing: the wait for it was given up, so that nobody knows, and render() is not called.
    void set_ack(std::optional<intake::Ack> ack);

    const std::string& equipment_id() const noexcept { return route_.equipment_id; }
    std::uint32_t limit() const noexcept { return route_.limit; }
    void set_latest(LatestAnswer answer) { latest_ = std::move(answer); }

    // Appends the answer and returns what is to be sent behind it: the bytes of an asset, which
    // are not copied because they are large; they are there until finish(). `received`: bytes
    // behind what was read of this request, so that a drain answers a request that is here already
    // too.
    std::string_view render(std::string& wire, std::size_t received);
    // After render(): whether another request may follow, and how many bytes of this one's body
    // come before it.
    bool keep_alive() const noexcept { return keep_alive_; }
    std::uint64_t unread() const noexcept { return unread_; }

    // Lets go of what the request held.
    void finish() noexcept;

private:
    static constexpr std::string_view foreign_detail =
        "this key or token is not for this equipment";

    Next reject(unsigned status, std::string_view detail, std::uint32_t retry_after_s = 0);
    std::optional<Next> refuse(const std::optional<Reception::Refusal>& refusal);
    void begin() noexcept;
    bool is_there(Endpoint endpoint) const;
    void find_route();
    Next begin_ingest();
    Next refuse_large();
    Next refuse_overload();
    Next refuse_overload(Budget::Taken taken);
    ClientShare& share();
    bool begin_body();
    bool reserve(std::size_t size);
    bool enter_work();
    void leave_work() noexcept;
    bool hold_outcome();
    void hold_no_more_than_outcome();
    bool hold_answer(std::size_t size);
    void let_go_of_answer() noexcept;
    std::optional<Next> refuse_client();
    std::optional<Next> refuse_media();
    std::optional<Next> find_form();
    std::optional<Next> decode_body();
    std::optional<Next> refuse_load();
    intake::Request request() const noexcept;
    Next explain();
    void let_go_of_body() noexcept;
    void let_go_of_encoded() noexcept;
    void choose_request_id();
    void decide_connection(unsigned status, std::size_t received);
    void fill_document(Response& response);
    void make_document(Response& response);
    unsigned append_latest_answer(std::string& out, Response& response,
                                  const ErrorContext& context) const;
    unsigned append_document(std::string& out, Response& response);
    const AnswerCodings& answer_codings();
    std::optional<Next> refuse_codings();
    coding::Coding coding_for(std::size_t size);
    void serve_asset(Response& response);
    void encode_document(Response& response);
    void count(unsigned status) noexcept;
    std::string_view client_name() const noexcept;
    void begin_trace();
    std::string trace_id() const;  // empty: it is not traced
    void append_trace_fields(std::string& out) const;
    void end_trace(unsigned status);
    void log_warnings() const;
    void log_access(unsigned status) const;
    void audit_kept();
    void audit_refusal(unsigned status);

    const Terms& terms() {
        if (!terms_) terms_ = station_.terms;
        return *terms_;
    }

    Station& station_;
    Identity identity_;
    Reception reception_;
    HeadParser parser_;
    SharedTerms terms_;  // of this request, from when they were first asked for
    ShareLease lease_;
    ClientShare* share_ = nullptr;  // of this request's client, from when something was held

    const Head* head_ = nullptr;  // null: the request was not understood that far
    RequestFields fields_;
    Framing framing_;
    Route route_;
    std::string request_id_;
    std::int64_t received_at_us_ = 0;
    std::int64_t begun_ns_ = 0;  // the same moment, of the clock that goes evenly

    intake::Form form_ = intake::Form::single;
    Body body_;
    std::size_t held_ = 0;          // bytes taken from Shared::in_flight
    std::size_t outcome_held_ = 0;  // from Shared::outcomes, and for its answer
    std::size_t answer_held_ = 0;   // from Shared::answers
    Body encoded_;  // what came, while its coding is undone
    std::size_t encoded_held_ = 0;
    bool body_taken_ = false;
    bool working_ = false;  // one of Shared::requests
    coding::Coding coding_ = coding::Coding::identity;  // of the body
    bool coding_refused_ = false;
    std::optional<AnswerCodings> answer_codings_;  // once something depended on them

    std::optional<trace::TracedRequest> trace_;

    unsigned status_ = 0;  // of a rejection; 0: none
    std::string detail_;
    std::uint32_t retry_after_s_ = 0;
    std::optional<intake::Outcome> outcome_;
    std::optional<intake::Explanation> explanation_;
    std::optional<intake::Ack> ack_;
    std::optional<LatestAnswer> latest_;

    std::uint64_t answered_ = 0;  // of this connection
    bool keep_alive_ = false;
    std::uint64_t unread_ = 0;
};

}  // namespace ingest::http
