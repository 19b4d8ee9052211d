#include "access/grant.h"

#include <algorithm>

#include "base/ascii.h"

namespace ingest::access {
namespace {

bool begins_with(std::string_view id, std::string_view prefix, IdCase id_case) noexcept {
    if (id_case == IdCase::as_sent) return id.starts_with(prefix);
    return id.size() >= prefix.size() &&
           std::ranges::equal(id.substr(0, prefix.size()), prefix, {}, to_upper, to_upper);
}

}  // namespace

std::string_view word_of(Scope scope) noexcept {
    switch (scope) {
        case Scope::ingest: return "ingest";
        case Scope::read: return "read";
        case Scope::admin: break;
    }
    return "admin";
}

std::optional<Scope> scope_of(std::string_view word) noexcept {
    const auto found = std::ranges::find(all_scopes, word, word_of);
    return found == all_scopes.end() ? std::nullopt : std::optional<Scope>(*found);
}

std::string Scopes::text() const {
    std::string out;
    for (const Scope scope : all_scopes) {
        if (!has(scope)) continue;
        if (!out.empty()) out += ',';
        out += word_of(scope);
    }
    return out;
}

bool Grant::covers(std::string_view equipment_id, IdCase id_case) const noexcept {
    return prefixes.empty() || std::ranges::any_of(prefixes, [&](const std::string& prefix) {
               return begins_with(equipment_id, prefix, id_case);
           });
}

bool is_prefix(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < 0x7F && c != ',';
    });
}

}  // namespace ingest::access
