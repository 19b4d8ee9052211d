// Names in options -> columns of the schema, for the validators whose options name columns.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/sdk/validator.hpp>

namespace ingest::validators {

// Letters to insert, delete or replace until `a` reads `b`.
inline size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
        }
    }
    return row[b.size()];
}

// The column's index. Throws a config error at the option `pointer`, with the nearest name or, if
// none is near, all names.
inline int32_t find_column(sdk::Schema schema, std::string_view name, std::string_view pointer) {
    if (const int32_t found = schema.find(name); found >= 0) return found;
    std::string message = "there is no column \"" + std::string(name) + "\"; ";
    std::string_view nearest;
    std::string all;
    size_t distance_least = std::max<size_t>(2, name.size() / 3) + 1;
    for (int32_t i = 0; i < schema.size(); ++i) {
        const size_t distance = edit_distance(name, schema.name(i));
        if (distance < distance_least) {
            distance_least = distance;
            nearest = schema.name(i);
        }
        all.append(all.empty() ? "" : ", ").append(schema.name(i));
    }
    if (nearest.empty()) throw sdk::config_error(pointer, message + "the columns are " + all);
    throw sdk::config_error(pointer, message.append("did you mean \"").append(nearest) + "\"?");
}

}  // namespace ingest::validators
