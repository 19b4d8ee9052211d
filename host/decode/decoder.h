#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/csv_records.h"
#include "decode/decoded.h"
#include "decode/document.h"
#include "decode/reading.h"
#include "model/batch.h"
#include "model/schema.h"

namespace ingest::decode {

// Turns the bytes of a request into rows. One per core, on the core's thread, used for every
// request: once its buffers have grown, a document without faults allocates nothing.
//
// JSON that is not acceptable as such makes the document malformed: bad syntax, UTF-8, escapes,
// lone surrogates, nesting deeper than 16, anything behind the end. What is well-formed but not
// acceptable in a reading (duplicate members, U+0000, numbers beyond a double, wrong types) is a
// finding of that reading, also inside of members that the schema does not know; beside the
// readings of a batch, where no reading can be named, it makes the document malformed too.
//
// `out` belongs to the decoder's schema and is cleared first, as is `decoded`.
// REQUIRES: `padding` readable bytes behind the body, and a body smaller than 4 GiB.
class Decoder {
public:
    // The schema outlives the decoder.
    Decoder(const model::Schema& schema, const Options& options);

    // The document is one reading.
    void single(std::string_view body, const Context& context, model::Batch& out,
                Decoded& decoded);
    // The document is {"readings": [...]}; other members beside it are ignored.
    void batch(std::string_view body, const Context& context, model::Batch& out,
               Decoded& decoded);
    // A reading on each line (NDJSON). Blank lines and a byte order mark are ignored, as is a CR
    // at the end. A line that is malformed is a finding without a row, and never makes the whole
    // document malformed.
    void lines(std::string_view body, const Context& context, model::Batch& out,
               Decoded& decoded);
    // CSV, as CsvRecords reads it: a line with the names of columns, which are fields of a reading
    // in any order, and a reading on each further line. An empty cell is an absent field. The line
    // of names is right or the request is refused as a whole; a bad line behind it is a finding, as
    // in NDJSON.
    void csv(std::string_view body, const Context& context, model::Batch& out, Decoded& decoded);

private:
    void take_columns(model::Findings& findings);
    void record(const Target& target);
    model::Finding line_fault() const;
    // `count` lines were met; `where` ends the sentence of what is asked for.
    void finish_lines(const Target& target, std::uint32_t count, std::string_view where);
    model::Finding too_long(std::uint32_t line, std::size_t size) const;
    void line(const Target& target, std::string_view text, std::uint32_t index);
    bool batch_document(const Target& target);
    bool batch_members(const Target& target);
    bool readings(const Target& target);

    const std::uint32_t readings_max_;
    const std::uint32_t lines_max_;
    const std::size_t line_bytes_max_;
    const std::size_t findings_max_;
    Document document_;
    ReadingDecoder reading_;
    model::Finding whole_;  // why the request as a whole is refused; no code: it is not
    Flaw beside_;           // the first flaw beside the readings

    CsvRecords records_;
    std::vector<std::size_t> columns_;  // of the present CSV, as they stand in it
    std::vector<ReadingDecoder::Cell> cells_;
    std::string content_;
    std::size_t header_size_ = 0;  // of the content: what all lines have in common
};

}  // namespace ingest::decode
