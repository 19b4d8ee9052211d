#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoder.h"

namespace ingest::decode {

inline constexpr std::int64_t received_at_us = 1'763'900'000'123'456;

inline std::vector<model::Field> sensor_fields() {
    using model::ColumnType;
    return {{"temperature", ColumnType::float64, true}, {"vibration", ColumnType::float64, true},
            {"pressure", ColumnType::float64, true},    {"humidity", ColumnType::float64},
            {"voltage", ColumnType::float64},           {"cycles", ColumnType::int64},
            {"running", ColumnType::boolean},           {"site", ColumnType::utf8},
            {"serviced_at", ColumnType::timestamp},     {"metadata", ColumnType::utf8}};
}

// A decoder with all that a call needs and what came out of the last one. The body is copied in
// front of padding that would be read as JSON if the decoder went too far.
struct Decoding {
    explicit Decoding(const Options& options = {})
        : schema(sensor_fields()), decoder(schema, options), batch(schema) {}

    const Decoded& single(std::string_view text, std::string_view key = {}) {
        decoder.single(hold(text), {received_at_us, key, ids}, batch, decoded);
        return decoded;
    }
    const Decoded& many(std::string_view text, std::string_view key = {}) {
        decoder.batch(hold(text), {received_at_us, key, ids}, batch, decoded);
        return decoded;
    }

    const Decoded& lines(std::string_view text, std::string_view key = {}) {
        decoder.lines(hold(text), {received_at_us, key, ids}, batch, decoded);
        return decoded;
    }

    const Decoded& csv(std::string_view text, std::string_view key = {}) {
        decoder.csv(hold(text), {received_at_us, key, ids}, batch, decoded);
        return decoded;
    }

    std::string_view hold(std::string_view text) {
        body.assign(text);
        for (std::size_t i = 0; i < padding; ++i) body += "]}\"0"[i % 4];
        return std::string_view(body).substr(0, text.size());
    }
    std::size_t column(std::string_view name) const { return schema.find(name).value(); }
    bool refused(std::int64_t row) const { return model::get_bit(decoded.refused, row); }

    model::Schema schema;
    Decoder decoder;
    model::Batch batch;
    Decoded decoded;
    UuidSource ids;
    std::string body;
};

// "index field code", one each.
inline std::vector<std::string> summary(const Decoded& decoded) {
    std::vector<std::string> lines;
    for (const auto& finding : decoded.findings) {
        lines.push_back(std::to_string(finding.index) + " " + finding.field + " " + finding.code);
    }
    return lines;
}

// A good reading with more members appended (", ..." without the braces), or without.
inline std::string reading(std::string_view more = {}) {
    return R"({"equipment_id": "PUMP-HALL-001", "temperature": 20.5, "vibration": 0.25, )"
           R"("pressure": 1)" +
           std::string(more) + "}";
}

}  // namespace ingest::decode
