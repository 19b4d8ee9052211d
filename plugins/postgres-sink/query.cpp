#include "postgres-sink/query.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "postgres-sink/binary_array.h"
#include "postgres-sink/failure.h"
#include "postgres-sink/statement.h"
#include "postgres-sink/table.h"

namespace ingest::postgres_sink {
namespace {

// The unnamed statement: preparing it again replaces it. That happens at every question while the
// table has not got all columns.
constexpr const char* latest_name = "";

template <class T>
std::optional<T> parse_number(std::string_view text, int base) noexcept {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Nothing for what is no UUID: the service that came before did not check its ids.
std::optional<std::array<std::uint8_t, 16>> parse_uuid(std::string_view text) noexcept {
    std::array<std::uint8_t, 16> id{};
    if (text.size() != 36) return std::nullopt;
    std::size_t at = 0;
    for (std::uint8_t& byte : id) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text[at++] != '-') return std::nullopt;
        }
        const auto parsed = parse_number<std::uint8_t>(text.substr(at, 2), 16);
        if (!parsed) return std::nullopt;
        byte = *parsed;
        at += 2;
    }
    return id;
}

void set_time(sdk::Rows& rows, std::int32_t column, std::uint64_t bits) {
    const auto since_2000 = std::bit_cast<std::int64_t>(bits);
    // -infinity and infinity, and what would not fit behind the shift of the epoch.
    if (since_2000 == std::numeric_limits<std::int64_t>::min()) return;
    if (since_2000 > std::numeric_limits<std::int64_t>::max() - postgres_epoch_us) return;
    rows.set(column, since_2000 + postgres_epoch_us);
}

// A cell that the profile cannot express (NaN, infinity, an id that is no UUID) stays null: other
// programs may have written the row.
void set_cell(sdk::Rows& rows, std::int32_t column, const ColumnType& type, std::string_view text) {
    switch (type.format.front()) {
        case 'u':
            rows.set(column, text);
            break;
        case 'w':
            if (const auto id = parse_uuid(text)) {
                rows.set(column, std::span<const std::uint8_t, 16>(*id));
            }
            break;
        case 'b':
            rows.set(column, std::int64_t{text == "true"});
            break;
        case 'g':
            if (const auto bits = parse_number<std::uint64_t>(text, 16)) {
                const auto value = std::bit_cast<double>(*bits);
                if (std::isfinite(value)) rows.set(column, value);
            }
            break;
        case 't':
            if (const auto bits = parse_number<std::uint64_t>(text, 16)) {
                set_time(rows, column, *bits);
            }
            break;
        default:  // l
            if (const auto value = parse_number<std::int64_t>(text, 10)) rows.set(column, *value);
            break;
    }
}

}  // namespace

Query::Query(sdk::Host host, const sdk::Options& options, sdk::Schema schema)
    : options_(parse_options(options.json())),
      columns_(columns_of(schema)),
      connection_(options_, host) {}

bool Query::prepare() {
    if (prepared_) return true;
    Connection& server = connection_.get();
    const LatestStatement statement = latest_statement(server.pqxx(), options_, columns_);
    if (statement.sql.empty()) return false;
    prepare_statement(server.handle(), latest_name, statement.sql);
    prepared_ = statement.complete;
    return true;
}

void Query::latest(std::string_view equipment_id, std::uint32_t limit, std::int64_t deadline_ns,
                   sdk::Rows rows) {
    Result found;
    try {
        connection_.open(deadline_ns);
        const Connection::Bound bound(connection_.get(), connection_.time_left(deadline_ns));
        if (!prepare()) return;
        const std::string equipment(equipment_id);
        const std::string most = std::to_string(limit);
        const std::array parameters{Parameter{equipment.c_str(), equipment.size(), false},
                                    Parameter{most.c_str(), most.size(), false}};
        found = execute_prepared(connection_.get().handle(), latest_name, parameters);
    } catch (...) {
        const sdk::Error failure = failure_in_flight(connection_.timed_out());
        connection_.drop();
        prepared_ = false;
        // Dropped since we looked: nothing is stored.
        if (std::string_view(failure.what()).starts_with("42P01")) return;
        throw failure;
    }
    for (int row = 0; row < PQntuples(found.get()); ++row) {
        rows.begin_row();
        for (int i = 0; i < PQnfields(found.get()); ++i) {
            if (PQgetisnull(found.get(), row, i) != 0) continue;
            const auto size = static_cast<std::size_t>(PQgetlength(found.get(), row, i));
            set_cell(rows, i, *columns_[static_cast<std::size_t>(i)].type,
                     {PQgetvalue(found.get(), row, i), size});
        }
    }
}

}  // namespace ingest::postgres_sink
