#pragma once

#include <memory>
#include <vector>

#include "deliver/dead_letter_office.h"
#include "deliver/dead_letters.h"
#include "support/batches.h"

// Small builders of dead letters, for tests.
namespace ingest::deliver {

// The same temperature, the same id.
inline model::Batch reading_of(const model::Schema& schema, double temperature) {
    model::Batch batch = test::readings(schema, {{temperature, 0.5, 1.0}});
    batch.set_uuid(model::column_reading_id, {static_cast<std::uint8_t>(temperature)});
    return batch;
}

// The letter that reading_of(sequence) becomes.
inline LetterId letter_of(std::uint64_t sequence) {
    return {sequence, {static_cast<std::uint8_t>(sequence)}};
}

inline std::vector<std::uint64_t> sequences(const DeadLetterOffice& office) {
    std::vector<std::uint64_t> all;
    const auto visited = office.for_each([&](const DeadLetter& letter, const model::Batch&) {
        all.push_back(letter.sequence);
        return true;
    });
    if (!visited) all.push_back(~std::uint64_t{0});
    return all;
}

}  // namespace ingest::deliver
