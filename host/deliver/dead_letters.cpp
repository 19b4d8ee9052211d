#include "deliver/dead_letters.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/time_text.h"
#include "model/batch_codec.h"
#include "spool/record.h"
#include "spool/segment_head.h"

namespace ingest::deliver {
namespace {

using model::ColumnType;

// Behind the reading's own columns, in this order.
constexpr std::size_t letter_columns = 3;
constexpr std::string_view reason_column = "dead_letter_reason";

std::unique_ptr<model::Schema> letter_schema(const model::Schema& schema) {
    std::vector<model::Field> fields(
        schema.columns().begin() + static_cast<std::ptrdiff_t>(model::column_first_field),
        schema.columns().end());
    fields.push_back({"dead_letter_sequence", ColumnType::int64, true});
    fields.push_back({"dead_letter_time", ColumnType::timestamp, true});
    fields.push_back({std::string(reason_column), ColumnType::utf8, true});
    return std::make_unique<model::Schema>(std::move(fields));
}

DeadLetter letter_in(const model::Batch& batch) {
    const std::size_t at = batch.schema().size() - letter_columns;
    return {static_cast<std::uint64_t>(batch.int64(at, 0)), batch.int64(at + 1, 0),
            std::string(batch.utf8(at + 2, 0))};
}

std::uint64_t random_id() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// n of `<sink>.<n>.log`
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view sink) {
    if (!name.starts_with(sink) || !name.ends_with(".log")) return std::nullopt;
    name.remove_prefix(sink.size());
    name.remove_suffix(4);
    if (!name.starts_with('.')) return std::nullopt;
    name.remove_prefix(1);
    std::uint64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
    return number;
}

std::vector<std::uint64_t> numbers_in(const std::vector<std::string>& names,
                                      std::string_view sink) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : names)
        if (const auto number = number_in(name, sink)) numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
}

// Makes the name durable too.
Result<void> write_file(spool::FileSystem& files, spool::File& file,
                        const std::filesystem::path& dir, const std::string& bytes) {
    if (auto written = file.write(0, bytes_of(bytes)); !written) return written.error().error();
    if (auto synced = file.sync(); !synced) return synced.error().error();
    if (auto synced = files.sync_directory(dir); !synced) return synced.error().error();
    return {};
}

}  // namespace

DeadLetters::DeadLetters(std::filesystem::path dir, std::string sink, const model::Schema& schema,
                         spool::FileSystem& files)
    : dir_(std::move(dir)), sink_(std::move(sink)), schema_(letter_schema(schema)), files_(files) {}

Result<std::unique_ptr<DeadLetters>> DeadLetters::open(std::filesystem::path dir, std::string sink,
                                                       const model::Schema& schema,
                                                       spool::FileSystem& files) {
    std::unique_ptr<DeadLetters> letters(
        new DeadLetters(std::move(dir), std::move(sink), schema, files));
    const auto made = files.make_directory(letters->dir_);
    if (!made) return made.error().error();
    if (*made) {
        const auto synced = files.sync_directory(letters->dir_.parent_path());
        if (!synced) return synced.error().error();
    }
    if (auto found = letters->find_end(); !found) return found.error();
    return letters;
}

std::filesystem::path DeadLetters::path_of(std::uint64_t number) const {
    return dir_ / (sink_ + "." + std::to_string(number) + ".log");
}

Result<void> DeadLetters::find_end() {
    const auto names = files_.list(dir_);
    if (!names) return names.error().error();
    const MutexLock lock(mutex_);
    std::map<std::uint64_t, Uuid> kept;
    for (const std::uint64_t number : numbers_in(*names, sink_)) {
        number_ = number;
        const auto found =
            read_file(number, [&kept](const DeadLetter& letter, const model::Batch& reading) {
                kept[letter.sequence] = reading.uuid(model::column_reading_id, 0);
            });
        file_ = nullptr;
        if (!found) {
            log::error("deliver", "a file of dead letters cannot be read; it is left as it is",
                       {{"sink", sink_}, {"reason", found.error().message}});
            continue;
        }
        if (!found->schema->same_layout(*schema_)) continue;
        auto file = files_.open(path_of(number));
        if (!file) return file.error().error();
        file_ = std::move(*file);
        end_ = found->end;
        segment_ = found->segment;
    }
    kept_ = std::move(kept);
    return {};
}

Result<DeadLetters::Content> DeadLetters::read_file(
    std::uint64_t number,
    const std::function<void(const DeadLetter&, const model::Batch&)>& visit) const {
    const auto file = files_.open(path_of(number));
    if (!file) return file.error().error();
    const auto head = spool::read_head(**file);
    if (!head) return head.error().error();
    const auto size = (*file)->size();
    if (!size) return size.error().error();
    if (!*head) {
        return Error{path_of(number).string() + " has no valid head" +
                     (*size == 0 ? ": it is empty, remove it" : "")};
    }
    auto schema = model::schema_from_text((*head)->schema);
    if (!schema) return Error{path_of(number).string() + ": " + schema.error().message};
    if (!(*schema)->find(reason_column)) {
        return Error{path_of(number).string() + " does not hold dead letters"};
    }

    Content content{std::move(*schema), (*head)->segment, (*head)->size};
    model::Batch batch(*content.schema);
    spool::RecordScanner scanner(**file, content.segment, content.end, *size);
    for (;;) {
        const auto record = scanner.next();
        if (!record) return record.error().error();
        if (!*record) break;
        content.end = (*record)->end_offset();
        const auto decoded = model::BatchCodec::decode((*record)->payload, batch);
        if (decoded && batch.rows() == 1) visit(letter_in(batch), batch);
    }
    // Whatever is behind the last letter was torn: the next one is written past it.
    content.end = std::max(content.end, scanner.traces_end());
    return content;
}

Result<void> DeadLetters::begin_file() {
    const std::uint64_t number = number_ + 1;
    spool::SegmentHead head;
    head.first = number;
    head.former_end = number;
    head.segment = random_id();
    head.created_us = now_us();
    head.schema = to_text(*schema_);
    const std::string bytes = spool::encode_head(head);
    auto file = files_.create(path_of(number));
    if (!file) return file.error().error();
    if (auto made = write_file(files_, **file, dir_, bytes); !made) {
        // The next attempt must not sync this file again. There is nothing in it.
        const auto gone = files_.unlink(path_of(number));
        if (!gone) number_ = number;
        return made;
    }
    file_ = std::move(*file);
    number_ = number;
    segment_ = head.segment;
    end_ = bytes.size();
    return {};
}

Result<void> DeadLetters::add(const DeadLetter& letter, const model::Batch& reading) {
    const MutexLock lock(mutex_);
    const Uuid id = reading.uuid(model::column_reading_id, 0);
    const auto kept = kept_.find(letter.sequence);
    if (kept != kept_.end() && kept->second == id) return {};
    if (!file_) {
        if (auto begun = begin_file(); !begun) return begun;
    }
    model::Batch batch(*schema_);
    batch.append_adapted(reading);
    const std::size_t at = schema_->size() - letter_columns;
    batch.set_int64(at, static_cast<std::int64_t>(letter.sequence));
    batch.set_int64(at + 1, letter.time_us);
    batch.set_utf8(at + 2, letter.reason);

    std::string record;
    spool::append_record(record, batch, letter.sequence, segment_, end_);
    if (auto written = file_->write(end_, bytes_of(record)); !written) {
        return written.error().error();
    }
    if (auto synced = file_->sync(); !synced) {
        file_.reset();
        return synced.error().error();
    }
    end_ += record.size();
    kept_[letter.sequence] = id;
    return {};
}

void DeadLetters::forget_before(std::uint64_t cursor) {
    const MutexLock lock(mutex_);
    kept_.erase(kept_.begin(), kept_.lower_bound(cursor));
}

Result<void> DeadLetters::for_each(
    const std::function<void(const DeadLetter&, const model::Batch&)>& visit) const {
    const MutexLock lock(mutex_);
    const auto names = files_.list(dir_);
    if (!names) return names.error().error();
    // A letter whose sync failed was written again, and may be there twice.
    std::set<std::pair<std::uint64_t, Uuid>> seen;
    Result<void> result;
    for (const std::uint64_t number : numbers_in(*names, sink_)) {
        const auto read =
            read_file(number, [&](const DeadLetter& letter, const model::Batch& reading) {
                const Uuid id = reading.uuid(model::column_reading_id, 0);
                if (seen.emplace(letter.sequence, id).second) visit(letter, reading);
            });
        if (!read && result) result = read.error();
    }
    return result;
}

}  // namespace ingest::deliver
