#include <algorithm>
#include <string>
#include <utility>

#include "http/ascii.h"
#include "http/exchange.h"

// What a request's body is announced as, and what it is once its coding is undone.
namespace ingest::http {
namespace {

constexpr std::size_t idempotency_key_max = 255;

// Readings as JSON shrink to about a quarter.
constexpr std::size_t expansion_usual = 4;
constexpr std::size_t decoded_room_min = 16 * 1024;

bool is_key(std::string_view text) noexcept {
    return !text.empty() && text.size() <= idempotency_key_max &&
           std::ranges::all_of(text, is_visible);
}

}  // namespace

Exchange::Next Exchange::refuse_large() {
    framing_.keep_alive = false;
    return reject(413, "the body is too large: at most " +
                           std::to_string(terms().limits.body_max) +
                           " bytes, before and after compression");
}

std::optional<Exchange::Next> Exchange::refuse_media() {
    const auto coding = read_coding(fields_.content_encoding);
    if (!coding) {
        coding_refused_ = true;
        return reject(415, "send the body with one Content-Encoding of gzip and zstd, or without");
    }
    coding_ = *coding;
    if (const auto refused = find_form()) return refused;
    if (framing_.body == Framing::Body::none && fields_.content_length.count == 0) {
        framing_.keep_alive = false;  // a body may follow whose end nobody knows
        return reject(411, "send Content-Length or chunked Transfer-Encoding");
    }
    if (framing_.length > terms().limits.body_max) return refuse_large();
    if (fields_.idempotency_key.count > 1 ||
        (fields_.idempotency_key.count == 1 && !is_key(fields_.idempotency_key.value)))
        return fail({400, "Idempotency-Key must be 1 to 255 visible characters, once"});
    return std::nullopt;
}

std::optional<Exchange::Next> Exchange::find_form() {
    const bool batch = route_.endpoint == Endpoint::ingest_batch;
    form_ = batch ? intake::Form::batch : intake::Form::single;
    const RequestFields::Seen& type = fields_.content_type;
    if (type.count == 0 || (type.count == 1 && is_media(type.value, "application/json")))
        return std::nullopt;
    if (!batch) return reject(415, "send the body as application/json");
    if (type.count == 1 && is_media(type.value, "application/x-ndjson")) {
        form_ = intake::Form::lines;
        return std::nullopt;
    }
    const CsvMedia csv = type.count == 1 ? read_csv_media(type.value) : CsvMedia::none;
    if (csv == CsvMedia::headless) {
        return reject(415, "CSV with header=absent is not served: its first line must name the "
                           "columns");
    }
    if (csv == CsvMedia::none) {
        return reject(415, "send the body as application/json, application/x-ndjson or text/csv, "
                           "in UTF-8");
    }
    form_ = intake::Form::csv;
    return std::nullopt;
}

// What came and what comes out are both counted while both are there. One byte more than the bound
// is asked for, which the padding has room for, to know whether the text ends at it.
std::optional<Exchange::Next> Exchange::decode_body() {
    if (coding_ == coding::Coding::identity) return std::nullopt;
    const std::size_t body_max = terms().limits.body_max;
    encoded_ = std::exchange(body_, station_.bodies.take());
    encoded_held_ = std::exchange(held_, 0);
    const auto decoding = coding::Decoding::begin(coding_, encoded_.view());
    coding::Decoding::Step step{coding::Decoding::State::more};
    std::size_t room = std::max(decoded_room_min, expansion_usual * encoded_.size());
    while (step.state == coding::Decoding::State::more && body_.size() <= body_max) {
        room = std::min(room, body_max);
        if (!reserve(room)) break;
        step = decoding->next({body_.free(), room + (room == body_max ? 1 : 0) - body_.size()});
        body_.grow(step.size);
        room *= 2;
    }
    let_go_of_encoded();
    if (failed()) return Next::answer;
    if (body_.size() > body_max) return refuse_large();
    if (step.state == coding::Decoding::State::done) return std::nullopt;
    return fail({400, description_of(step.state)});
}

void Exchange::let_go_of_encoded() noexcept {
    if (encoded_held_ != 0) {
        station_.shared.in_flight.give(share().in_flight, std::exchange(encoded_held_, 0));
    }
    station_.bodies.give(std::exchange(encoded_, Body()));
}

}  // namespace ingest::http
