// libFuzzer target: bytes as a batch of the spool, behind a checksum that is right.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "model/batch_codec.h"

using namespace ingest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const model::Schema schema({{"temperature", model::ColumnType::float64, true},
                                       {"cycles", model::ColumnType::int64},
                                       {"running", model::ColumnType::boolean},
                                       {"site", model::ColumnType::utf8}});
    static model::Batch batch(schema);
    if (!model::BatchCodec::decode(std::as_bytes(std::span(data, size)), batch)) return 0;
    std::size_t seen = 0;
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
        seen += batch.utf8(model::column_equipment_id, row).size();
        if (batch.has(model::column_first_field + 3, row)) {
            seen += batch.utf8(model::column_first_field + 3, row).size();
        }
    }
    check(seen <= 2 * size, "texts are in the bytes");
    std::string again;
    model::BatchCodec::encode(batch, again);
    static model::Batch same(schema);
    check(model::BatchCodec::decode(std::as_bytes(std::span(again)), same).has_value() &&
              same == batch,
          "a batch is its bytes");
    return 0;
}
