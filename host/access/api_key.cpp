#include "access/api_key.h"

#include <algorithm>
#include <set>

#include <openssl/rand.h>

#include "access/base64url.h"
#include "base/ascii.h"
#include "base/hex.h"
#include "base/time_text.h"
#include "decode/timestamp.h"

namespace ingest::access {
namespace {

constexpr std::size_t file_bytes_max = 4 * 1024 * 1024;

constexpr std::string_view expected_line =
    "give NAME sha256=HEX scopes=WORD,... [prefixes=TEXT,...] created=TIME [expires=TIME], as "
    "`ingest-host keys new` writes it";

bool is_name_character(char c) noexcept {
    return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Reads one line; the first thing that is wrong is its trouble.
class LineReader {
public:
    LineReader(std::string_view line, std::size_t number) : line_(line), number_(number) {}

    std::optional<ApiKey> read() {
        for (const std::string_view word : split(line_, ' ')) {
            if (word.empty()) continue;
            if (!take(word)) return std::nullopt;
        }
        if (!seen_.contains("sha256") || !seen_.contains("scopes") || !seen_.contains("created")) {
            fail(line_, "the line lacks sha256, scopes or created", expected_line);
            return std::nullopt;
        }
        return key_;
    }

    void fail(std::string_view at, std::string_view wrong, std::string_view right) {
        const auto column = static_cast<std::size_t>(at.data() - line_.data()) + 1;
        trouble_ = {std::to_string(number_) + ":" + std::to_string(column) + ": " +
                        std::string(wrong),
                    std::string(right)};
    }
    const FileTrouble& trouble() const noexcept { return trouble_; }

private:
    bool take(std::string_view word) {
        if (key_.name.empty()) {
            key_.name = word;
            if (is_key_name(word)) return true;
            fail(word, "the name does not fit", "give 1..64 of A-Z, a-z, 0-9, '.', '_' and '-'");
            return false;
        }
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const bool known = name == "sha256" || name == "scopes" || name == "prefixes" ||
                           name == "created" || name == "expires";
        if (equals == word.npos || !known) {
            fail(word, "unknown word", expected_line);
            return false;
        }
        if (!seen_.insert(name).second) {
            fail(word, std::string(name) + " stands here twice", "give it once");
            return false;
        }
        return take_value(name, word.substr(equals + 1));
    }

    bool take_value(std::string_view name, std::string_view value) {
        if (name == "sha256") {
            const auto digest = from_hex(value);
            if (digest) key_.digest = *digest;
            else fail(value, "sha256 does not fit", "give 64 lower-case hexadecimal digits");
            return digest.has_value();
        }
        if (name == "created" || name == "expires") {
            const auto time = decode::parse_timestamp(value);
            if (!time) fail(value, "is no time", "give one as 2026-11-28T12:00:00Z");
            else if (name == "created") key_.created_us = *time;
            else key_.expires_us = *time;
            return time.has_value();
        }
        for (const std::string_view part : split(value, ',')) {
            if (name == "scopes") {
                const auto scope = scope_of(part);
                if (!scope) {
                    fail(part, "there is no such scope", "give some of ingest, read, admin");
                    return false;
                }
                key_.grant.scopes.add(*scope);
            } else if (!is_prefix(part) || key_.grant.prefixes.size() == prefixes_max) {
                fail(part, "is no prefix of equipment ids, or one too many",
                     "give up to 100 of 1..64 visible ASCII characters");
                return false;
            } else {
                key_.grant.prefixes.emplace_back(part);
            }
        }
        return true;
    }

    const std::string_view line_;
    const std::size_t number_;
    ApiKey key_;
    std::set<std::string_view> seen_;
    FileTrouble trouble_;
};

}  // namespace

Result<std::string> make_key() {
    std::string random(32, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), 32) != 1) {
        return Error{"this machine gives no random numbers"};
    }
    return std::string(key_begin) + to_base64url(random);
}

bool is_key_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_name_character);
}

std::vector<ApiKey> parse_keys(std::string_view text, std::vector<FileTrouble>& troubles) {
    std::vector<ApiKey> keys;
    std::set<std::string> names;
    std::set<Digest> digests;
    std::size_t number = 0;
    for (std::string_view line : split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(' ') == line.npos || line.starts_with('#')) continue;
        LineReader reader(line, number);
        auto key = reader.read();
        if (!key) {
            troubles.push_back(reader.trouble());
            continue;
        }
        if (!names.insert(key->name).second || !digests.insert(key->digest).second) {
            reader.fail(line, "there is a key of this name or digest already",
                        "take one of them away");
            troubles.push_back(reader.trouble());
        } else if (keys.size() == keys_max) {
            reader.fail(line, "there are more than 10000 keys", "revoke some, or use tokens");
            troubles.push_back(reader.trouble());
            return keys;
        }
        keys.push_back(std::move(*key));
    }
    return keys;
}

std::string key_file_text(const std::vector<ApiKey>& keys) {
    std::string text = "# API keys of ingest-host, by their digests; `ingest-host keys` writes "
                       "this. A running host sees a change.\n";
    for (const ApiKey& key : keys) {
        text += key.name + " sha256=" + to_hex(key.digest) + " scopes=" + key.grant.scopes.text();
        for (std::size_t i = 0; i < key.grant.prefixes.size(); ++i) {
            text += (i == 0 ? " prefixes=" : ",") + key.grant.prefixes[i];
        }
        text += " created=" + to_rfc3339(key.created_us);
        if (key.expires_us) text += " expires=" + to_rfc3339(*key.expires_us);
        text += '\n';
    }
    return text;
}

std::vector<ApiKey> read_keys(const std::filesystem::path& file, std::string& text,
                              std::vector<FileTrouble>& troubles) {
    const GuardedFile rule{.what = "a file that `ingest-host keys new` made",
                           .bytes_max = file_bytes_max,
                           .rights = GuardedFile::Rights::only_owner_writes};
    if (auto trouble = read_guarded(file, rule, text)) {
        troubles.push_back(std::move(*trouble));
        return {};
    }
    return parse_keys(text, troubles);
}

}  // namespace ingest::access
