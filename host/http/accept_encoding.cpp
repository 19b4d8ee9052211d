#include "http/accept_encoding.h"

#include <optional>

#include "http/ascii.h"

namespace ingest::http {
namespace {

using coding::Coding;

// In thousandths (RFC 9110, 12.4.2).
using Weight = int;
constexpr Weight weight_max = 1000;

std::optional<Weight> read_weight(std::string_view text) noexcept {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    Weight weight = (text[0] - '0') * weight_max;
    text.remove_prefix(1);
    if (text.empty()) return weight;
    if (text[0] != '.' || text.size() > 4) return std::nullopt;
    Weight unit = weight_max / 10;
    for (const char c : text.substr(1)) {
        if (!is_digit(c)) return std::nullopt;
        weight += (c - '0') * unit;
        unit /= 10;
    }
    if (weight > weight_max) return std::nullopt;
    return weight;
}

// What was said of each coding; the first time counts.
struct Said {
    std::optional<Weight> gzip;
    std::optional<Weight> zstd;
    std::optional<Weight> identity;
    std::optional<Weight> others;  // "*"

    Weight of(const std::optional<Weight>& coding) const noexcept {
        return coding.value_or(others.value_or(0));
    }
};

void take_member(std::string_view member, Said& said) noexcept {
    const std::string_view name = trimmed(take_until(member, ';'));
    Weight weight = weight_max;
    if (!member.empty()) {
        member = trimmed(member);
        const std::string_view parameter = take_until(member, '=');
        const auto read = read_weight(member);
        if (!equals_ignoring_case(parameter, "q") || !read) return;
        weight = *read;
    }
    std::optional<Weight>* to = nullptr;
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) {
        to = &said.gzip;
    } else if (equals_ignoring_case(name, "zstd")) {
        to = &said.zstd;
    } else if (equals_ignoring_case(name, "identity")) {
        to = &said.identity;
    } else if (name == "*") {
        to = &said.others;
    }
    if (to != nullptr && !*to) *to = weight;
}

}  // namespace

AnswerCodings read_accept_encoding(std::span<const FieldView> fields) noexcept {
    Said said;
    for (const FieldView& field : fields) {
        if (!equals_ignoring_case(field.name, "accept-encoding")) continue;
        std::string_view list = field.value;
        while (!list.empty()) take_member(trimmed(take_until(list, ',')), said);
    }
    AnswerCodings codings;
    // Without a word about it the text as it is will do, but what was asked for is welcome more.
    codings.identity = said.identity.value_or(said.others.value_or(1)) != 0;
    Weight best = said.identity.value_or(0);
    for (const auto& [coding, weight] : {std::pair(Coding::gzip, said.of(said.gzip)),
                                         std::pair(Coding::zstd, said.of(said.zstd))}) {
        if (weight == 0 || weight < best) continue;
        best = weight;
        codings.preferred = coding;
    }
    return codings;
}

std::string_view name_of(coding::Coding coding) noexcept {
    return coding == Coding::gzip ? "gzip" : "zstd";
}

}  // namespace ingest::http
