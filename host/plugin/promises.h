#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/schema.h"
#include "plugin/manifest.h"

namespace ingest::plugin {

// What a validator's manifest promises of its reports, made ready for one schema so that a call
// looks up nothing but a bit. Immutable; any thread.
class Promises {
public:
    // Of a validator without a manifest: every column, every code.
    Promises() = default;
    Promises(const Manifest& manifest, const model::Schema& schema);

    bool may_write(std::size_t column) const noexcept {
        return any_column_ || (column < writable_.size() && writable_[column]);
    }
    // The code's place in the manifest's `issues`, that of "*" if only that has it, or
    // not_listed().
    std::uint16_t index_of(std::string_view code) const noexcept;
    std::uint16_t not_listed() const noexcept { return static_cast<std::uint16_t>(codes_.size()); }
    bool lists(std::uint16_t index) const noexcept { return any_code_ || index < codes_.size(); }

private:
    bool any_column_ = true;
    bool any_code_ = true;
    std::vector<bool> writable_;
    std::vector<std::string> codes_;
};

}  // namespace ingest::plugin
