#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What /api/v1/plugins tells: which plugins are loaded, and what the validators found. Plain
// values: `app` hands the http room a function that makes them. Counts are since the start.
namespace ingest::observe {

// A plugin as one entry of the configuration uses it.
struct LoadedPlugin {
    std::string name;  // of the validator or sink
    std::string plugin;
    std::string version;
    std::string description;
    std::uint32_t built_minor = 0;  // of the ABI
    std::string file;               // its path
    std::string sha256;             // of the bytes that run
    std::vector<std::string> options_set;  // their names; a value may be a secret
    std::size_t instances = 0;
};

struct IssueCount {
    std::string code;         // empty: those that are not listed
    std::string description;
    std::uint64_t rejections = 0;
    std::uint64_t warnings = 0;
};

struct LoadedValidator {
    LoadedPlugin loaded;
    bool shared_state = false;
    std::string_view on_error;       // "refuse" or "pass"
    std::vector<IssueCount> issues;  // in the manifest's order, then those that are not listed
    std::uint64_t failures = 0;      // calls that failed
    std::uint64_t misbehaviours = 0;
    std::uint64_t calls = 0;
    std::uint64_t readings = 0;  // that it was shown
    std::uint64_t nanoseconds = 0;

    // Not counted apart, so that they are the sums of `issues` in every answer.
    std::uint64_t rejections() const noexcept;
    std::uint64_t warnings() const noexcept;
};

struct LoadedSink {
    LoadedPlugin loaded;
    std::string_view ready;  // "optional" or "required"
    bool answers_queries = false;
};

struct Plugins {
    std::vector<LoadedValidator> validators;  // in the order in which they see a reading
    std::vector<LoadedSink> sinks;
};

inline std::uint64_t LoadedValidator::rejections() const noexcept {
    std::uint64_t sum = 0;
    for (const IssueCount& issue : issues) sum += issue.rejections;
    return sum;
}

inline std::uint64_t LoadedValidator::warnings() const noexcept {
    std::uint64_t sum = 0;
    for (const IssueCount& issue : issues) sum += issue.warnings;
    return sum;
}

}  // namespace ingest::observe
