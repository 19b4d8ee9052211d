// libFuzzer target: any bytes, as a single reading, as a batch, as NDJSON and as CSV (the latter
// also behind a line of names that is right), with every treatment of unknown members. Beside what
// the sanitizers see, what Decoded promises is checked. The padding behind the body holds text that
// would be read as JSON.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "decode/decoder.h"

namespace {

using namespace ingest;
using decode::UnknownFields;

struct Rig {
    explicit Rig(UnknownFields unknown)
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

    void run(std::string_view body) {
        decoder.single(body, {0, "", ids}, batch, decoded);
        check_promises();
        decoder.batch(body, {0, "key", ids}, batch, decoded);
        check_promises();
        decoder.lines(body, {0, "key", ids}, batch, decoded);
        check_promises();
        check(!decoded.malformed, "a bad line is a finding");
        decoder.csv(body, {0, "key", ids}, batch, decoded);
        check_promises();
        check(!decoded.malformed, "a bad line is a finding");
        named = "running,equipment_id,temperature,site,cycles,serviced_at\n";
        named += body;
        decoder.csv(named, {0, "key", ids}, batch, decoded);
        check_promises();
    }

    model::Schema schema;
    decode::Decoder decoder;
    model::Batch batch;
    decode::Decoded decoded;
    UuidSource ids;
    std::string named;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Rig rigs[] = {Rig(UnknownFields::ignore), Rig(UnknownFields::reject),
                         Rig(UnknownFields::keep)};
    std::string body(reinterpret_cast<const char*>(data), size);
    for (std::size_t i = 0; i < decode::padding; ++i) body += "]}\"0"[i % 4];
    for (Rig& rig : rigs) rig.run(std::string_view(body).substr(0, size));
    return 0;
}
