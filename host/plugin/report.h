#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/plugin/validator.h>

#include "model/batch.h"
#include "plugin/promises.h"

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
        std::string code;     // [a-z0-9_.-]{1,64}
        std::string message;  // UTF-8
        // The code's place in the manifest's `issues`; their number when it is not among them.
        std::uint16_t code_index = 0;
    };

    // Starts anew for a batch and the validator that will see it. Both outlive the calls.
    void begin(const model::Batch& batch, const Promises& promises);
    ingest_report table() noexcept;

    const std::vector<Issue>& issues() const noexcept { return issues_; }
    // Calls that named a row, column, severity or type that does not exist, that changed a column
    // or gave a code which the manifest does not list, or were too many. Only those findings count
    // whose code alone is wrong.
    std::uint64_t misbehaviours() const noexcept { return misbehaviours_; }
    // What the first of them was, for the log: "issue: row 7 of 3".
    const std::string& first_misbehaviour() const noexcept { return first_misbehaviour_; }

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
    static bool fits(model::ColumnType type, EditKind kind) noexcept;
    bool cell_exists(std::int64_t row, std::int32_t column) const noexcept;
    // Why the cell cannot be changed in this way; null when it can.
    const char* fault_of_edit(std::int64_t row, std::int32_t column, EditKind kind) const noexcept;
    // What is wrong with a finding; null when nothing is.
    const char* fault_of_issue(std::int64_t row, std::int32_t column, std::int32_t severity,
                               ingest_str code, ingest_str message) const noexcept;
    // Counts; `detail` is the plugin's own text, if the fault is about one.
    std::int32_t misbehaved(const char* function, std::int64_t row, std::int32_t column,
                            const char* fault, std::string_view detail = {});

    static std::int32_t issue(void* ctx, std::int64_t row, std::int32_t column,
                              std::int32_t severity, ingest_str code, ingest_str message);
    static std::int32_t set_utf8(void* ctx, std::int64_t row, std::int32_t column,
                                 ingest_str value);
    static std::int32_t set_f64(void* ctx, std::int64_t row, std::int32_t column,
                                double value);
    static std::int32_t set_i64(void* ctx, std::int64_t row, std::int32_t column,
                                std::int64_t value);
    static std::int32_t set_null(void* ctx, std::int64_t row, std::int32_t column);

    const model::Batch* batch_ = nullptr;
    std::vector<Issue> issues_;
    std::vector<Edit> edits_;
    const Promises* promises_ = nullptr;
    std::uint64_t misbehaviours_ = 0;
    std::string first_misbehaviour_;
};

}  // namespace ingest::plugin
