#include "deliver/dead_letter_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/batch_codec.h"
#include "spool/record.h"
#include "spool/segment_head.h"

namespace ingest::deliver {
namespace {

using model::ColumnType;

// Behind the reading's own columns, in this order.
constexpr std::size_t letter_columns = 3;
constexpr std::string_view reason_column = "dead_letter_reason";

struct FileName {
    std::string_view sink;
    std::uint64_t number = 0;
};

// `<sink>.<n>.log`
std::optional<FileName> parse(std::string_view name) {
    if (!name.ends_with(".log")) return std::nullopt;
    name.remove_suffix(4);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    FileName parsed{name.substr(0, dot), 0};
    const auto read =
        std::from_chars(name.data() + dot + 1, name.data() + name.size(), parsed.number);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
    return parsed;
}

DeadLetter letter_in(const model::Batch& batch) {
    const std::size_t at = reading_columns(batch.schema());
    return {static_cast<std::uint64_t>(batch.int64(at, 0)), batch.int64(at + 1, 0),
            std::string(batch.utf8(at + 2, 0))};
}

// What the head says, with the place of the first record for an end.
Result<LetterFileContent> open_content(spool::File& file, const std::filesystem::path& path,
                                       std::uint64_t size) {
    const auto head = spool::read_head(file);
    if (!head) return head.error().error();
    if (!*head) {
        return Error{path.string() + " has no valid head" +
                     (size == 0 ? ": it is empty, remove it" : "")};
    }
    if ((*head)->version != spool::segment_version) {
        return Error{path.string() + " has format version " + std::to_string((*head)->version) +
                     ", this program knows version " + std::to_string(spool::segment_version)};
    }
    auto schema = model::schema_from_text((*head)->schema);
    if (!schema) return Error{path.string() + ": " + schema.error().message};
    if (!(*schema)->find(reason_column)) {
        return Error{path.string() + " does not hold dead letters"};
    }
    return LetterFileContent{std::move(*schema), (*head)->segment, (*head)->size, 0};
}

}  // namespace

LetterId id_of(const DeadLetter& letter, const model::Batch& reading) {
    return {letter.sequence, reading.uuid(model::column_reading_id, 0)};
}

std::unique_ptr<model::Schema> letter_schema(const model::Schema& readings) {
    std::vector<model::Field> fields(
        readings.columns().begin() + static_cast<std::ptrdiff_t>(model::column_first_field),
        readings.columns().end());
    fields.push_back({"dead_letter_sequence", ColumnType::int64, true});
    fields.push_back({"dead_letter_time", ColumnType::timestamp, true});
    fields.push_back({std::string(reason_column), ColumnType::utf8, true});
    return std::make_unique<model::Schema>(std::move(fields));
}

std::size_t reading_columns(const model::Schema& letters) noexcept {
    return letters.size() - letter_columns;
}

std::string letter_file_name(std::string_view sink, std::uint64_t number) {
    return std::string(sink) + "." + std::to_string(number) + ".log";
}

std::vector<std::uint64_t> letter_file_numbers(const std::vector<std::string>& names,
                                               std::string_view sink) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : names) {
        const auto parsed = parse(name);
        if (parsed && parsed->sink == sink) numbers.push_back(parsed->number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

std::vector<std::string> sinks_with_letters(const std::vector<std::string>& names) {
    std::vector<std::string> sinks;
    for (const std::string& name : names) {
        if (const auto parsed = parse(name)) sinks.emplace_back(parsed->sink);
    }
    std::ranges::sort(sinks);
    const auto doubles = std::ranges::unique(sinks);
    sinks.erase(doubles.begin(), doubles.end());
    return sinks;
}

void append_letter(std::string& out, const model::Schema& letters, const DeadLetter& letter,
                   const model::Batch& reading, std::uint64_t segment, std::uint64_t offset) {
    model::Batch batch(letters);
    batch.append_adapted(reading);
    const std::size_t at = reading_columns(letters);
    batch.set_int64(at, static_cast<std::int64_t>(letter.sequence));
    batch.set_int64(at + 1, letter.time_us);
    batch.set_utf8(at + 2, letter.reason);
    spool::append_record(out, batch, letter.sequence, segment, offset);
}

Result<LetterFileContent> read_letter_file(spool::File& file, const std::filesystem::path& path,
                                           const LetterVisitor& visit) {
    const auto size = file.size();
    if (!size) return size.error().error();
    auto content = open_content(file, path, *size);
    if (!content) return content.error();

    model::Batch batch(*content->schema);
    spool::RecordScanner scanner(file, content->segment, content->end, *size);
    for (;;) {
        const auto record = scanner.next();
        if (!record) return record.error().error();
        if (!*record) break;
        content->unreadable += (*record)->offset - content->end;
        content->end = (*record)->end_offset();
        const auto decoded = model::BatchCodec::decode((*record)->payload, batch);
        if (!decoded || batch.rows() != 1) {
            content->unreadable += (*record)->end_offset() - (*record)->offset;
        } else if (!visit(letter_in(batch), batch)) {
            return content;
        }
    }
    content->unreadable += *size - content->end;
    content->end = std::max(content->end, scanner.traces_end());
    return content;
}

}  // namespace ingest::deliver
