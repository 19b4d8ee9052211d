#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "coding/coding.h"
#include "http/server.h"

namespace ingest::http {

// What an asset is sent as in each coding, and the strong validators of each, which differ because
// the bytes do (RFC 9110, 8.8.3.3). Any thread.
class Representations {
public:
    explicit Representations(const Asset& asset);

    // Compressed when they are first asked for, and kept: most hosts are never asked, and the
    // largest asset (1.7 MB) takes 60 ms. Throws std::bad_alloc. REQUIRES: not identity.
    std::string_view bytes(coding::Coding coding) const;
    std::string_view entity_tag(coding::Coding coding) const noexcept {
        return form(coding).tag;
    }

private:
    struct Form {
        std::string tag;
        std::once_flag made = {};
        std::string bytes = {};
    };

    Form& form(coding::Coding coding) const noexcept {
        return forms_[static_cast<std::size_t>(coding)];
    }

    const std::string_view bytes_;
    const std::shared_ptr<const std::string> owner_;  // of the bytes; shared: see Asset
    mutable std::array<Form, 3> forms_;  // by coding; identity has its tag alone
};

// Shared: by the assets before a change and those after it.
using SharedRepresentations = std::shared_ptr<const Representations>;

// Nothing is compressed again of which `former` has the same bytes. Immutable.
struct ServedAssets {
    ServedAssets(std::vector<Asset> its_assets, const ServedAssets* former);

    const SharedRepresentations& of(const Asset& asset) const noexcept {
        return representations[static_cast<std::size_t>(&asset - assets.data())];
    }

    const std::vector<Asset> assets;
    std::vector<SharedRepresentations> representations;
};

// Shared: by the terms of all cores.
using SharedAssets = std::shared_ptr<const ServedAssets>;

}  // namespace ingest::http
