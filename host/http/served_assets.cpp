#include "http/served_assets.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "coding/encoding.h"

namespace ingest::http {
namespace {

// FNV-1a.
std::string hash_text(std::string_view bytes) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[hash >> shift & 15];
    return text;
}

SharedRepresentations representations_of(const Asset& asset, const ServedAssets* former) {
    if (former != nullptr) {
        const auto same = std::ranges::find(former->assets, asset.bytes, &Asset::bytes);
        if (same != former->assets.end()) return former->of(*same);
    }
    return std::make_shared<const Representations>(asset);
}

}  // namespace

Representations::Representations(const Asset& asset) : bytes_(asset.bytes), owner_(asset.owner) {
    const std::string hash = hash_text(bytes_);
    form(coding::Coding::identity).tag = '"' + hash + '"';
    form(coding::Coding::gzip).tag = '"' + hash + "-gzip\"";
    form(coding::Coding::zstd).tag = '"' + hash + "-zstd\"";
}

std::string_view Representations::bytes(coding::Coding coding) const {
    Form& made = form(coding);
    std::call_once(made.made, [&] {
        coding::Encoder encoder(coding::Effort::thorough);
        encoder.encode(coding, bytes_, made.bytes);
        made.bytes.shrink_to_fit();
    });
    return made.bytes;
}

ServedAssets::ServedAssets(std::vector<Asset> its_assets, const ServedAssets* former)
    : assets(std::move(its_assets)) {
    for (const Asset& asset : assets)
        representations.push_back(representations_of(asset, former));
}

}  // namespace ingest::http
