#include "spool/inspect_readings.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "spool/inspect_scan.h"

namespace ingest::spool {
namespace {

struct NamedSchema {
    std::string owner;  // "segment-...log", "the configuration"
    std::uint64_t first = 0;
    std::string text;
    const model::Schema* schema = nullptr;
};

// Files with records of the same segment: usually one, more where somebody made copies.
struct Source {
    std::uint64_t segment = 0;
    std::uint64_t first = 0;
    std::vector<const StoredSegment*> files;
    const StoredSegment* head = nullptr;  // the file whose head is in order, if there is one
    std::vector<const NamedSchema*> schemas = {};  // that may fit, the likeliest first
};

struct Piece {
    std::size_t file = 0;  // of the source's
    RecordPlace place;
};

class Walk {
public:
    Walk(FileSystem& files, const Inventory& inventory, const ReadingsOptions& options,
         const VisitReadings& visit)
        : files_(files), inventory_(inventory), options_(options), visit_(visit) {}

    FileResult<ReadingsSummary> run();

private:
    void take_schemas();
    void take_schema(const StoredSegment& stored);
    FileResult<void> take_sources();
    void order_schemas(Source& source) const;
    void arrive_at(const Source& source);
    void expect(std::uint64_t end);
    FileResult<void> walk(const Source& source, const Range& nobody, bool last);
    FileResult<std::vector<Piece>> pieces_of(const Source& source, bool last);
    FileResult<void> show(const Source& source, File& file, const RecordPlace& place,
                          std::uint64_t from);
    bool decode(const Source& source, const FoundRecord& found);

    FileSystem& files_;
    const Inventory& inventory_;
    const ReadingsOptions& options_;
    const VisitReadings& visit_;
    ReadingsSummary summary_;
    std::vector<std::unique_ptr<model::Schema>> owned_;
    std::vector<NamedSchema> schemas_;
    std::vector<Source> sources_;
    std::optional<model::Batch> batch_;
    std::optional<std::uint64_t> expected_;  // the next reading; none: nobody knows
    std::uint64_t cut_ = UINT64_MAX;         // recovery would cut the last segment at this offset
    bool stopped_ = false;
};

void Walk::take_schema(const StoredSegment& stored) {
    if (!stored.readable()) return;
    auto schema = model::schema_from_text(stored.head->schema);
    if (!schema) return;
    owned_.push_back(std::move(*schema));
    schemas_.push_back({stored.name, stored.head->first, stored.head->schema, owned_.back().get()});
}

void Walk::take_schemas() {
    for (const StoredSegment& stored : inventory_.segments) take_schema(stored);
    for (const StoredSegment& stored : inventory_.put_aside) take_schema(stored);
}

// Those of the nearest segments first.
void Walk::order_schemas(Source& source) const {
    for (const NamedSchema& schema : schemas_) source.schemas.push_back(&schema);
    std::ranges::stable_sort(source.schemas, {}, [&](const NamedSchema* schema) {
        const bool own = source.head != nullptr && schema->owner == source.head->name;
        const auto [low, high] = std::minmax(schema->first, source.first);
        return std::pair(!own, high - low);
    });
    const bool certain = source.head != nullptr && !source.schemas.empty() &&
                         source.schemas.front()->owner == source.head->name;
    if (certain) source.schemas.resize(1);
}

FileResult<void> Walk::take_sources() {
    const auto& stored = options_.quarantine ? inventory_.put_aside : inventory_.segments;
    for (const StoredSegment& one : stored) {
        std::optional<std::uint64_t> id;
        if (one.head && !one.readable()) {
            summary_.notes.push_back(one.name + " is of format version " +
                                     std::to_string(one.head->version) +
                                     "; use the program that wrote it");
        } else if (one.readable()) {
            id = one.head->segment;
        } else {
            const auto scan = scan_segment(files_, inventory_.dir, one);
            if (!scan) return scan.error();
            id = scan->segment;
        }
        if (!id) continue;
        auto source = std::ranges::find(sources_, *id, &Source::segment);
        if (source == sources_.end()) {
            source = sources_.insert(source, Source{*id, one.first(), {}});
        }
        source->files.push_back(&one);
        source->first = std::min(source->first, one.first());
        if (one.readable()) source->head = &one;
    }
    for (Source& source : sources_) order_schemas(source);
    std::ranges::stable_sort(sources_, {}, &Source::first);
    return {};
}

// Readings up to `end` should have come by now.
void Walk::expect(std::uint64_t end) {
    if (!expected_) return;
    const std::uint64_t first = std::max(*expected_, options_.from);
    if (end > first) summary_.missing += end - first;
    expected_ = std::max(*expected_, end);
}

void Walk::arrive_at(const Source& source) {
    if (options_.quarantine) return;
    expect(source.head != nullptr ? source.head->head->former_end : source.first);
    expected_ = std::max(expected_.value_or(0), source.first);
}

FileResult<std::vector<Piece>> Walk::pieces_of(const Source& source, bool last) {
    std::vector<Piece> pieces;
    cut_ = UINT64_MAX;
    for (std::size_t i = 0; i < source.files.size(); ++i) {
        const auto scan = scan_segment(files_, inventory_.dir, *source.files[i]);
        if (!scan) return scan.error();
        for (const RecordPlace& place : scan->places) pieces.push_back({i, place});
        if (!last || source.files.size() > 1) continue;
        for (const Hole& hole : scan->holes()) {
            const bool torn = !hole.proven && inventory_.known_end() <= hole.readings.first;
            if (torn) cut_ = std::min(cut_, hole.offset);
        }
    }
    std::ranges::sort(pieces, {}, [](const Piece& piece) {
        return std::tuple(piece.place.readings.first, piece.file, piece.place.offset);
    });
    return pieces;
}

FileResult<void> Walk::walk(const Source& source, const Range& nobody, bool last) {
    std::vector<std::unique_ptr<File>> opened;
    for (const StoredSegment* stored : source.files) {
        auto file = open_if_there(files_, inventory_.dir / stored->name);
        if (!file) return file.error();
        if (!*file) {  // a host has consumed it
            expected_ = std::nullopt;
            return {};
        }
        opened.push_back(std::move(*file));
    }
    const auto pieces = pieces_of(source, last);
    if (!pieces) return pieces.error();
    std::uint64_t done = 0;  // of this source
    for (const auto& [file, place] : *pieces) {
        const auto [first, end] = place.readings;
        if (first >= nobody.first && first < nobody.end) {
            summary_.failed += end - first;
            continue;
        }
        summary_.copies += std::min(end, std::max(first, done)) - first;
        if (end <= done) continue;
        if (expected_) expect(first);
        if (end > options_.from) {
            const std::uint64_t from = std::max({first, done, options_.from});
            if (auto shown = show(source, *opened[file], place, from); !shown) return shown;
            if (stopped_) break;
        }
        done = end;
        if (expected_) expected_ = std::max(*expected_, end);
    }
    return {};
}

FileResult<void> Walk::show(const Source& source, File& file, const RecordPlace& place,
                            std::uint64_t from) {
    const std::uint64_t readings = place.readings.end - from;
    RecordScanner scanner(file, source.segment, place.offset, place.end_offset);
    const auto found = scanner.next();
    if (!found) return found.error();
    if (!*found) {
        summary_.overwritten += readings;
    } else if (!decode(source, **found)) {
        summary_.shapeless += readings;
    } else {
        summary_.visited += readings;
        if (place.offset >= cut_) summary_.perhaps += readings;
        stopped_ = !visit_(*batch_, static_cast<std::int64_t>(from - place.readings.first));
    }
    return {};
}

bool Walk::decode(const Source& source, const FoundRecord& found) {
    for (const NamedSchema* schema : source.schemas) {
        if (!is_batch(found, batch_.emplace(*schema->schema))) continue;
        if (source.head == nullptr) {
            const std::string note = source.files.front()->name + ": its head is damaged; read " +
                                     "with the fields of " + schema->owner;
            if (std::ranges::find(summary_.notes, note) == summary_.notes.end()) {
                summary_.notes.push_back(note);
            }
        }
        return true;
    }
    return false;
}

FileResult<ReadingsSummary> Walk::run() {
    take_schemas();
    if (options_.fallback != nullptr) {
        // Behind all others, whatever the distance.
        schemas_.push_back({"the configuration", UINT64_MAX, "", options_.fallback});
    }
    if (const auto taken = take_sources(); !taken) return taken.error();
    for (std::size_t i = 0; i < sources_.size() && !stopped_; ++i) {
        arrive_at(sources_[i]);
        const bool last = i + 1 == sources_.size();
        const StoredSegment* next = last ? nullptr : sources_[i + 1].head;
        const Range nobody = next != nullptr ? next->nobody() : Range{};
        if (const auto walked = walk(sources_[i], nobody, last && !options_.quarantine); !walked) {
            return walked.error();
        }
    }
    if (!stopped_) expect(inventory_.known_end());
    return std::move(summary_);
}

}  // namespace

FileResult<ReadingsSummary> for_each_reading(FileSystem& files, const Inventory& inventory,
                                             const ReadingsOptions& options,
                                             const VisitReadings& visit) {
    return Walk(files, inventory, options, visit).run();
}

}  // namespace ingest::spool
