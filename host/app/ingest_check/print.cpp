#include "app/ingest_check/print.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace ingest::app::ingest_check {
namespace {

using conformance::CheckResult;
using conformance::Verdict;

std::string_view word_of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok: return "ok";
        case Verdict::failed: return "FAILED";
        case Verdict::skipped: break;
    }
    return "skipped";
}

std::string padded(std::string_view word, std::size_t width) {
    std::string text(word);
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

std::ptrdiff_t count(const std::vector<CheckResult>& results, Verdict verdict) {
    return std::ranges::count_if(
        results, [&](const CheckResult& result) { return result.outcome.verdict == verdict; });
}

// Of the check that found it out; null when none did.
nlohmann::json fact(const std::vector<CheckResult>& results, const char* name) {
    for (const CheckResult& result : results) {
        const nlohmann::json& facts = result.outcome.facts;
        if (facts.is_object() && facts.contains(name)) return facts[name];
    }
    return nullptr;
}

}  // namespace

std::string line_of(const CheckResult& result) {
    std::string line = padded(word_of(result.outcome.verdict), 9) + padded(result.name, 24);
    if (result.outcome.verdict == Verdict::failed) line += result.about + ": ";
    line += result.outcome.said + '\n';
    if (!result.outcome.fix.empty()) {
        line += padded("", 9) + "what to do: " + result.outcome.fix + '\n';
    }
    return line;
}

std::string summary_of(const std::vector<CheckResult>& results) {
    return std::to_string(results.size()) + " checks: " +
           std::to_string(count(results, Verdict::ok)) + " ok, " +
           std::to_string(count(results, Verdict::failed)) + " failed, " +
           std::to_string(count(results, Verdict::skipped)) + " skipped\n";
}

std::string document_of(const std::filesystem::path& file,
                        const std::vector<CheckResult>& results) {
    using nlohmann::json;
    json checks = json::array();
    for (const CheckResult& result : results) {
        json check{{"name", result.name},
                   {"about", result.about},
                   {"result", result.outcome.verdict == Verdict::failed
                                  ? "failed"
                                  : word_of(result.outcome.verdict)},
                   {"said", result.outcome.said},
                   {"seconds", std::round(result.seconds * 1000) / 1000},
                   {"cpu_seconds", std::round(result.cpu_seconds * 1000) / 1000},
                   {"memory_bytes", result.memory_bytes}};
        if (!result.outcome.fix.empty()) check["fix"] = result.outcome.fix;
        checks.push_back(std::move(check));
    }
    const json document{{"plugin", file.stem().string()},
                        {"file", file.string()},
                        {"kind", fact(results, "kind")},
                        {"version", fact(results, "version")},
                        {"rows_per_second", fact(results, "rows_per_second")},
                        {"ok", count(results, Verdict::ok)},
                        {"failed", count(results, Verdict::failed)},
                        {"skipped", count(results, Verdict::skipped)},
                        {"checks", std::move(checks)}};
    return document.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

bool any_failed(const std::vector<CheckResult>& results) {
    return count(results, Verdict::failed) != 0;
}

}  // namespace ingest::app::ingest_check
