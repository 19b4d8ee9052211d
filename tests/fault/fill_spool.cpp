// fill_spool DIR BYTES TEXT_BYTES SINK...: makes a spool with so large a backlog for the sinks, as
// fast as the disk takes it. Each reading has TEXT_BYTES of metadata.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <semaphore>
#include <span>
#include <string>

#include "spool/spool.h"
#include "support/batches.h"

namespace ingest {
namespace {

constexpr std::int64_t rows_per_batch = 1000;
// Batches on their way to the disk.
constexpr std::ptrdiff_t batches_waiting_max = 8;

// config.yaml's, with unknown_fields: keep.
model::Schema schema_with_metadata() {
    std::vector<model::Field> fields;
    const auto sensors = test::sensor_schema();
    for (std::size_t i = model::column_first_field; i < sensors->size(); ++i) {
        fields.push_back((*sensors)[i]);
    }
    fields.push_back({"metadata", model::ColumnType::utf8, false});
    return model::Schema(std::move(fields));
}

// The exit status.
int fill(spool::Spool& spool, const model::Schema& schema, std::uint64_t bytes,
         std::size_t text_bytes) {
    const std::string metadata = R"({"note":")" + std::string(text_bytes, 'x') + R"("})";
    std::counting_semaphore<batches_waiting_max> free(batches_waiting_max);
    std::atomic<bool> failed = false;
    while (spool.used_bytes() < bytes && !failed) {
        model::Batch batch(schema);
        while (batch.rows() < rows_per_batch) {
            test::add_reading(batch, "PUMP-A1-001", {20.0, 0.5, 1.0, 40.0, 230.0, metadata});
        }
        free.acquire();
        spool.submit(std::move(batch), [&](const Result<spool::Range>& range) {
            if (!range) failed = true;
            free.release();
        });
    }
    spool.close();
    return failed ? 1 : 0;
}

int run(std::span<char*> arguments) {
    if (arguments.size() < 5) {
        std::cerr << "usage: fill_spool DIR BYTES TEXT_BYTES SINK...\n";
        return 2;
    }
    const model::Schema schema = schema_with_metadata();
    spool::Options options;
    options.dir = arguments[1];
    const auto spool = spool::Spool::open(options, schema, spool::posix_files());
    if (!spool) {
        std::cerr << spool.error().message << "\n";
        return 1;
    }
    for (const char* sink : arguments.subspan(4)) {
        if (const auto cursor = (*spool)->open_cursor(sink); !cursor) {
            std::cerr << cursor.error().message << "\n";
            return 1;
        }
    }
    return fill(**spool, schema, std::strtoull(arguments[2], nullptr, 10),
                std::strtoull(arguments[3], nullptr, 10));
}

}  // namespace
}  // namespace ingest

int main(int argc, char** argv) {
    return ingest::run(std::span(argv, static_cast<std::size_t>(argc)));
}
