#include "plugin/file_check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <memory>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingest::plugin {
namespace {

Result<void> verify_owner_and_mode(const std::filesystem::path& path, const struct stat& status) {
    const std::string name = path.string();
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return Error{name + " belongs to user " + std::to_string(status.st_uid) +
                     "; it must belong to root or to the user of this process"};
    }
    // A sticky directory such as /tmp lets others add files but not replace ours.
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_directory) {
        return Error{name + " can be written by others than its owner; run chmod go-w " + name};
    }
    return {};
}

Result<std::string> sha256_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                         &EVP_MD_CTX_free);
    bool sound = in && digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
    std::array<char, 65536> block;
    while (sound && in) {
        in.read(block.data(), block.size());
        sound = EVP_DigestUpdate(digest.get(), block.data(),
                                 static_cast<std::size_t>(in.gcount())) == 1;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    sound = sound && in.eof() && EVP_DigestFinal_ex(digest.get(), bytes.data(), &size) == 1;
    if (!sound) return Error{"cannot read " + file.string() + " to compute its SHA-256"};
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

}  // namespace

bool is_plugin_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<std::filesystem::path> find_plugin_file(std::span<const std::filesystem::path> dirs,
                                               std::string_view id) {
    if (!is_plugin_id(id)) {
        return Error{"'" + std::string(id) +
                     "' is no plugin name; use lower-case letters, digits and '-'"};
    }
    std::string looked_at;
    for (const auto& dir : dirs) {
        const auto file = dir / (std::string(id) + ".so");
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return file;
        looked_at += (looked_at.empty() ? "" : ", ") + dir.string();
    }
    return Error{"there is no plugin '" + std::string(id) + "' (no " + std::string(id) + ".so in " +
                 looked_at + "); `ingest-host plugins` lists what there is"};
}

Result<void> verify_plugin_file(const std::filesystem::path& file, std::string_view sha256) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0) {
        return os_error("cannot look at " + file.string(), errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{file.string() + " is not a regular file; put the library itself there"};
    }
    if (auto owned = verify_owner_and_mode(file, status); !owned) return owned.error();
    std::error_code no_path;
    const auto dir = std::filesystem::canonical(std::filesystem::absolute(file).parent_path(),
                                                no_path);
    struct stat dir_status{};
    if (no_path || ::stat(dir.c_str(), &dir_status) != 0) {
        return os_error("cannot look at the directory of " + file.string(),
                        no_path ? no_path.value() : errno);
    }
    if (auto owned = verify_owner_and_mode(dir, dir_status); !owned) return owned.error();
    if (sha256.empty()) return {};

    const auto found = sha256_of(file);
    if (!found) return found.error();
    const bool same = std::ranges::equal(*found, sha256, [](char a, char b) {
        return a == std::tolower(static_cast<unsigned char>(b));
    });
    if (!same) {
        return Error{file.string() + " has the SHA-256 " + *found +
                     ", not the one that the configuration pins; it was changed or replaced"};
    }
    return {};
}

}  // namespace ingest::plugin
