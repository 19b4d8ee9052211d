#include "http/ascii.h"
#include "http/exchange.h"

// In which coding an answer goes out.
namespace ingest::http {
namespace {

// An answer of this size and its head are one TCP segment of an Ethernet (1,448 bytes), compressed
// or not; above it each byte saved is one less to send. So the answer to a single reading is never
// compressed, nor most errors: nothing is even looked at for them.
constexpr std::size_t compressed_min = 1024;

bool tag_matches(std::string_view list, std::string_view tag) noexcept {
    while (!list.empty()) {
        std::string_view candidate = trimmed(take_until(list, ','));
        if (candidate.starts_with("W/")) candidate.remove_prefix(2);
        if (candidate == tag || candidate == "*") return true;
    }
    return false;
}

}  // namespace

const AnswerCodings& Exchange::answer_codings() {
    if (!answer_codings_) answer_codings_ = read_accept_encoding(head_->fields);
    return *answer_codings_;
}

// Before anything is done for it, so GET and HEAD alone: what a POST did is told in any case.
std::optional<Exchange::Next> Exchange::refuse_codings() {
    if (head_->method == "POST" || !answer_codings().none()) return std::nullopt;
    return reject(406, "Accept-Encoding leaves nothing: accept identity, gzip or zstd");
}

coding::Coding Exchange::coding_for(std::size_t size) {
    const AnswerCodings& accepted = answer_codings();
    return size >= compressed_min || !accepted.identity ? accepted.preferred
                                                        : coding::Coding::identity;
}

void Exchange::serve_asset(Response& response) {
    const Asset& asset = *route_.asset;
    const Representations& made = *terms_->assets->of(asset);
    coding::Coding coding = coding_for(asset.bytes.size());
    if (coding != coding::Coding::identity && answer_codings().identity &&
        made.bytes(coding).size() >= asset.bytes.size())
        coding = coding::Coding::identity;
    response.body = asset.bytes;
    if (coding != coding::Coding::identity) {
        response.body = made.bytes(coding);
        response.content_encoding = name_of(coding);
    }
    response.entity_tag = made.entity_tag(coding);
    response.content_type = asset.content_type;
    response.body_apart = true;
    response.page = !asset.content_type.starts_with("application/json");
    if (tag_matches(fields_.if_none_match.value, response.entity_tag)) response.status = 304;
}

void Exchange::encode_document(Response& response) {
    // With a GET the answer could be another even if it is small: see coding_for().
    if (response.body.size() < compressed_min && !answer_codings_) return;
    if (head_ == nullptr) return;
    const coding::Coding coding = coding_for(response.body.size());
    if (coding == coding::Coding::identity) return;
    station_.encoder.encode(coding, response.body, station_.encoded);
    if (station_.encoded.size() >= response.body.size() && answer_codings().identity) return;
    response.body = station_.encoded;
    response.content_encoding = name_of(coding);
}

}  // namespace ingest::http
