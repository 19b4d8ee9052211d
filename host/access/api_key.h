#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/digest.h"
#include "access/grant.h"
#include "base/error.h"
#include "base/guarded_file.h"

// API keys and the file that has their digests. A key itself is in no file: 256 random bits, so
// that nobody finds one from its digest.
namespace ingest::access {

struct ApiKey {
    std::string name;
    Digest digest{};  // of the key's whole text
    Grant grant;
    std::int64_t created_us = 0;
    std::optional<std::int64_t> expires_us;  // none: never

    bool expired(std::int64_t now_us) const noexcept {
        return expires_us && now_us >= *expires_us;
    }
    friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

inline constexpr std::size_t keys_max = 10'000;
inline constexpr std::string_view key_begin = "ingk_";

// The text of a new key.
Result<std::string> make_key();
// [A-Za-z0-9._-]{1,64}
bool is_key_name(std::string_view text) noexcept;

// The file, a key a line:
//   NAME sha256=HEX scopes=WORD,... [prefixes=TEXT,...] created=TIME [expires=TIME]
// Times are RFC 3339. Empty lines, and those that begin with #, mean nothing. What is wrong goes to
// `troubles`, each with LINE:COLUMN in front; no text of the file is repeated there.
std::vector<ApiKey> parse_keys(std::string_view text, std::vector<FileTrouble>& troubles);
std::string key_file_text(const std::vector<ApiKey>& keys);

// Reads the file, which nobody but its owner may be able to write. `text`: its bytes.
std::vector<ApiKey> read_keys(const std::filesystem::path& file, std::string& text,
                              std::vector<FileTrouble>& troubles);

// Has `change` work on the keys of the file and puts what it leaves in the file's place, whole or
// not at all. Commands that do so at the same time do it one after the other. A file that is
// missing has no keys, and is made with mode 0600; one that is there keeps its owner and mode.
Result<void> change_keys(const std::filesystem::path& file,
                         const std::function<Result<void>(std::vector<ApiKey>&)>& change);

}  // namespace ingest::access
