#include "postgres-sink/binary_array.h"

#include "postgres-sink/cell.h"

namespace ingest::postgres_sink {
namespace {

constexpr std::size_t has_null_at = 4;
constexpr std::size_t head_size = 20;

}  // namespace

void BinaryArray::start(const ColumnType& type, std::int64_t rows) {
    type_ = &type;
    bytes_.resize(head_size);
    unsigned char* at = bytes_.data();
    at = put32(at, rows == 0 ? 0 : 1);
    at = put32(at, 0);
    at = put32(at, type.oid);
    if (rows == 0) {
        // An array without elements has no dimension either.
        bytes_.resize(static_cast<std::size_t>(at - bytes_.data()));
        return;
    }
    at = put32(at, static_cast<std::uint32_t>(rows));
    put32(at, 1);
}

void BinaryArray::append(const sdk::Column& column) {
    const std::int64_t rows = column.size();
    if (rows == 0) return;
    if (column.null_count() != 0) put32(bytes_.data() + has_null_at, 1);
    unsigned char* at = grow(cells_size_max(type_->form, column));
    for (std::int64_t row = 0; row < rows; ++row) at = put_cell(at, type_->form, column, row);
    bytes_.resize(static_cast<std::size_t>(at - bytes_.data()));
}

unsigned char* BinaryArray::grow(std::size_t size) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + size);
    return bytes_.data() + before;
}

}  // namespace ingest::postgres_sink
