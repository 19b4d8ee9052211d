#include <algorithm>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <optional>

#include "access/api_key.h"
#include "app/commands.h"
#include "app/config/config.h"
#include "base/time_text.h"
#include "decode/timestamp.h"

namespace ingest::app {
namespace {

using access::ApiKey;

// What becomes of a change where the file is not the one that the host has.
constexpr std::string_view copies =
    "one that has a copy of it (systemd's LoadCredential=) when it is restarted.";

constexpr std::int64_t day_us = std::int64_t{24} * 3600 * 1'000'000;

int fail(const std::string& message, int status = 1) {
    std::cerr << "ingest-host: " << message << '\n';
    return status;
}

// A time, or days from now; nothing for other texts.
std::optional<std::int64_t> time_of(const std::string& text, std::int64_t now) {
    if (text.ends_with('d')) {
        std::uint32_t days = 0;
        const char* end = text.data() + text.size() - 1;
        const auto read = std::from_chars(text.data(), end, days);
        if (read.ec != std::errc() || read.ptr != end || days > 36'500) return std::nullopt;
        return now + days * day_us;
    }
    return decode::parse_timestamp(text.size() == 10 ? text + "T00:00:00Z" : text);
}

// What the command line asks for; the digest is still to be made.
Result<ApiKey> asked_for(const Arguments& arguments, std::int64_t now) {
    ApiKey key;
    key.name = arguments.name;
    key.created_us = now / 1'000'000 * 1'000'000;
    if (!access::is_key_name(key.name)) {
        return Error{"the name does not fit; give 1..64 of A-Z, a-z, 0-9, '.', '_' and '-'"};
    }
    for (const std::string& word : arguments.scopes) {
        const auto scope = access::scope_of(word);
        if (!scope) {
            return Error{"there is no scope " + config::quote(word) +
                         "; give ingest, read or admin"};
        }
        key.grant.scopes.add(*scope);
    }
    for (const std::string& prefix : arguments.prefixes) {
        if (!access::is_prefix(prefix)) {
            return Error{"--prefix takes 1..64 visible ASCII characters without a comma, not " +
                         config::quote(prefix)};
        }
        key.grant.prefixes.push_back(prefix);
    }
    if (key.grant.prefixes.size() > access::prefixes_max) {
        return Error{"a key may have up to 100 prefixes"};
    }
    if (arguments.expires.empty()) return key;
    key.expires_us = time_of(arguments.expires, now);
    if (!key.expires_us || *key.expires_us <= now) {
        return Error{"--expires takes a time to come, as 2027-01-31, 2027-01-31T12:00:00Z or 90d, "
                     "not " + config::quote(arguments.expires)};
    }
    return key;
}

int make_new(const Arguments& arguments, const std::filesystem::path& file) {
    auto key = asked_for(arguments, now_us());
    if (!key) return fail(key.error().message, 2);
    const auto text = access::make_key();
    if (!text) return fail(text.error().message);
    key->digest = access::sha256(*text);
    const auto changed = access::change_keys(file, [&](std::vector<ApiKey>& keys) -> Result<void> {
        if (std::ranges::find(keys, key->name, &ApiKey::name) != keys.end()) {
            return Error{"there is a key " + config::quote(key->name) +
                         " already; revoke it, or give another name"};
        }
        if (keys.size() >= access::keys_max) {
            return Error{"there are 10000 keys already; revoke some"};
        }
        keys.push_back(*key);
        return {};
    });
    if (!changed) return fail(changed.error().message);
    std::cout << *text << '\n' << std::flush;
    if (!std::cout) {
        return fail("the key could not be printed and is lost; revoke " + key->name);
    }
    std::cerr << "This is the key " << key->name << "; nobody can show it again. A host that "
              << "reads " << file.string() << " takes it within two seconds; " << copies << '\n';
    return 0;
}

int revoke(const Arguments& arguments, const std::filesystem::path& file) {
    const auto changed = access::change_keys(file, [&](std::vector<ApiKey>& keys) -> Result<void> {
        const auto taken = std::erase_if(
            keys, [&](const ApiKey& key) { return key.name == arguments.name; });
        if (taken == 0) return Error{"there is no key " + config::quote(arguments.name)};
        return {};
    });
    if (!changed) return fail(changed.error().message);
    std::cerr << "revoked; a host that reads " << file.string()
              << " refuses it within two seconds; " << copies << '\n';
    return 0;
}

int list(const std::filesystem::path& file) {
    std::string text;
    std::vector<FileTrouble> troubles;
    const auto keys = access::read_keys(file, text, troubles);
    for (const FileTrouble& trouble : troubles) {
        fail(file.string() + ": " + trouble.wrong + "; " + trouble.right);
    }
    if (!troubles.empty()) return 1;
    std::size_t width = 4;
    for (const ApiKey& key : keys) width = std::max(width, key.name.size());
    const auto row = [&](std::string_view name, std::string_view scopes, std::string_view created,
                         std::string_view expires, std::string_view prefixes) {
        std::cout << std::left << std::setw(static_cast<int>(width)) << name << "  "
                  << std::setw(17) << scopes << "  " << std::setw(20) << created << "  "
                  << std::setw(30) << expires << "  " << prefixes << '\n';
    };
    row("NAME", "SCOPES", "CREATED", "EXPIRES", "EQUIPMENT");
    for (const ApiKey& key : keys) {
        std::string prefixes;
        for (const std::string& prefix : key.grant.prefixes) {
            prefixes += (prefixes.empty() ? "" : ",") + prefix + "*";
        }
        const std::string expires =
            !key.expires_us ? "never"
                            : to_rfc3339(*key.expires_us) +
                                  (key.expired(now_us()) ? " (expired)" : "");
        row(key.name, key.grant.scopes.text(), to_rfc3339(key.created_us), expires,
            prefixes.empty() ? "all" : prefixes);
    }
    return std::cout.flush() ? 0 : fail("cannot write the output");
}

}  // namespace

int run_keys(const Arguments& arguments) {
    std::filesystem::path file = arguments.file;
    if (file.empty()) {
        const config::Loaded loaded = config::load(arguments.config);
        if (!loaded.diagnostics.empty()) {
            std::cerr << loaded.diagnostics.text();
            return 2;
        }
        const auto& auth = loaded.config.http.auth;
        if (!auth || auth->keys.path.empty()) {
            return fail(arguments.config.string() + " names no file of keys; add http.auth.keys, "
                        "or say --file FILE", 2);
        }
        file = auth->keys.path;
    }
    if (arguments.action == "new") return make_new(arguments, file);
    if (arguments.action == "revoke") return revoke(arguments, file);
    return list(file);
}

}  // namespace ingest::app
