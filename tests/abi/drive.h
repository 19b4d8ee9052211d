#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/arrow_view.h"
#include "plugin/library.h"
#include "plugin/query.h"
#include "plugin/report.h"
#include "plugin/sink.h"
#include "plugin/validator.h"
#include "support/batches.h"

// Drives plugins as the host does, through its room `plugin`. Compiled with today's headers and
// with those of a later minor, so structs are filled by the names of their fields.
namespace ingest::test {

inline std::filesystem::path built(const std::string& folder) {
    return std::filesystem::path(std::getenv("INGEST_BUILD_DIR")) / folder;
}

inline std::filesystem::path source(const std::string& folder) {
    return std::filesystem::path(std::getenv("INGEST_SOURCE_DIR")) / folder;
}

inline std::unique_ptr<plugin::Library> load(const std::filesystem::path& file) {
    auto library = plugin::Library::load(file);
    if (!library) throw std::runtime_error(library.error().message);
    return std::move(*library);
}

// A batch as plugins get it; valid as long as this and the batch.
class Shown {
public:
    explicit Shown(const model::Batch& batch) : view_(batch) {
        batch_.struct_size = sizeof batch_;
        batch_.schema = batch.schema().arrow();
        batch_.data = view_.array();
    }
    ingest_batch& batch() noexcept { return batch_; }

private:
    model::ArrowView view_;
    ingest_batch batch_{};
};

// What a validator said of a row: "reject 4 hot: is 90", "warn -1 seen: seen".
inline std::vector<std::string> told(const plugin::Report& report) {
    std::vector<std::string> lines;
    for (const auto& issue : report.issues()) {
        const std::string verdict = issue.reject ? " reject " : " warn ";
        lines.push_back("row " + std::to_string(issue.row) + verdict +
                        std::to_string(issue.column) + " " + issue.code + ": " + issue.message);
    }
    return lines;
}

template <class Instance>
std::unique_ptr<Instance> make(const plugin::Library& library, std::string_view options_json,
                               const model::Schema& schema) {
    plugin::Answer failure;
    auto instance = Instance::create(library, options_json, schema, failure);
    if (!instance) throw std::runtime_error(failure.message);
    return instance;
}

}  // namespace ingest::test
