#include "plugin/options_service.h"

#include <algorithm>
#include <limits>
#include <new>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/out_of_memory.h"

namespace ingest::plugin {
namespace {

using nlohmann::json;

bool readable(ingest_str text) noexcept { return text.size == 0 || text.data != nullptr; }

std::string_view view(ingest_str text) noexcept {
    return {text.size == 0 ? "" : text.data, text.size};
}

// Gives the member at `pointer` to `take`, whose code is the answer. Nothing is thrown.
template <class Take>
std::int32_t with_member(ingest_str text, ingest_str pointer, const Take& take) noexcept {
    if (!readable(text) || !readable(pointer)) return INGEST_CONFIG;
    try {
        const json document = json::parse(view(text), nullptr, false);
        if (document.is_discarded()) return INGEST_CONFIG;
        const json::json_pointer where{std::string(view(pointer))};
        if (!document.contains(where)) return INGEST_UNSUPPORTED;
        const json& member = document.at(where);
        return member.is_null() ? INGEST_UNSUPPORTED : take(member);
    } catch (const json::out_of_range&) {
        return INGEST_UNSUPPORTED;  // an index of an array that no number holds
    } catch (const std::bad_alloc&) {
        end_out_of_memory();
    } catch (...) {
        return INGEST_CONFIG;
    }
}

std::int32_t give_text(std::string_view text, char* buffer, std::uint64_t room,
                       std::uint64_t* size) noexcept {
    if (size == nullptr || (buffer == nullptr && room > 0)) return INGEST_CONFIG;
    std::copy_n(text.data(), std::min<std::uint64_t>(text.size(), room), buffer);
    *size = text.size();
    return INGEST_OK;
}

std::int32_t get_i64(void*, ingest_str text, ingest_str pointer, std::int64_t* value) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (value == nullptr || !member.is_number_integer()) return INGEST_CONFIG;
        if (member.is_number_unsigned() && member.get<std::uint64_t>() > most) return INGEST_CONFIG;
        *value = member.get<std::int64_t>();
        return INGEST_OK;
    });
}

std::int32_t get_f64(void*, ingest_str text, ingest_str pointer, double* value) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        if (value == nullptr || !member.is_number()) return INGEST_CONFIG;
        *value = member.get<double>();
        return INGEST_OK;
    });
}

std::int32_t get_bool(void*, ingest_str text, ingest_str pointer, std::int32_t* value) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        if (value == nullptr || !member.is_boolean()) return INGEST_CONFIG;
        *value = member.get<bool>() ? 1 : 0;
        return INGEST_OK;
    });
}

std::int32_t get_utf8(void*, ingest_str text, ingest_str pointer, char* buffer, std::uint64_t room,
                      std::uint64_t* size) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        if (!member.is_string()) return INGEST_CONFIG;
        return give_text(member.get_ref<const std::string&>(), buffer, room, size);
    });
}

std::int32_t get_size(void*, ingest_str text, ingest_str pointer, std::uint64_t* size) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        if (size == nullptr || !member.is_structured()) return INGEST_CONFIG;
        *size = member.size();
        return INGEST_OK;
    });
}

std::int32_t get_name(void*, ingest_str text, ingest_str pointer, std::uint64_t index,
                      char* buffer, std::uint64_t room, std::uint64_t* size) noexcept {
    return with_member(text, pointer, [&](const json& member) {
        if (!member.is_object()) return INGEST_CONFIG;
        if (index >= member.size()) return INGEST_UNSUPPORTED;
        const auto at = std::next(member.begin(), static_cast<std::ptrdiff_t>(index));
        return give_text(at.key(), buffer, room, size);
    });
}

ingest_options make_table() noexcept {
    ingest_options table{};
    table.struct_size = sizeof table;
    table.get_i64 = &get_i64;
    table.get_f64 = &get_f64;
    table.get_bool = &get_bool;
    table.get_utf8 = &get_utf8;
    table.get_size = &get_size;
    table.get_name = &get_name;
    return table;
}

}  // namespace

const ingest_options* options_service() noexcept {
    static const ingest_options table = make_table();
    return &table;
}

}  // namespace ingest::plugin
