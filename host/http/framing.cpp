#include "http/framing.h"

#include <charconv>

#include "http/ascii.h"

namespace ingest::http {
namespace {

Rejection check_host(const Head& head, const RequestFields& fields) noexcept {
    if (fields.host.count == 0) {
        if (head.http_1_1) return {400, "the Host field is missing"};
        return {};
    }
    if (fields.host.count > 1) return {400, "the Host field is repeated"};
    if (!is_authority(fields.host.value)) return {400, "the Host field is not a host"};
    return {};
}

Rejection read_length(const RequestFields& fields, Framing& framing) noexcept {
    if (fields.content_length.count == 0) return {};
    const std::string_view text = fields.content_length.value;
    if (fields.content_length.count > 1) return {400, "Content-Length is repeated"};
    for (const char c : text) {
        if (!is_digit(c)) return {400, "Content-Length is not a number"};
    }
    const auto read = std::from_chars(text.data(), text.data() + text.size(), framing.length);
    if (text.empty() || read.ec != std::errc()) return {400, "Content-Length is not a number"};
    framing.body = framing.length == 0 ? Framing::Body::none : Framing::Body::sized;
    return {};
}

Rejection read_encoding(const Head& head, const RequestFields& fields, Framing& framing) noexcept {
    if (fields.transfer_encoding.count == 0) return {};
    if (fields.content_length.count > 0)
        return {400, "Transfer-Encoding and Content-Length exclude each other"};
    if (!head.http_1_1) return {400, "Transfer-Encoding needs HTTP/1.1"};
    if (fields.transfer_encoding.count > 1 ||
        !equals_ignoring_case(fields.transfer_encoding.value, "chunked"))
        return {400, "Transfer-Encoding other than one 'chunked' is not served"};
    framing.body = Framing::Body::chunked;
    return {};
}

Rejection read_expect(const Head& head, const RequestFields& fields, Framing& framing) noexcept {
    // HTTP/1.0 does not know the field (RFC 9110, 10.1.1).
    if (fields.expect.count == 0 || !head.http_1_1) return {};
    if (fields.expect.count > 1 || !equals_ignoring_case(fields.expect.value, "100-continue"))
        return {417, "the expectation is not known"};
    framing.expects_continue = framing.body != Framing::Body::none;
    return {};
}

}  // namespace

Rejection read_framing(const Head& head, const RequestFields& fields, Framing& framing) noexcept {
    framing.keep_alive =
        !fields.connection_close && (head.http_1_1 || fields.connection_keep_alive);
    if (const Rejection bad = check_host(head, fields)) return bad;
    if (const Rejection bad = read_length(fields, framing)) return bad;
    if (const Rejection bad = read_encoding(head, fields, framing)) return bad;
    return read_expect(head, fields, framing);
}

}  // namespace ingest::http
