// The durable log with its thread, on real files below TMPDIR: name a directory of the disk that
// matters. The limit of an append is to overwrite the same bytes in a file and sync it.

#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "measure.h"
#include "readings.h"
#include "spool/crc32c.h"
#include "spool/group.h"
#include "spool/spool.h"
#include "support/temp_dir.h"

namespace ingest::bench {
namespace {

std::unique_ptr<spool::Spool> open(const std::filesystem::path& dir, const model::Schema& schema) {
    spool::Options options;
    options.dir = dir;
    return std::move(spool::Spool::open(options, schema, spool::posix_files()).value());
}

// A spool with one sink.
class OpenSpool {
public:
    explicit OpenSpool(const std::filesystem::path& dir)
        : spool_(open(dir, schema_)), cursor_(spool_->open_cursor("bench").value().id) {}

    const model::Schema& schema() const noexcept { return schema_; }
    spool::Counters counters() const { return spool_->counters(); }
    std::uint64_t end() const noexcept { return spool_->end(); }

    // Submits a copy of the rows, as a core hands its turn over, and waits until it is durable.
    // False: it is not.
    bool append(const model::Batch& rows) {
        model::Batch turn(schema_);
        turn.append(rows);
        spool_->submit(std::move(turn), [this](Result<spool::Range> range) {
            durable_ = range.has_value();
            done_.release();
        });
        done_.acquire();
        return durable_;
    }
    // The sink has taken all there is.
    void consume() { spool_->advance(cursor_, spool_->end()); }

private:
    const model::Schema schema_ = sensor_schema();
    std::unique_ptr<spool::Spool> spool_;
    spool::CursorId cursor_;
    bool durable_ = false;
    std::binary_semaphore done_{0};
};

// One that has been at work for a while: consumed segments are written again, and the newest
// records fill the memory they may have. All cases append to the same one.
class WarmSpool {
public:
    WarmSpool() : opened_(dir_.path()) {
        const model::Batch rows = some_rows(opened_.schema(), 6400);
        for (int i = 0; i < 1000 && opened_.counters().segments_recycled < 2; ++i) {
            opened_.append(rows);
            opened_.consume();
        }
    }
    OpenSpool& operator*() noexcept { return opened_; }

private:
    const test::TempDir dir_;
    OpenSpool opened_;
};

// The bytes of one group as the spool stores them.
std::string group_bytes(const model::Schema& schema, const model::Batch& rows) {
    std::array<spool::Submission, 1> submission{{{model::Batch(schema), {}}}};
    submission[0].batch.append(rows);
    const auto group = spool::assemble(submission, 0, spool::Options().record_rows_max, schema);
    std::string bytes;
    append_group(bytes, group, 0, 0);
    return bytes;
}

Amount amount_of(const model::Batch& rows, const std::string& bytes) {
    return {rows.rows(), static_cast<std::int64_t>(bytes.size())};
}

void append(benchmark::State& state) {
    static WarmSpool warm;
    OpenSpool& opened = *warm;
    const model::Batch rows = some_rows(opened.schema(), state.range(0));
    const std::uint64_t groups_before = opened.counters().groups;
    std::uint64_t calls = 0;
    bool good = true;
    measure(state, amount_of(rows, group_bytes(opened.schema(), rows)), [&] {
        good = opened.append(rows) && good;
        if (++calls % 64 == 0) opened.consume();
    });
    const spool::Counters counters = opened.counters();
    good = good && counters.groups == groups_before + calls && counters.segments_recycled > 1;
    if (!good) state.SkipWithError("not appended");
}

void append_limit(benchmark::State& state) {
    const test::TempDir dir;
    const model::Schema schema = sensor_schema();
    const model::Batch rows = some_rows(schema, state.range(0));
    const std::string bytes = group_bytes(schema, rows);
    const auto file = std::move(spool::posix_files().create(dir.path() / "file").value());
    const std::vector<std::byte> zeros(spool::Options().segment_bytes);
    bool good = file->write(0, zeros).has_value() && file->sync().has_value();
    std::uint64_t offset = 0;
    measure(state, amount_of(rows, bytes), [&] {
        if (offset + bytes.size() > zeros.size()) offset = 0;
        good = good && file->write(offset, std::as_bytes(std::span(bytes))).has_value() &&
               file->sync().has_value();
        offset += bytes.size();
    });
    if (!good) state.SkipWithError("not written");
}

// A log whose last segment, which is all that recovery reads through, is full.
struct FullLog {
    FullLog() {
        OpenSpool opened(dir.path());
        const model::Batch rows = some_rows(opened.schema(), 6400);
        const std::size_t group = group_bytes(opened.schema(), rows).size();
        const std::uint64_t bytes_max = spool::Options().segment_bytes - 8192;
        while (bytes + group < bytes_max && opened.append(rows)) {
            if (opened.counters().segments > 1) bytes += group;
        }
        end = opened.end();
        items = static_cast<std::int64_t>(bytes / group) * rows.rows();
    }
    Amount amount() const { return {items, static_cast<std::int64_t>(bytes)}; }

    const test::TempDir dir;
    std::size_t bytes = 0;
    std::int64_t items = 0;
    std::uint64_t end = 0;
};

const FullLog& full_log() {
    static const FullLog log;
    return log;
}

// To open and to close: what closing adds is one sync of a cursor.
void recovery(benchmark::State& state) {
    const FullLog& log = full_log();
    const model::Schema schema = sensor_schema();
    bool good = log.bytes > 0;
    measure(state, log.amount(), [&] {
        good = open(log.dir.path(), schema)->end() == log.end && good;
    });
    if (!good) state.SkipWithError("not recovered");
}

// To read the segment's bytes, which are in the page cache for both.
void recovery_limit(benchmark::State& state) {
    const FullLog& log = full_log();
    spool::FileSystem& files = spool::posix_files();
    std::unique_ptr<spool::File> file;
    for (const std::string& name : files.list(log.dir.path()).value()) {
        if (!name.starts_with("segment-")) continue;
        file = std::move(files.open_to_read(log.dir.path() / name).value());
    }
    std::vector<std::byte> piece(256 * 1024);
    std::uint64_t read = 0;
    measure(state, log.amount(), [&] {
        read = 0;
        while (read < log.bytes) {
            const auto got = file->read(read, piece);
            if (!got || *got == 0) break;
            read += *got;
        }
    });
    if (log.bytes == 0 || read < log.bytes) state.SkipWithError("not read");
}

constexpr std::int64_t summed = 64 * 1024;

void crc32c_of_64_kib(benchmark::State& state) {
    const std::vector<std::byte> bytes(summed, std::byte{0x5A});
    std::uint32_t sum = 0;
    measure(state, {1, summed}, [&] {
        sum = spool::crc32c(0, bytes);
        benchmark::DoNotOptimize(sum);
    });
    if (sum != spool::crc32c_by_table(0, bytes)) state.SkipWithError("another sum");
}

void crc32c_of_64_kib_limit(benchmark::State& state) {
    const std::vector<std::byte> bytes(summed, std::byte{0x5A});
    std::vector<std::byte> out(bytes.size());
    measure(state, {1, summed}, [&] {
        std::memcpy(out.data(), bytes.data(), out.size());
        benchmark::DoNotOptimize(out.data());
    });
}

void row_counts(benchmark::internal::Benchmark* of) {
    of->ArgName("rows")->Arg(1)->Arg(64)->Arg(1000)->Arg(6400)->UseRealTime();
}

BENCHMARK(append)->Apply(row_counts);
BENCHMARK(append_limit)->Apply(row_counts);
BENCHMARK(recovery)->UseRealTime();
BENCHMARK(recovery_limit)->UseRealTime();
BENCHMARK(crc32c_of_64_kib);
BENCHMARK(crc32c_of_64_kib_limit);

}  // namespace
}  // namespace ingest::bench
