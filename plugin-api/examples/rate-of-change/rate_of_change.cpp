#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ingest/sdk/validator.hpp>

#include "memory.hpp"

using namespace ingest::sdk;

namespace {

using Seconds = std::chrono::duration<double>;

struct Watched {
    Typed<double> column;
    std::optional<double> per_minute_max;
    std::optional<Seconds> same_max;
};

std::string to_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

Watched read_watched(const Options& options, const std::string& name, Schema schema) {
    const std::string place = "/columns" + Options::member(name);
    const Options limits = options.at(place);
    Watched watched{schema.column<double>(name, place), limits.find<double>("/per_minute_max"),
                    std::nullopt};
    if (const auto seconds = limits.find<double>("/same_max_s")) watched.same_max.emplace(*seconds);
    if (!watched.per_minute_max && !watched.same_max) {
        throw limits.wrong("", "must have per_minute_max, same_max_s or both");
    }
    if (watched.per_minute_max && *watched.per_minute_max <= 0) {
        throw limits.wrong("/per_minute_max", "must be above 0");
    }
    if (watched.same_max && watched.same_max->count() <= 0) {
        throw limits.wrong("/same_max_s", "must be above 0");
    }
    return watched;
}

int64_t read_limit(const Options& options) {
    const auto limit = options.get<int64_t>("/equipments_max", 10'000);
    if (limit < 1) throw options.wrong("/equipments_max", "must be at least 1");
    return limit;
}

}  // namespace

// One instance for all cores ("shared_state"), because an equipment's readings come by any of them;
// the host calls it by one thread at a time.
class RateOfChange {
public:
    RateOfChange(Host, const Options& options, Schema schema)
        : rejects_(options.get<std::string>("/then", "warn") == "reject"),
          memory_(static_cast<size_t>(read_limit(options))) {
        for (const std::string& name : options.names("/columns")) {
            watched_.push_back(read_watched(options, name, schema));
        }
        if (watched_.empty()) throw options.wrong("/columns", "must name at least one column");
    }

    void check(Batch batch, Report report) {
        // A batch on trial is judged as always, its later readings by its earlier ones too, but in
        // a scratch memory that is thrown away.
        std::unordered_map<std::string_view, History> scratch;
        for (int64_t row = 0; row < batch.rows(); ++row) {
            if (batch.refused(row)) continue;
            const auto id = batch.get(columns::equipment_id, row);
            const auto when = batch.get(columns::timestamp, row);
            if (!id || !when) continue;
            History history = history_of(*id, scratch);
            // What is refused is not remembered: one spike does not make its successors suspect.
            if (!sound(batch, row, *when, history, report)) continue;
            if (batch.trial()) {
                scratch.insert_or_assign(*id, std::move(history));
            } else {
                memory_.keep(*id, history);
            }
        }
    }

private:
    History history_of(std::string_view id,
                       const std::unordered_map<std::string_view, History>& scratch) const {
        if (const auto found = scratch.find(id); found != scratch.end()) return found->second;
        const History* known = memory_.find(id);
        return known != nullptr ? *known : History(watched_.size());
    }

    // Tells what is suspicious, and brings `history` up to date. False: the reading was refused.
    bool sound(Batch batch, int64_t row, Time when, History& history, Report& report) const {
        bool refused = false;
        for (size_t i = 0; i < watched_.size(); ++i) {
            const auto value = batch.get(watched_[i].column, row);
            Seen& seen = history[i];
            // Late and repeated readings say nothing about change.
            if (!value || (seen.any && when <= seen.when)) continue;
            const bool same = seen.any && seen.value == *value;
            const Time since = same ? seen.same_since : when;
            if (seen.any && judge(watched_[i], seen, *value, when, row, report)) refused = rejects_;
            seen = {true, when, *value, since};
        }
        return !refused;
    }

    // Whether there was a finding.
    bool judge(const Watched& watched, const Seen& seen, double value, Time when, int64_t row,
               Report& report) const {
        const double change = std::abs(value - seen.value);
        const Seconds took = when - seen.when;
        if (watched.per_minute_max && change > *watched.per_minute_max * took.count() / 60) {
            tell(report, row, watched.column, "too_fast",
                 "changed by " + to_text(change) + " in " + to_text(took.count()) +
                     " s; must change by at most " + to_text(*watched.per_minute_max) +
                     " a minute");
            return true;
        }
        const Seconds unchanged = when - seen.same_since;
        if (watched.same_max && value == seen.value && unchanged > *watched.same_max) {
            tell(report, row, watched.column, "stuck",
                 "has been " + to_text(value) + " for " + to_text(unchanged.count()) +
                     " s; must change within " + to_text(watched.same_max->count()) + " s");
            return true;
        }
        return false;
    }

    void tell(Report& report, int64_t row, At at, std::string_view code,
              const std::string& message) const {
        if (rejects_) {
            report.reject(row, at, code, message);
        } else {
            report.warn(row, at, code, message);
        }
    }

    bool rejects_;
    std::vector<Watched> watched_;
    Memory memory_;
};

INGEST_VALIDATOR(RateOfChange, "rate-of-change", "1.0.0",
                 "Finds sensors that jump and sensors that are stuck, per equipment", R"json({
  "kind": "validator",
  "shared_state": true,
  "options": [
    { "name": "columns", "type": "object", "required": true, "description": "what to watch",
      "options": [ { "name": "*", "type": "object", "description": "limits of this column",
        "options": [
          { "name": "per_minute_max", "type": "number",
            "description": "greatest change in a minute, between two readings of an equipment" },
          { "name": "same_max_s", "type": "number",
            "description": "seconds for which the value may stay exactly the same" } ] } ] },
    { "name": "then", "type": "string", "default": "warn", "enum": ["warn", "reject"],
      "description": "keep such readings and tell, or refuse them" },
    { "name": "equipments_max", "type": "integer", "default": 10000, "minimum": 1,
      "maximum": 10000000,
      "description": "equipments to remember; beyond, the one silent for longest is forgotten" } ],
  "reads": ["*"],
  "writes": [],
  "issues": [
    { "code": "too_fast", "description": "the value changed faster than per_minute_max" },
    { "code": "stuck", "description": "the value has been the same for longer than same_max_s" } ]
})json");
