#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/sdk/sink.hpp>

namespace ingest::redis_sink {

// A reading as the text that consumers get, byte for byte what Python's json.dumps makes of it:
//
//   {"reading_id": "0190...", "equipment_id": "PUMP-A1-001", "temperature": 21.5, ...,
//    "timestamp": "2026-11-23T20:54:54.123456+00:00"}
//
// reading_id and equipment_id first, then the configured fields in the schema's order, null where
// absent, the timestamp last. Made once from the schema; rendering changes nothing in it.
class MessageFormat {
public:
    explicit MessageFormat(sdk::Schema schema);

    // Appends one row's message. REQUIRES: the batch has the schema.
    void append(std::string& out, const sdk::Batch& batch, int64_t row) const;

private:
    enum class Kind { float64, int64, utf8, boolean, timestamp, uuid };
    struct Member {
        int32_t column;
        Kind kind;
        std::string lead;  // `{"reading_id": ` or `, "temperature": `
    };
    static Kind kind_of(std::string_view format);
    static void append_value(std::string& out, Kind kind, sdk::Column column, int64_t row);

    std::vector<Member> members_;
};

// With quotes; everything that is not printable ASCII escaped, as json.dumps does by default.
// Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

// The shortest digits that read back as the same double, laid out as Python's repr: 100000.0,
// 1e+16, 1e-05. REQUIRES: finite.
void append_json(std::string& out, double value);

// "2026-11-23T20:54:54+00:00", with six digits of microseconds when they are not zero, as
// datetime.isoformat. For years 0001..9999. Without quotes.
void append_isoformat(std::string& out, int64_t us_since_epoch);

}  // namespace ingest::redis_sink
