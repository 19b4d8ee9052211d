#include "http/request_fields.h"

#include <array>

#include "http/ascii.h"

namespace ingest::http {
namespace {

struct Known {
    std::string_view name;
    RequestFields::Seen RequestFields::*seen;
};

constexpr std::array known = {
    Known{"host", &RequestFields::host},
    Known{"content-length", &RequestFields::content_length},
    Known{"transfer-encoding", &RequestFields::transfer_encoding},
    Known{"content-type", &RequestFields::content_type},
    Known{"content-encoding", &RequestFields::content_encoding},
    Known{"expect", &RequestFields::expect},
    Known{"idempotency-key", &RequestFields::idempotency_key},
    Known{"x-request-id", &RequestFields::request_id},
    Known{"authorization", &RequestFields::authorization},
    Known{"x-api-key", &RequestFields::api_key},
    Known{"traceparent", &RequestFields::traceparent},
    Known{"origin", &RequestFields::origin},
    Known{"if-none-match", &RequestFields::if_none_match},
    Known{"access-control-request-method", &RequestFields::requested_method},
};

// A parameter's value is a token or the same in quotes.
bool is_value(std::string_view text, std::string_view token) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return equals_ignoring_case(text, token);
}

bool is_utf8_charset(std::string_view name, std::string_view value) noexcept {
    return equals_ignoring_case(name, "charset") && is_value(value, "utf-8");
}

// This media type, each of whose parameters `admits(name, value)`.
template <class Admits>
bool has_parameters(std::string_view content_type, std::string_view media_type, Admits&& admits) {
    if (!equals_ignoring_case(trimmed(take_until(content_type, ';')), media_type)) return false;
    while (!content_type.empty()) {
        std::string_view parameter = trimmed(take_until(content_type, ';'));
        if (parameter.empty()) continue;
        const std::string_view name = take_until(parameter, '=');
        if (!admits(name, parameter)) return false;
    }
    return true;
}

void take_connection(std::string_view list, RequestFields& to) noexcept {
    while (!list.empty()) {
        const std::string_view option = trimmed(take_until(list, ','));
        if (equals_ignoring_case(option, "close")) to.connection_close = true;
        if (equals_ignoring_case(option, "keep-alive")) to.connection_keep_alive = true;
    }
}

}  // namespace

RequestFields pick_fields(std::span<const FieldView> fields) noexcept {
    RequestFields picked;
    for (const FieldView& field : fields) {
        if (equals_ignoring_case(field.name, "connection")) {
            take_connection(field.value, picked);
            continue;
        }
        for (const Known& candidate : known) {
            if (!equals_ignoring_case(field.name, candidate.name)) continue;
            RequestFields::Seen& seen = picked.*candidate.seen;
            if (seen.count++ == 0) seen.value = field.value;
            break;
        }
    }
    return picked;
}

bool is_media(std::string_view content_type, std::string_view media_type) noexcept {
    return has_parameters(content_type, media_type, is_utf8_charset);
}

CsvMedia read_csv_media(std::string_view content_type) noexcept {
    bool headless = false;
    const bool csv = has_parameters(
        content_type, "text/csv", [&headless](std::string_view name, std::string_view value) {
            if (!equals_ignoring_case(name, "header")) return is_utf8_charset(name, value);
            const bool absent = is_value(value, "absent");
            headless = headless || absent;
            return absent || is_value(value, "present");
        });
    if (!csv) return CsvMedia::none;
    return headless ? CsvMedia::headless : CsvMedia::named;
}

std::optional<coding::Coding> read_coding(const RequestFields::Seen& content_encoding) noexcept {
    if (content_encoding.count == 0) return coding::Coding::identity;
    if (content_encoding.count > 1) return std::nullopt;
    const std::string_view name = content_encoding.value;
    if (equals_ignoring_case(name, "identity")) return coding::Coding::identity;
    // The older name means the same (RFC 9110, 8.4.1.3).
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip"))
        return coding::Coding::gzip;
    if (equals_ignoring_case(name, "zstd")) return coding::Coding::zstd;
    return std::nullopt;
}

}  // namespace ingest::http
