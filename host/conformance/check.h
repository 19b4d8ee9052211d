#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "plugin/manifest.h"

namespace ingest::conformance {

// The plugin under test, as far as earlier checks found out. The parent never loads it.
struct Subject {
    std::filesystem::path file;
    std::string id;  // the file's name without .so
    // From here on: known once the check `interfaces` has passed.
    plugin::Manifest manifest = {};
    bool answers_queries = false;
    std::string options_json = "{}";  // for `create`, defaults filled in
    bool options_given = false;
    // Required options that have no value, with commas; empty: `create` may be tried.
    std::string options_missing = {};

    bool is_sink() const noexcept { return manifest.kind == plugin::Kind::sink; }
};

enum class Verdict { ok, failed, skipped };

// What a check came to.
struct Outcome {
    Verdict verdict = Verdict::ok;
    std::string said = {};  // what was found; for Verdict::skipped, why
    std::string fix = {};   // of a failure: what to do
    // Checks that come after this one cannot be made.
    bool blocks = false;
    nlohmann::json facts = nullptr;  // for those who come after, and for machines

    bool ok() const noexcept { return verdict == Verdict::ok; }
};
Outcome passed(std::string said);
Outcome failed(std::string said, std::string fix);
// `blocks`: so are the checks that need this one.
Outcome skipped(std::string why, bool blocks = true);

enum class Scope { any, validator, sink, query };

struct Check {
    std::string_view name;
    std::string_view about;  // what must hold
    // Names of checks that must have passed, with blanks between them; those with a '!' in front
    // may have been skipped.
    std::string_view after;
    Scope scope = Scope::any;
    Outcome (*run)(const Subject& subject);  // in a child process of its own
    std::chrono::seconds limit{30};
};

// All of them, in the order in which they are made.
std::span<const Check> all_checks();

}  // namespace ingest::conformance
