#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "model/buffer.h"
#include "model/refusal.h"

namespace ingest::decode {

enum class UnknownFields : std::uint8_t {
    ignore,
    reject,
    keep,  // as the text of a JSON object in the column `metadata`, which the schema must have
};

struct Options {
    UnknownFields unknown_fields = UnknownFields::ignore;
    std::uint32_t readings_max = 100;       // of one batch document
    std::uint32_t lines_max = 10'000;       // readings of one NDJSON or CSV document
    std::size_t line_bytes_max = 64 * 1024;
    std::size_t text_bytes_max = 256;       // of a value in a text column, escapes resolved
    std::size_t metadata_bytes_max = 4096;  // of what `keep` keeps of one reading
    // Findings of one request. A refused reading always gets its first one, so an answer has at
    // most this many and one per reading.
    std::size_t findings_max = 1000;
};

// What a request brings beside its body.
struct Context {
    std::int64_t received_at_us = 0;
    std::string_view idempotency_key = {};  // empty: none was sent
    UuidSource& ids;
};

// What became of one document, beside the rows. Reused between documents to keep its memory.
//
// malformed: not JSON; there are no rows and no findings, `detail` says where and why.
// Else total == 0: refused as a whole (no readings, too many, no list of readings, columns of CSV
// that are not those of a reading); there are no rows, and the findings, on the field `readings` or
// a column's name, say why.
// Else each of the `total` readings that is an object has a row, in the request's order. Rows with
// a fault are marked in `refused` and have null in the cells that could not be read. A reading
// that is no object has no row, only a finding.
struct Decoded {
    bool malformed = false;
    std::string detail;
    std::uint32_t total = 0;
    // Of each row: the position of its reading in the request, ascending. In NDJSON and CSV that is
    // the number of its line, from 0; blank lines have one too.
    std::vector<std::uint32_t> index;
    // Of each row: the equipment id as sent, for messages: at most 64 bytes of it, empty if there
    // was none. In the body or the decoder's memory: valid until either is used again.
    std::vector<std::string_view> equipment_ids;
    // A bit for each row, least significant first, aligned and padded like a validity bitmap.
    model::Buffer refused;
    std::uint32_t refused_rows = 0;
    model::Findings findings;  // by index, then as met in the reading

    void clear() noexcept {
        malformed = false;
        detail.clear();
        total = 0;
        clear_rows();
    }
    void clear_rows() noexcept {
        index.clear();
        equipment_ids.clear();
        refused.resize(0);
        refused_rows = 0;
        findings.clear();
    }
};

}  // namespace ingest::decode
