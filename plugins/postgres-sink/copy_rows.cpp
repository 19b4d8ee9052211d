#include "postgres-sink/copy_rows.h"

namespace ingest::postgres_sink {

std::span<const unsigned char> CopyRows::head() noexcept {
    static constexpr unsigned char bytes[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xFF, '\r', '\n',
                                              0,   0,   0,   0,   0,   0,   0,    0,    0};
    return bytes;
}

std::span<const unsigned char> CopyRows::end() noexcept {
    static constexpr unsigned char bytes[] = {0xFF, 0xFF};
    return bytes;
}

std::span<const unsigned char> CopyRows::rows(const sdk::Batch& batch) {
    columns_.clear();
    auto size_max = static_cast<std::size_t>(batch.rows()) * 2;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        columns_.push_back(batch.column(static_cast<std::int32_t>(i)));
        size_max += cells_size_max(forms_[i], columns_.back());
    }
    if (bytes_.size() < size_max) bytes_.resize(size_max);
    unsigned char* at = bytes_.data();
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
        at = put16(at, static_cast<std::uint16_t>(forms_.size()));
        for (std::size_t i = 0; i < forms_.size(); ++i) {
            at = put_cell(at, forms_[i], columns_[i], row);
        }
    }
    return {bytes_.data(), at};
}

}  // namespace ingest::postgres_sink
