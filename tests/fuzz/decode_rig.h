#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "decode/decoder.h"

namespace ingest::test {

// A decoder with what it decodes into, and what Decoded promises.
struct DecodeRig {
    explicit DecodeRig(decode::UnknownFields unknown)
        : schema({{"temperature", model::ColumnType::float64, true},
                  {"cycles", model::ColumnType::int64},
                  {"running", model::ColumnType::boolean},
                  {"site", model::ColumnType::utf8},
                  {"serviced_at", model::ColumnType::timestamp},
                  {"metadata", model::ColumnType::utf8}}),
          decoder(schema, {.unknown_fields = unknown,
                           .readings_max = 5,
                           .lines_max = 5,
                           .line_bytes_max = 500,
                           .findings_max = 20}),
          batch(schema) {}

    void check_promises() const {
        const auto rows = static_cast<std::size_t>(batch.rows());
        check(decoded.index.size() == rows && decoded.equipment_ids.size() == rows,
              "each row has an index and an equipment id");
        check(decoded.refused.size() == model::bitmap_bytes(batch.rows()), "each row has a bit");
        check(decoded.findings.size() <= 25, "findings are bounded");
        check(decoded.malformed == !decoded.detail.empty(), "what is malformed says why");
        check(!decoded.malformed || (rows == 0 && decoded.findings.empty() && decoded.total == 0),
              "what is malformed has nothing else");
        std::uint32_t refused = 0;
        for (std::int64_t row = 0; row < batch.rows(); ++row) {
            const bool bad = model::get_bit(decoded.refused, row);
            refused += bad ? 1 : 0;
            for (std::size_t i = 0; !bad && i < schema.size(); ++i) {
                check(!schema[i].required || batch.has(i, row), "a good row is complete");
            }
        }
        check(refused == decoded.refused_rows, "refused rows are counted");
        check(refused == 0 || !decoded.findings.empty(), "a refused row has a finding");
    }

    model::Schema schema;
    decode::Decoder decoder;
    model::Batch batch;
    decode::Decoded decoded;
    UuidSource ids;
};

// Runs `each` with every treatment of unknown members. The padding behind the body holds text that
// would be read as JSON or CSV.
inline void decode_with_all(std::string_view body, void (*each)(DecodeRig&, std::string_view)) {
    using decode::UnknownFields;
    static DecodeRig rigs[] = {DecodeRig(UnknownFields::ignore), DecodeRig(UnknownFields::reject),
                               DecodeRig(UnknownFields::keep)};
    std::string padded(body);
    for (std::size_t i = 0; i < decode::padding; ++i) padded += "]}\"0,\n"[i % 6];
    for (DecodeRig& rig : rigs) each(rig, std::string_view(padded).substr(0, body.size()));
}

}  // namespace ingest::test
