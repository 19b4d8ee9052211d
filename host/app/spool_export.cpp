#include "app/spool_export.h"

#include <cerrno>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>

#include <unistd.h>

#include "app/config/config.h"
#include "app/reading_json.h"
#include "spool/inspect_readings.h"

namespace ingest::app {
namespace {

constexpr std::size_t piece_bytes = 64U << 10;
constexpr std::string_view batch_begin = "{\"readings\":[";
constexpr std::string_view batch_end = "]}\n";

// Readings as lines on stdout. Collects them in pieces; what finish() has not written is lost.
// One thread.
class Lines {
public:
    explicit Lines(bool batches) : batches_(batches) {}

    // False: stdout takes no more.
    bool add(const model::Batch& batch, std::int64_t row);
    bool finish();
    int error() const noexcept { return error_; }  // errno, or 0

private:
    void end_batch();
    bool flush();

    // What an endpoint with the default configuration takes.
    const std::uint32_t readings_max_ = config::Batch{}.readings_max;
    const std::uint64_t body_bytes_max_ = config::Limits{}.body_bytes;
    const bool batches_;
    std::string lines_;      // whole ones
    std::string batch_;      // the one that is being filled
    std::uint32_t readings_ = 0;  // in it
    int error_ = 0;
};

bool Lines::add(const model::Batch& batch, std::int64_t row) {
    const std::size_t columns = batch.schema().size();
    if (!batches_) {
        append_reading(lines_, batch, row, columns);
        lines_ += '\n';
    } else {
        std::string reading;
        append_reading(reading, batch, row, columns);
        const std::size_t bytes = batch_.size() + 1 + reading.size() + batch_end.size();
        if (readings_ == readings_max_ || (readings_ > 0 && bytes > body_bytes_max_)) end_batch();
        batch_ += readings_ == 0 ? batch_begin : std::string_view(",");
        batch_ += reading;
        ++readings_;
    }
    return lines_.size() < piece_bytes || flush();
}

bool Lines::finish() {
    if (readings_ > 0) end_batch();
    return flush();
}

void Lines::end_batch() {
    lines_ += batch_;
    lines_ += batch_end;
    batch_.clear();
    readings_ = 0;
}

bool Lines::flush() {
    std::string_view rest = lines_;
    while (!rest.empty() && error_ == 0) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
    lines_.clear();
    return error_ == 0;
}

void tell(std::uint64_t readings, const char* what) {
    if (readings > 0) std::cerr << readings << (readings == 1 ? " reading " : " readings ") << what;
}

void tell(const spool::ReadingsSummary& summary) {
    for (const std::string& note : summary.notes) std::cerr << note << '\n';
    std::cerr << "readings exported: " << summary.visited << '\n';
    tell(summary.perhaps,
         "of them are behind a torn write and perhaps were never acknowledged\n");
    tell(summary.missing, "missing: nothing is left of them; 'spool check' says where\n");
    tell(summary.shapeless,
         "left out: intact, but their fields are not known; say --config FILE of their time\n");
    tell(summary.copies, "left out: copies of others\n");
    tell(summary.failed, "left out: their write failed, and their senders were told so\n");
    tell(summary.overwritten, "left out: the host delivered and removed them meanwhile\n");
}

// From where on; nothing: there is no such sink, which was told.
std::optional<std::uint64_t> position_of(const spool::Inventory& inventory,
                                         const std::string& sink) {
    if (sink.empty()) return 0;
    const spool::StoredCursor* cursor = inventory.cursor_of(sink);
    if (cursor == nullptr) {
        std::cerr << "ingest-host: no sink named '" << sink << "' has a cursor in "
                  << inventory.dir.string();
        const char* before = "; there are: ";
        for (const spool::StoredCursor& one : inventory.cursors) {
            std::cerr << before << one.sink;
            before = ", ";
        }
        std::cerr << '\n';
        return std::nullopt;
    }
    if (cursor->content) return cursor->content->position;
    std::cerr << cursor->name << " is damaged: all that is kept is exported\n";
    return 0;
}

}  // namespace

int export_readings(const spool::Inventory& inventory, const Arguments& arguments,
                    const model::Schema* fallback) {
    // A reader that goes away is an error of the write, not the end of this process.
    std::signal(SIGPIPE, SIG_IGN);
    const auto from = position_of(inventory, arguments.sink);
    if (!from) return 1;
    Lines lines(arguments.batches);
    const auto summary = spool::for_each_reading(
        spool::posix_files(), inventory, {*from, arguments.quarantine, fallback},
        [&](const model::Batch& batch, std::int64_t row) {
            for (; row < batch.rows(); ++row) {
                if (!lines.add(batch, row)) return false;
            }
            return true;
        });
    lines.finish();
    if (!summary) std::cerr << "ingest-host: " << summary.error().error().message << '\n';
    if (lines.error() != 0) {
        std::cerr << "ingest-host: " << os_error("cannot write the output", lines.error()).message
                  << '\n';
        return 1;
    }
    if (!summary) return 1;
    tell(*summary);
    return summary->shapeless == 0 ? 0 : 1;
}

}  // namespace ingest::app
