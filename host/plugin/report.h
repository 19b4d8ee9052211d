#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/plugin/validator.h>

#include "model/batch.h"

namespace ingest::plugin {

// The host's side of ingest_report: collects what one validate call says. Nothing of it takes
// effect by itself: the caller applies it when the call succeeded. Reused between calls; one
// thread.
class Report {
public:
    struct Issue {
        std::int64_t row;
        std::int32_t column;  // -1: the reading as a whole
        bool reject;
        std::string code;
        std::string message;
    };

    // Starts anew for a batch, which must outlive the calls.
    void begin(const model::Batch& batch);
    ingest_report table() noexcept;

    const std::vector<Issue>& issues() const noexcept { return issues_; }
    // Calls that named a row, column, severity or type that does not exist, or were too many.
    std::uint64_t misbehaviours() const noexcept { return misbehaviours_; }

    // Writes the changed cells into the batch, later changes over earlier ones.
    void apply_edits(model::Batch& batch);

private:
    enum class EditKind : std::uint8_t { utf8, f64, i64, boolean, null };
    struct Edit {
        std::int64_t row;
        std::size_t column;
        EditKind kind;
        double f64 = 0;
        std::int64_t i64 = 0;
        std::string utf8 = {};
    };
    bool cell_exists(std::int64_t row, std::int32_t column) const noexcept;
    bool may_change(std::int64_t row, std::int32_t column, model::ColumnType type) const noexcept;
    std::int32_t misbehaved() noexcept;

    static std::int32_t issue(void* ctx, std::int64_t row, std::int32_t column,
                              std::int32_t severity, ingest_str code, ingest_str message) noexcept;
    static std::int32_t set_utf8(void* ctx, std::int64_t row, std::int32_t column,
                                 ingest_str value) noexcept;
    static std::int32_t set_f64(void* ctx, std::int64_t row, std::int32_t column,
                                double value) noexcept;
    static std::int32_t set_i64(void* ctx, std::int64_t row, std::int32_t column,
                                std::int64_t value) noexcept;
    static std::int32_t set_null(void* ctx, std::int64_t row, std::int32_t column) noexcept;

    const model::Batch* batch_ = nullptr;
    std::vector<Issue> issues_;
    std::vector<Edit> edits_;
    std::uint64_t misbehaviours_ = 0;
};

}  // namespace ingest::plugin
