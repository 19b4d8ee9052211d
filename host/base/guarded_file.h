#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ingest {

// What is wrong with a file that the operator named, and what would be right.
struct FileTrouble {
    std::string wrong;
    std::string right;
};

// A file that decides whom the host trusts, or that is a secret.
struct GuardedFile {
    enum class Rights {
        any,                   // who mounts secrets into a container lets everybody in it read
        not_everybody_writes,  // its group may
        only_owner_writes,
        secret,  // only the owner writes, and only he and the group read
    };
    std::string_view what;  // "a PEM file"
    std::size_t bytes_max = 0;
    Rights rights = Rights::secret;
};

// Reads it whole into `to`; the check of its rights and the reading are of the same open file. A
// pipe is none: it could make the host wait for ever. Where something is wrong, `to` has nothing
// of use. Main thread.
std::optional<FileTrouble> read_guarded(const std::filesystem::path& path,
                                        const GuardedFile& rule, std::string& to);

}  // namespace ingest
