#include <algorithm>
#include <csignal>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

#include "app/commands.h"
#include "app/plan.h"
#include "app/reading_json.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "deliver/dead_letter_office.h"
#include "deliver/replay.h"

namespace ingest::app {
namespace {

using deliver::DeadLetter;
using deliver::DeadLetterOffice;
using deliver::LetterId;
using deliver::ReplayedLetter;

// How many letters are dropped together: they are held as text until they are settled.
constexpr std::size_t drop_letters_max = 1000;

std::string counted(std::uint64_t letters) {
    return std::to_string(letters) + (letters == 1 ? " dead letter" : " dead letters");
}

std::string one_line(std::string_view text) {
    std::string line;
    append_json_escaped(line, text);
    return line;
}

// The longest of a kind makes the width, but for names of sinks, which are short in general.
std::string table_row(std::string_view sink, std::string_view sequence, std::string_view time,
                      std::string_view reading_id, std::string_view reason) {
    std::ostringstream row;
    row << std::left << std::setw(10) << sink << "  " << std::right << std::setw(12) << sequence
        << "  " << std::left << std::setw(27) << time << "  " << std::setw(36) << reading_id << "  "
        << reason << '\n';
    return std::move(row).str();
}

void complain(const std::string& message) { std::cerr << "ingest-host: " << message << '\n'; }

std::string letter_json(const std::string& sink, const DeadLetter& letter,
                        const model::Batch& reading) {
    std::string out = "{\"sink\":";
    append_json_string(out, sink);
    out += ",\"sequence\":" + std::to_string(letter.sequence) + ",\"time\":\"";
    append_rfc3339(out, letter.time_us);
    out += "\",\"reason\":";
    append_json_string(out, letter.reason);
    out += ",\"reading\":";
    append_reading(out, reading, 0, deliver::reading_columns(reading.schema()));
    out += "}\n";
    return out;
}

// Nothing is settled of which the operator was told nothing.
Result<void> print(const std::string& text) {
    std::cout << text << std::flush;
    if (!std::cout) return Error{"cannot write the output"};
    return {};
}

// One of the three actions on the letters of one sink after the other. Lives as long as the
// command; main thread.
class DeadLettersCommand {
public:
    DeadLettersCommand(const Arguments& arguments, const config::Config& config)
        : arguments_(arguments), config_(config), wanted_(arguments.ids.begin(),
                                                          arguments.ids.end()) {}

    Result<void> list();
    Result<void> drop();
    Result<void> replay(const Plan& plan);

    // Something stayed that should not have, though nothing failed.
    bool incomplete() const noexcept { return incomplete_; }

private:
    Result<std::vector<std::string>> sinks() const;
    DeadLetterOffice office(const std::string& sink) const {
        return {config_.spool.dir, sink, spool::posix_files()};
    }
    Result<std::uint64_t> visit(const DeadLetterOffice& office,
                                const deliver::LetterVisitor& visit);
    Result<void> lock_all(const std::vector<std::string>& sinks);
    bool is_wanted(const model::Batch& reading) const {
        return arguments_.all ||
               wanted_.contains(to_text(reading.uuid(model::column_reading_id, 0)));
    }
    Result<std::uint64_t> drop_of(const std::string& sink, DeadLetterOffice& office);
    Result<void> replay_of(const PlannedSink& sink, const Plan& plan, DeadLetterOffice& office);
    void note_left_out(const model::Schema& letters, const model::Schema& today);

    const Arguments& arguments_;
    const config::Config& config_;
    const std::set<std::string> wanted_;
    std::vector<std::pair<std::string, std::unique_ptr<DeadLetterOffice>>> offices_;  // locked
    std::set<std::string> left_out_;  // fields that the configuration does not have any more
    bool incomplete_ = false;
};

// Those with letters, or the one that was named.
Result<std::vector<std::string>> DeadLettersCommand::sinks() const {
    auto found = DeadLetterOffice::sinks(config_.spool.dir, spool::posix_files());
    if (!found || arguments_.sink.empty()) return found;
    std::set<std::string> known(found->begin(), found->end());
    for (const config::Sink& sink : config_.sinks) known.insert(sink.name);
    if (known.contains(arguments_.sink)) return std::vector<std::string>{arguments_.sink};
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    return Error{"there is no sink " + config::quote(arguments_.sink) + "; there are " + names};
}

// How many letters there are. Tells what could not be read.
Result<std::uint64_t> DeadLettersCommand::visit(const DeadLetterOffice& office,
                                                const deliver::LetterVisitor& visit) {
    std::uint64_t letters = 0;
    const auto trouble =
        office.for_each([&](const DeadLetter& letter, const model::Batch& reading) {
            ++letters;
            return visit(letter, reading);
        });
    if (!trouble) return trouble.error();
    incomplete_ = incomplete_ || !trouble->closed.empty();
    for (const std::string& file : trouble->closed) complain(file);
    for (const std::string& file : trouble->damaged) {
        complain(file + ", torn or damaged; the host may also be writing there");
    }
    return letters;
}

Result<void> DeadLettersCommand::list() {
    const auto names = sinks();
    if (!names) return names.error();
    std::uint64_t all = 0;
    bool header = true;
    for (const std::string& sink : *names) {
        const auto letters = visit(office(sink), [&](const DeadLetter& letter,
                                                     const model::Batch& reading) {
            std::string text;
            if (arguments_.json) {
                text = letter_json(sink, letter, reading);
            } else {
                if (header) text = table_row("SINK", "SEQUENCE", "TIME", "READING ID", "REASON");
                header = false;
                text += table_row(sink, std::to_string(letter.sequence),
                                  to_rfc3339(letter.time_us),
                                  to_text(reading.uuid(model::column_reading_id, 0)),
                                  one_line(letter.reason)) + "    ";
                append_reading(text, reading, 0, deliver::reading_columns(reading.schema()));
                text += '\n';
            }
            std::cout << text;
            return std::cout.good();
        });
        if (!letters) return letters.error();
        all += *letters;
    }
    if (auto printed = print(""); !printed) return printed;
    std::cerr << counted(all) << '\n';
    return {};
}

// The offices of these sinks, locked, and every reading that was asked for is there: else nothing
// is done at all.
Result<void> DeadLettersCommand::lock_all(const std::vector<std::string>& sinks) {
    std::set<std::string> missing = wanted_;
    const auto with_letters = DeadLetterOffice::sinks(config_.spool.dir, spool::posix_files());
    if (!with_letters) return with_letters.error();
    for (const std::string& sink : sinks) {
        if (std::ranges::count(*with_letters, sink) == 0) continue;
        offices_.emplace_back(sink, std::make_unique<DeadLetterOffice>(office(sink)));
        DeadLetterOffice& opened = *offices_.back().second;
        if (auto locked = opened.lock(); !locked) return locked;
        if (missing.empty()) continue;
        const auto looked = visit(opened, [&](const DeadLetter&, const model::Batch& one) {
            missing.erase(to_text(one.uuid(model::column_reading_id, 0)));
            return !missing.empty();
        });
        if (!looked) return looked.error();
    }
    if (missing.empty()) return {};
    return Error{"there is no dead letter with the reading id " + config::quote(*missing.begin()) +
                 (arguments_.sink.empty() ? "" : " of the sink " + arguments_.sink) +
                 "; nothing was done. ingest-host dead-letters ls shows those there are"};
}

Result<std::uint64_t> DeadLettersCommand::drop_of(const std::string& sink,
                                                  DeadLetterOffice& office) {
    std::uint64_t dropped = 0;
    std::string text;
    std::vector<LetterId> letters;
    const auto settle = [&]() -> Result<void> {
        if (auto printed = print(text); !printed) return printed;
        const deliver::Settlement settlement{deliver::Outcome::dropped, now_us()};
        if (auto settled = office.settle(letters, settlement); !settled) return settled;
        dropped += letters.size();
        text.clear();
        letters.clear();
        return {};
    };
    Result<void> done;
    const auto seen = visit(office, [&](const DeadLetter& letter, const model::Batch& reading) {
        if (!is_wanted(reading)) return true;
        text += letter_json(sink, letter, reading);
        letters.push_back(deliver::id_of(letter, reading));
        if (letters.size() == drop_letters_max) done = settle();
        return done.has_value();
    });
    if (!seen) return seen.error();
    if (done && !letters.empty()) done = settle();
    if (!done) return done.error();
    return dropped;
}

Result<void> DeadLettersCommand::drop() {
    const auto names = sinks();
    if (!names) return names.error();
    if (auto locked = lock_all(*names); !locked) return locked;
    std::uint64_t all = 0;
    for (const auto& [sink, office] : offices_) {
        const auto dropped = drop_of(sink, *office);
        if (!dropped) return Error{"after " + counted(all) + ": " + dropped.error().message};
        all += *dropped;
        if (const auto swept = office->sweep(); !swept) return swept.error();
    }
    std::cerr << counted(all) << " dropped\n";
    return {};
}

void DeadLettersCommand::note_left_out(const model::Schema& letters, const model::Schema& today) {
    for (std::size_t i = 0; i < deliver::reading_columns(letters); ++i) {
        const auto column = today.find(letters[i].name);
        if (!column || today[*column].type != letters[i].type) left_out_.insert(letters[i].name);
    }
}

Result<void> DeadLettersCommand::replay_of(const PlannedSink& sink, const Plan& plan,
                                           DeadLetterOffice& office) {
    const std::string& name = sink.config->name;
    plugin::Answer failure;
    const auto instance =
        plugin::Sink::create(*sink.library, sink.options_json, *plan.schema, failure);
    if (!instance) return Error{failure.message};

    std::uint64_t stored = 0;
    std::uint64_t refused = 0;
    std::vector<ReplayedLetter> letters;
    deliver::Replay replay(*instance, sink.config->write_timeout, {
        .stored = [&](std::span<const ReplayedLetter> part) {
            std::vector<LetterId> ids;
            for (const ReplayedLetter& letter : part) ids.push_back(letter.id);
            stored += part.size();
            return office.settle(ids, {deliver::Outcome::replayed, now_us()});
        },
        .refused = [&](const ReplayedLetter& letter, const std::string& reason) {
            ++refused;
            std::cout << name << "  " << letter.id.sequence << "  "
                      << to_text(letter.id.reading_id) << "  stays: " << one_line(reason) << '\n';
        }});
    Result<void> done;
    const auto seen = visit(office, [&](const DeadLetter& letter, const model::Batch& reading) {
        if (!is_wanted(reading)) return true;
        note_left_out(reading.schema(), *plan.schema);
        model::Batch today(*plan.schema);
        today.append_adapted(reading);
        letters.push_back({deliver::id_of(letter, reading),
                           std::make_shared<const model::Batch>(std::move(today))});
        if (letters.size() == sink.config->batch_rows_max) {
            done = replay.write(letters);
            letters.clear();
        }
        return done.has_value();
    });
    if (seen && done) done = replay.write(letters);
    std::cout << std::flush;
    const auto deadline = std::chrono::steady_clock::now() + sink.config->write_timeout;
    if (const auto flushed = instance->flush(monotonic_ns(deadline)); !flushed.ok()) {
        complain(name + " could not flush at its end: " + flushed.message);
    }
    std::cerr << name << ": " << counted(stored) << " replayed, " << refused << " stay\n";
    if (refused > 0) incomplete_ = true;
    if (!seen) return seen.error();
    if (!done) return Error{"the replay to " + name + " stopped: " + done.error().message};
    const auto swept = office.sweep();
    if (!swept) return swept.error();
    return {};
}

Result<void> DeadLettersCommand::replay(const Plan& plan) {
    const auto names = sinks();
    if (!names) return names.error();
    for (const std::string& name : *names) {
        if (std::ranges::none_of(plan.sinks,
                                 [&](const auto& sink) { return sink.config->name == name; })) {
            return Error{"the sink " + config::quote(name) + " is not configured, so nothing can "
                         "be written to it; name another with --sink, or drop its letters"};
        }
    }
    if (auto locked = lock_all(*names); !locked) return locked;
    if (offices_.empty()) std::cerr << "no dead letters\n";
    Result<void> result;
    for (const auto& [name, office] : offices_) {
        const auto sink = std::ranges::find(plan.sinks, name, [](const PlannedSink& planned) {
            return planned.config->name;
        });
        // One that is down does not keep the others from theirs.
        const auto done = replay_of(*sink, plan, *office);
        if (!done && result) result = done.error();
    }
    for (const std::string& field : left_out_) {
        complain("the field " + config::quote(field) +
                 " of some letters was left out: the configuration does not have it");
    }
    return result;
}

int refuse(const config::Diagnostics& diagnostics) {
    std::cerr << diagnostics.text();
    return 2;
}

}  // namespace

// Works on the letters' files beside a host that may run; see DeadLetterOffice.
int run_dead_letters(const Arguments& arguments) {
    std::signal(SIGPIPE, SIG_IGN);  // sinks must not die of a connection, nor we of our reader
    config::Loaded loaded = config::load(arguments.config);
    if (!loaded.diagnostics.empty()) return refuse(loaded.diagnostics);
    // Standard output is the answer's. What a plugin says of an error is in its answer to us.
    log::Options quiet;
    quiet.level = log::Level::error;
    quiet.format = log::Format::text;
    log::configure(quiet);

    DeadLettersCommand command(arguments, loaded.config);
    Result<void> done;
    if (arguments.action == "replay") {
        PluginSet plugins(plugin_dirs(loaded.config.plugin_dirs));
        const Plan plan = make_plan(loaded.config, plugins, loaded.diagnostics);
        if (!loaded.diagnostics.empty()) return refuse(loaded.diagnostics);
        done = command.replay(plan);
    } else {
        done = arguments.action == "drop" ? command.drop() : command.list();
    }
    if (!done) complain(done.error().message);
    return done && !command.incomplete() ? 0 : 1;
}

}  // namespace ingest::app
