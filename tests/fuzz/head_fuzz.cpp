// libFuzzer target: bytes of a connection as the head of a request, arriving at once and piece by
// piece; then all that is read from its fields.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "http/accept_encoding.h"
#include "http/forwarded.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/head_parser.h"
#include "http/request_fields.h"

namespace {

using namespace ingest;
using State = http::HeadScanner::State;

constexpr http::HeadScanner::Options bounds{
    .request_line_max = 256, .headers_max = 512, .fields_max = 8};

// What arrives in pieces of `step` bytes is seen as what arrives at once.
void check_pieces(std::string_view bytes, std::size_t step, const http::HeadScanner& whole,
                  State state) {
    http::HeadScanner scanner(bounds);
    State now = State::more;
    for (std::size_t size = 0; now == State::more && size < bytes.size();) {
        size = size + step < bytes.size() ? size + step : bytes.size();
        now = scanner.scan(bytes.substr(0, size));
    }
    // An error may be known earlier, or another one first.
    check((now == State::rejected) == (state == State::rejected), "pieces are refused as a whole");
    if (state != State::complete) return;
    check(now == State::complete && scanner.begin() == whole.begin() &&
              scanner.end() == whole.end(),
          "pieces end where the whole does");
}

void check_fields(const http::Head& head) {
    const http::RequestFields fields = http::pick_fields(head.fields);
    http::Framing framing;
    const http::Rejection rejection = http::read_framing(head, fields, framing);
    if (!rejection) {
        check(framing.body == http::Framing::Body::chunked || framing.length == 0 ||
                  fields.content_length.count == 1,
              "a length is said once");
        check(fields.content_length.count == 0 || fields.transfer_encoding.count == 0,
              "nobody can be of two opinions about the length");
    }
    http::read_coding(fields.content_encoding);
    http::is_media(fields.content_type.value, "application/json");
    http::read_accept_encoding(head.fields);
    const http::Target target = http::split_target(head.target);
    check(target.path.size() + target.query.size() + target.authority.size() <= head.target.size(),
          "parts of a target are in it");
    const std::array trusted{IpNetwork::parse("10.0.0.0/8").value()};
    std::array<std::uint8_t, 16> peer{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
    const auto client = http::client_of(http::Address::of(peer), head.fields, trusted);
    check(!client.is_loopback(), "nobody behind a proxy is on this machine");
    peer[12] = 11;
    const auto stranger = http::Address::of(peer);
    check(http::client_of(stranger, head.fields, trusted) == stranger,
          "a stranger is who he is, whatever he says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    http::HeadScanner scanner(bounds);
    const State state = scanner.scan(bytes);
    check_pieces(bytes, 1, scanner, state);
    check_pieces(bytes, 7, scanner, state);
    if (state != State::complete) return 0;
    check(scanner.begin() <= scanner.end() && scanner.end() <= size, "a head is in its bytes");
    static http::HeadParser parser;
    const http::Head* head =
        parser.parse(bytes.substr(scanner.begin(), scanner.end() - scanner.begin()));
    if (head == nullptr) return 0;
    check(head->fields.size() <= bounds.fields_max, "fields are bounded");
    check_fields(*head);
    return 0;
}
