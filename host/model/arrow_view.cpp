#include "model/arrow_view.h"

#include <bit>
#include <cstring>

namespace ingest::model {
namespace {

// The host owns every array: nobody else may release them.
void release_array(ArrowArray*) {}

std::int64_t nulls_in(const Buffer& validity, std::int64_t rows) noexcept {
    std::int64_t valid = 0;
    const auto* bytes = validity.as<std::uint8_t>();
    for (std::size_t i = 0; i < bitmap_bytes(rows); ++i) valid += std::popcount(bytes[i]);
    return rows - valid;
}

}  // namespace

void ArrowView::fill(const Batch& batch) {
    const std::size_t columns = batch.schema().size();
    const std::int64_t rows = batch.rows();
    children_.resize(columns);
    pointers_.resize(columns);
    buffers_.resize(columns);
    for (std::size_t i = 0; i < columns; ++i) {
        const Batch::Column& column = batch.column(i);
        const bool text = column.type == ColumnType::utf8;
        buffers_[i] = {column.validity.data(), column.values.data(), column.chars.data()};
        children_[i] = {rows,    nulls_in(column.validity, rows), 0,
                        text ? 3 : 2, 0,
                        buffers_[i].data(), nullptr,
                        nullptr, &release_array, nullptr};
        pointers_[i] = &children_[i];
    }
    // The bits past the last row stay zero, as everywhere in the profile.
    root_validity_.resize(0);
    root_validity_.resize(bitmap_bytes(rows));
    root_validity_.reserve(1);
    if (rows > 0) {
        std::memset(root_validity_.data(), 0xFF, bitmap_bytes(rows));
        if (rows % 8 != 0) {
            root_validity_.as<std::uint8_t>()[rows / 8] =
                static_cast<std::uint8_t>((1U << (rows % 8)) - 1);
        }
    }
    root_buffers_ = {root_validity_.data()};
    root_ = {rows,    0, 0, 1, static_cast<std::int64_t>(columns), root_buffers_.data(),
             pointers_.data(), nullptr, &release_array, nullptr};
}

}  // namespace ingest::model
