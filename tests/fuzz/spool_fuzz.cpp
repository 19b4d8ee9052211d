// libFuzzer target: damage to a spool's files, and whatever else may stand there, then its recovery
// and all that is read from it. The input is a list of changes of a spool that was in order:
//
//   changes = { file:u8 kind:u8 offset:u16 argument }
//
// `file` chooses a segment, a cursor, or a segment that is new. `kind` is what is done at `offset`:
// eight bytes of argument written there, the file cut off, all the rest of the input written, or
// the checksum of the record, head or slot that begins there made good again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "spool/crc32c.h"
#include "spool/log.h"
#include "support/fake_file.h"

namespace {

using namespace ingest;
using Bytes = std::vector<std::byte>;

model::Schema& schema() {
    static model::Schema made({{"temperature", model::ColumnType::float64, true},
                               {"note", model::ColumnType::utf8}});
    return made;
}

spool::Options options() {
    spool::Options some;
    some.dir = "/spool";
    some.segment_bytes = 16U << 10;
    some.size_max = 100 * some.segment_bytes;
    some.memory_tail_bytes_max = 0;
    some.record_rows_max = 20;
    some.cursor_sync_interval = std::chrono::milliseconds(0);
    return some;
}

model::Batch readings(std::uint64_t first, int count) {
    model::Batch batch(schema());
    for (int i = 0; i < count; ++i) {
        batch.add_row();
        Uuid id{};
        const std::uint64_t number = first + static_cast<std::uint64_t>(i);
        std::memcpy(id.data(), &number, sizeof number);
        batch.set_uuid(model::column_reading_id, id);
        batch.set_utf8(model::column_equipment_id, "PUMP-" + std::to_string(number));
        batch.set_int64(model::column_timestamp, 1);
        batch.set_int64(model::column_received_at, 2);
        batch.set_float64(model::column_first_field, 0.5);
        if (number % 2 == 0) batch.set_utf8(model::column_first_field + 1, std::string(30, 'x'));
    }
    return batch;
}

// Three segments and a cursor, as a host leaves them.
std::unique_ptr<test::FakeFiles> sound_spool() {
    auto files = std::make_unique<test::FakeFiles>();
    auto log = spool::Log::open(options(), schema(), *files);
    check(log.has_value(), "a new spool opens");
    const auto cursor = (*log)->open_cursor("sink");
    while ((*log)->counters().segments < 3) {
        std::vector<spool::Submission> group;
        group.push_back({readings((*log)->end(), 20), [](const auto& range) {
                             check(range.has_value(), "a new spool takes readings");
                         }});
        (*log)->commit(group);
    }
    (*log)->advance(cursor->id, 25);
    (*log)->finish();
    log->reset();
    files->restart();
    return files;
}

class Input {
public:
    explicit Input(std::span<const std::byte> bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }
    std::span<const std::byte> take(std::size_t size) {
        const auto taken = bytes_.first(std::min(size, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    std::size_t number(std::size_t size) {
        std::size_t value = 0;
        for (const std::byte byte : take(size)) {
            value = value << 8 | std::to_integer<unsigned>(byte);
        }
        return value;
    }

private:
    std::span<const std::byte> bytes_;
};

std::uint32_t number_at(const Bytes& bytes, std::size_t offset) {
    std::uint32_t value = 0;
    if (offset + sizeof value <= bytes.size()) {
        std::memcpy(&value, bytes.data() + offset, sizeof value);
    }
    return value;
}

// What follows a checksum is in its first bytes: of a record `length` behind 12 bytes, of a head
// `size`, of a slot 4096 in all.
void make_checksum_good(Bytes& bytes, std::size_t offset) {
    if (offset + 16 > bytes.size()) return;
    const bool is_record = std::memcmp(bytes.data() + offset, "ICRD", 4) == 0;
    const std::size_t size = is_record ? 48 + std::size_t{number_at(bytes, offset + 12)}
                                       : std::size_t{number_at(bytes, offset + 12)};
    const std::size_t all = size >= 16 ? size : 4096;
    if (all > bytes.size() - offset) return;
    const std::uint32_t sum =
        spool::crc32c(0, std::span<const std::byte>(bytes).subspan(offset + 8, all - 8));
    std::memcpy(bytes.data() + offset + 4, &sum, sizeof sum);
}

void change(test::FakeFiles& files, const std::vector<std::string>& names, Input& input) {
    const std::size_t file = input.number(1) % (names.size() + 1);
    const auto path = options().dir / (file < names.size() ? names[file]
                                                           : spool::segment_name(1'000'000));
    const std::size_t kind = input.number(1) % 4;
    std::size_t offset = input.number(2);
    Bytes bytes = file < names.size() ? files.contents(path) : Bytes();
    const auto put = [&](std::span<const std::byte> what) {
        bytes.resize(std::max(bytes.size(), offset + what.size()));
        std::copy(what.begin(), what.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    if (kind == 0) put(input.take(8));
    if (kind == 1) bytes.resize(std::min(bytes.size(), offset));
    if (kind == 2) put(input.take(SIZE_MAX));
    if (kind == 3) make_checksum_good(bytes, offset);
    auto made = files.create(path);
    check(made && (*made)->write(0, bytes) && (*made)->sync() &&
              files.sync_directory(options().dir),
          "files can be changed");
}

void read_all(spool::Log& log) {
    std::uint64_t from = log.begin();
    // A forged number may promise more readings than anybody can read.
    for (int runs = 0; from < log.end() && runs < 1000; ++runs) {
        const auto run = log.read(from, 100);
        if (!run) return;
        check(run->end > from && run->end <= log.end(), "a read goes on");
        std::uint64_t at = from;
        for (const spool::Record& record : run->records) {
            check(record.first >= at || record.end() > from, "records are in order");
            at = record.end();
        }
        from = run->end;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto sound = sound_spool();
    static const std::vector<std::string> names = [] {
        auto all = sound->list(options().dir).value();
        std::erase(all, "lock");
        return all;
    }();
    static const bool quiet = (log::set_level(log::Level::error), true);
    check(quiet, "damage is told elsewhere");
    const auto files = sound->clone(1);
    Input input(std::as_bytes(std::span(data, size)));
    for (int changes = 0; !input.empty() && changes < 20; ++changes) change(*files, names, input);
    // What recovery has made of it is in order.
    for (int start = 0; start < 2; ++start) {
        auto log = spool::Log::open(options(), schema(), *files);
        if (!log) {
            check(!log.error().message.empty(), "an error says why");
            return 0;
        }
        const auto cursor = (*log)->open_cursor("sink");
        if (cursor) check(cursor->position <= (*log)->end(), "a cursor is in the log");
        read_all(**log);
        std::vector<spool::Submission> group;
        group.push_back({readings(0, 2), [](const auto&) {}});
        (*log)->commit(group);
        (*log)->finish();
        log->reset();
        files->restart();
    }
    return 0;
}
