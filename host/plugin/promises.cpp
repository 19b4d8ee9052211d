#include "plugin/promises.h"

#include <algorithm>

namespace ingest::plugin {

Promises::Promises(const Manifest& manifest, const model::Schema& schema)
    : any_column_(std::ranges::count(manifest.writes, "*") != 0),
      any_code_(false),
      writable_(schema.size()) {
    for (const std::string& name : manifest.writes) {
        if (const auto column = schema.find(name)) writable_[*column] = true;
    }
    for (const Manifest::Issue& issue : manifest.issues) codes_.push_back(issue.code);
}

std::uint16_t Promises::index_of(std::string_view code) const noexcept {
    auto found = std::ranges::find(codes_, code);
    if (found == codes_.end()) found = std::ranges::find(codes_, "*");
    return static_cast<std::uint16_t>(found - codes_.begin());
}

}  // namespace ingest::plugin
