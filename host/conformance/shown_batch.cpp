#include "conformance/shown_batch.h"

#include <array>
#include <atomic>

namespace ingest::conformance {
namespace {

std::atomic<bool> released{false};

void note_release(ArrowArray*) { released = true; }

}  // namespace

PlainBatch::PlainBatch(const model::Batch& batch, const Escort& escort)
    : view_(batch),
      shown_{sizeof shown_, escort.flags,           escort.sequence, escort.deadline_ns,
             batch.schema().arrow(), view_.array(), escort.refused} {}

FencedBatch::FencedBatch(const model::Batch& batch, const Escort& escort, Placed placed) {
    const model::ArrowView view(batch);
    const ArrowArray& root = *view.array();
    const model::Schema& schema = batch.schema();
    std::vector<void*> columns;
    for (std::size_t i = 0; i < schema.size(); ++i) {
        columns.push_back(keep_column(*root.children[i], schema[i], placed, batch.column(i)));
    }
    const auto rows = model::bitmap_bytes(batch.rows());
    const std::array<const void*, 1> validity{
        memory_.keep(root.buffers[0], rows, placed, "the validity of the batch")};
    ArrowArray array = root;
    array.buffers = static_cast<const void**>(
        memory_.keep_exactly(validity.data(), sizeof validity, "the buffers of the batch"));
    array.children = static_cast<ArrowArray**>(memory_.keep_exactly(
        columns.data(), columns.size() * sizeof columns[0], "the columns of the batch"));
    array.release = &note_release;
    ingest_batch shown{sizeof shown,
                       escort.flags,
                       escort.sequence,
                       escort.deadline_ns,
                       schema.arrow(),
                       static_cast<const ArrowArray*>(memory_.keep_exactly(
                           &array, sizeof array, "the array of the batch")),
                       nullptr};
    if (escort.refused != nullptr) {
        shown.refused = static_cast<const std::uint8_t*>(
            memory_.keep(escort.refused, rows, placed, "the refused bits of the batch"));
    }
    shown_ = static_cast<const ingest_batch*>(
        memory_.keep_exactly(&shown, sizeof shown, "the ingest_batch"));
}

void* FencedBatch::keep_column(const ArrowArray& column, const model::Field& field, Placed placed,
                               const model::Batch::Column& buffers) {
    const std::string of = " of column '" + field.name + "'";
    const bool text = field.type == model::ColumnType::utf8;
    std::array<const void*, 3> kept{
        memory_.keep(column.buffers[0], buffers.validity.size(), placed, "the validity" + of),
        memory_.keep(column.buffers[1], buffers.values.size(), placed,
                     (text ? "the offsets" : "the values") + of),
        nullptr};
    if (text) {
        kept[2] = memory_.keep(column.buffers[2], buffers.chars.size(), placed,
                               "the characters" + of);
    }
    ArrowArray copy = column;
    copy.buffers = static_cast<const void**>(memory_.keep_exactly(
        kept.data(), (text ? 3 : 2) * sizeof kept[0], "the buffers" + of));
    copy.release = &note_release;
    return memory_.keep_exactly(&copy, sizeof copy, "the array" + of);
}

bool FencedBatch::was_released() noexcept { return released; }

}  // namespace ingest::conformance
