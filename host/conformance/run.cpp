#include "conformance/run.h"

#include <algorithm>
#include <cstring>

#include "base/json_text.h"
#include "conformance/child.h"
#include "conformance/patience.h"

namespace ingest::conformance {
namespace {

using nlohmann::json;

constexpr std::size_t shown_bytes_max = 300;

std::string encode(const Outcome& outcome) {
    const json document{{"verdict", static_cast<int>(outcome.verdict)},
                        {"said", outcome.said},
                        {"fix", outcome.fix},
                        {"blocks", outcome.blocks},
                        {"facts", outcome.facts}};
    // Texts of plugins may hold any bytes.
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string on_one_line(std::string_view text) {
    std::string line;
    append_json_escaped(line, text.substr(0, shown_bytes_max));
    return line;
}

std::string where(const ChildEnd& end) {
    const std::string doing = end.doing.empty() ? "" : " in " + end.doing;
    return doing + (end.fault.empty() ? "" : ": " + end.fault);
}

std::string fix_of_crash(std::string_view fault) {
    if (fault.starts_with("it wrote to")) {
        return "never write into what was lent: change cells by the report's set_ functions, and "
               "copy the rest";
    }
    if (fault.starts_with("it read") || fault.starts_with("it wrote")) {
        return "keep to the batch's length, to the sizes that come with texts and to struct_size, "
               "and keep no pointer beyond the call";
    }
    if (fault.starts_with("the stack")) {
        return "put what grows with the rows on the heap, and bound recursion";
    }
    return "run it in a debugger or with the sanitizers; a crash of a plugin ends the host";
}

// What became of a check whose child did not return.
Outcome broken_off(const ChildEnd& end, std::chrono::seconds limit) {
    switch (end.how) {
        case ChildEnd::How::killed: {
            const char* name = ::sigabbrev_np(end.number);
            std::string said = "it was killed by " +
                               (name == nullptr ? std::to_string(end.number)
                                                : "SIG" + std::string(name)) + where(end);
            if (!end.printed.empty()) said += "; its last words: " + on_one_line(end.printed);
            return failed(std::move(said), fix_of_crash(end.fault));
        }
        case ChildEnd::How::exited:
            return failed("it ended the process with status " + std::to_string(end.number) +
                              where(end) +
                              (end.printed.empty() ? "" : ": " + on_one_line(end.printed)),
                          "never call exit, _exit or quick_exit: return a code");
        case ChildEnd::How::timed_out:
            return failed("it was not finished in " + std::to_string(limit.count()) + " s" +
                              where(end),
                          "a call must return: bound every wait by the deadline that it gets, and "
                          "never wait in calls that get none");
        case ChildEnd::How::not_started:
            return failed("no process could be started: " + std::string(strerror(end.number)),
                          "this says nothing of the plugin; free some memory and try again");
        case ChildEnd::How::returned: break;
    }
    return failed("the child's report could not be read",
                  "the plugin wrote to a descriptor that is not its own");
}

Outcome decode(const ChildEnd& end, std::chrono::seconds limit) {
    const json document = json::parse(end.result, nullptr, false);
    if (end.how != ChildEnd::How::returned || !document.is_object()) return broken_off(end, limit);
    Outcome outcome{static_cast<Verdict>(document["verdict"].get<int>()),
                    document["said"].get<std::string>(), document["fix"].get<std::string>(),
                    document["blocks"].get<bool>(), document["facts"]};
    return outcome;
}

class Run {
public:
    explicit Run(const Request& request) : request_(request) {
        subject_.file = request.file;
        subject_.id = request.file.stem().string();
    }

    Result<std::vector<CheckResult>> all() {
        for (const Check& check : all_checks()) {
            if (!applies(check.scope)) continue;
            const std::string blocker = blocker_of(check);
            if (blocker.empty()) {
                if (auto made = make(check); !made) return made.error();
            } else {
                add({std::string(check.name), std::string(check.about),
                     skipped("needs `" + blocker + "`")});
            }
        }
        add_output();
        return std::move(results_);
    }

private:
    bool applies(Scope scope) const {
        switch (scope) {
            case Scope::validator: return known_ && !subject_.is_sink();
            case Scope::sink: return known_ && subject_.is_sink();
            case Scope::query: return known_ && subject_.answers_queries;
            case Scope::any: break;
        }
        return true;
    }

    std::string blocker_of(const Check& check) const {
        const std::string after = " " + std::string(check.after) + " ";
        const auto names = [&](const std::string& name) {
            return after.find(" " + name + " ") != std::string::npos;
        };
        for (const CheckResult& result : results_) {
            const bool failed = result.outcome.verdict == Verdict::failed;
            if (names(result.name) && result.outcome.blocks) return result.name;
            if (names("!" + result.name) && failed) return result.name;
        }
        return {};
    }

    Result<void> make(const Check& check) {
        const auto limit = check.limit * patience;
        const ChildEnd end =
            run_in_child(limit, [&] { return encode(check.run(subject_)); });
        CheckResult result{std::string(check.name), std::string(check.about), decode(end, limit),
                      end.seconds, end.cpu_seconds, end.memory_bytes};
        // A sanitizer's report and the like belong to the crash.
        if (end.how == ChildEnd::How::returned && !end.printed.empty() && printed_.empty()) {
            printed_ = "during `" + result.name + "`: " + on_one_line(end.printed);
        }
        const json facts = result.outcome.facts;
        add(std::move(result));
        return facts.is_object() && facts.contains("manifest") ? know(facts)
                                                               : Result<void>();
    }

    // What the plugin is, from the child that asked it.
    Result<void> know(const json& facts) {
        auto manifest = plugin::parse_manifest(facts["manifest"].get<std::string>());
        if (!manifest) return manifest.error();
        subject_.manifest = std::move(*manifest);
        subject_.answers_queries = facts.value("query", false);
        known_ = true;
        subject_.options_given = request_.options.given;
        for (const json& option : subject_.manifest.options) {
            const bool missing = option.value("required", false) && !option.contains("default");
            if (request_.options.given || !missing) continue;
            subject_.options_missing += (subject_.options_missing.empty() ? "" : ", ") +
                                        option["name"].get<std::string>();
        }
        if (!subject_.options_missing.empty()) return {};
        auto options = request_.options.json(subject_.manifest);
        if (!options) return options.error();
        subject_.options_json = std::move(*options);
        return {};
    }

    void add_output() {
        CheckResult result{"output", "writes nothing to standard output or error",
                      passed("nothing was written")};
        if (!printed_.empty()) {
            result.outcome = failed(printed_,
                                    "write to the log through ingest_host.log: standard output "
                                    "is the host's own log");
        }
        add(std::move(result));
    }

    void add(CheckResult result) {
        results_.push_back(std::move(result));
        if (request_.tell) request_.tell(results_.back());
    }

    const Request& request_;
    Subject subject_;
    bool known_ = false;
    std::string printed_;
    std::vector<CheckResult> results_;
};

}  // namespace

Outcome passed(std::string said) { return {Verdict::ok, std::move(said)}; }

Outcome failed(std::string said, std::string fix) {
    return {Verdict::failed, std::move(said), std::move(fix), true};
}

Outcome skipped(std::string why, bool blocks) {
    return {Verdict::skipped, std::move(why), {}, blocks};
}

Result<std::vector<CheckResult>> run_checks(const Request& request) {
    return Run(request).all();
}

}  // namespace ingest::conformance
