#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/plan.h"
#include "app/spool_export.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "spool/inspect.h"
#include "spool/inspect_check.h"

namespace ingest::app {
namespace {

using nlohmann::ordered_json;
using spool::Inventory;
using spool::ListedSegment;

void print(const ordered_json& document) {
    // File names may be any bytes.
    std::cout << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

std::string one_line(std::string_view text) {
    std::string line;
    append_json_escaped(line, text);
    return line;
}

int fail(const spool::FileError& error) {
    std::cerr << "ingest-host: " << error.error().message << '\n';
    return 1;
}

std::string state_of(const spool::StoredSegment& segment) {
    if (!segment.head) return "damaged head";
    if (segment.readable()) return "";
    return "format version " + std::to_string(segment.head->version);
}

std::string text_of(const spool::Range& readings) {
    if (readings.first >= readings.end) return "none";
    return std::to_string(readings.first) + ".." + std::to_string(readings.end - 1);
}

ordered_json files_json(const std::vector<spool::StoredSegment>& segments) {
    ordered_json list = ordered_json::array();
    for (const auto& one : segments) list.push_back({{"file", one.name}, {"bytes", one.bytes}});
    return list;
}

ordered_json listing_json(const Inventory& inventory, const std::vector<ListedSegment>& listed) {
    ordered_json segments = ordered_json::array();
    for (const ListedSegment& one : listed) {
        const std::string state = state_of(*one.segment);
        ordered_json created;
        if (state.empty()) created = to_rfc3339(one.segment->head->created_us);
        segments.push_back({{"file", one.segment->name},
                            {"first", one.readings.first},
                            {"end", one.readings.end},
                            {"bytes", one.segment->bytes},
                            {"used_bytes", one.used_bytes},
                            {"created", created},
                            {"state", state.empty() ? "ok" : state},
                            {"other_fields", one.other_fields}});
    }
    ordered_json cursors = ordered_json::array();
    for (const spool::StoredCursor& cursor : inventory.cursors) {
        ordered_json position;
        if (cursor.content) position = cursor.content->position;
        const std::uint64_t from = cursor.content ? cursor.content->position : 0;
        cursors.push_back({{"sink", cursor.sink},
                           {"file", cursor.name},
                           {"position", position},
                           {"waiting", spool::readings_beyond(listed, from)}});
    }
    ordered_json quarantine = files_json(inventory.put_aside);
    for (const spool::StoredFile& one : inventory.other_damage) {
        quarantine.push_back({{"file", one.name}, {"bytes", one.bytes}});
    }
    return {{"dir", inventory.dir.string()},
            {"segments", segments},
            {"cursors", cursors},
            {"spare_bytes", inventory.spare_bytes.value_or(0)},
            {"quarantine", quarantine},
            {"dead_letters", files_json(inventory.letters)},
            {"foreign", inventory.foreign}};
}

void print_listing(const Inventory& inventory, const std::vector<ListedSegment>& listed) {
    std::cout << inventory.dir.string() << ": segments " << listed.size() << ", readings "
              << spool::readings_beyond(listed, 0) << '\n';
    for (const ListedSegment& one : listed) {
        const std::string state = state_of(*one.segment);
        std::cout << "  " << one.segment->name << "  " << std::setw(24) << std::left
                  << text_of(one.readings) << std::setw(10) << std::right << one.used_bytes
                  << " of " << one.segment->bytes << " bytes  "
                  << (state.empty() ? to_rfc3339(one.segment->head->created_us) : state)
                  << (one.other_fields ? "  other fields than before" : "") << '\n';
    }
    for (const spool::StoredCursor& cursor : inventory.cursors) {
        const std::uint64_t from = cursor.content ? cursor.content->position : 0;
        std::cout << "  " << cursor.name << "  "
                  << (cursor.content ? "at " + std::to_string(from) : "damaged") << "  "
                  << spool::readings_beyond(listed, from) << " readings wait\n";
    }
    const auto file = [](const std::string& name, std::uint64_t bytes) {
        std::cout << "  " << one_line(name) << "  " << bytes << " bytes\n";
    };
    if (inventory.spare_bytes) file("spare.log", *inventory.spare_bytes);
    for (const auto& one : inventory.put_aside) file(one.name, one.bytes);
    for (const auto& one : inventory.other_damage) file(one.name, one.bytes);
    for (const auto& one : inventory.letters) file(one.name, one.bytes);
    for (const auto& name : inventory.foreign) {
        std::cout << "  " << one_line(name) << "  no file of a spool\n";
    }
}

int list(const Inventory& inventory, bool as_json) {
    const auto listed = spool::list_segments(spool::posix_files(), inventory);
    if (!listed) return fail(listed.error());
    if (as_json) {
        print(listing_json(inventory, *listed));
    } else {
        print_listing(inventory, *listed);
    }
    return 0;
}

void print_remark(const spool::Remark& remark) {
    std::cout << (remark.damage ? "damage " : "note   ") << one_line(remark.file) << ": ";
    if (remark.bytes > 0 || remark.offset > 0) {
        std::cout << "offset " << remark.offset << ", " << remark.bytes << " bytes, ";
    }
    if (remark.readings.first < remark.readings.end) {
        std::cout << "readings " << text_of(remark.readings) << " ("
                  << remark.readings.end - remark.readings.first << "), ";
    }
    std::cout << remark.what << "; " << remark.advice << '\n';
}

ordered_json report_json(const spool::CheckReport& report) {
    ordered_json remarks = ordered_json::array();
    for (const spool::Remark& one : report.remarks) {
        remarks.push_back({{"file", one.file},
                           {"offset", one.offset},
                           {"bytes", one.bytes},
                           {"first", one.readings.first},
                           {"end", one.readings.end},
                           {"damage", one.damage},
                           {"what", one.what},
                           {"advice", one.advice}});
    }
    return {{"healthy", !report.damaged()},
            {"files", report.files},
            {"bytes", report.bytes},
            {"records", report.records},
            {"readings", report.readings},
            {"remarks", remarks}};
}

int check_all(const Inventory& inventory, bool as_json) {
    const auto report = spool::check_spool(spool::posix_files(), inventory);
    if (!report) return fail(report.error());
    if (as_json) {
        print(report_json(*report));
    } else {
        for (const spool::Remark& remark : report->remarks) print_remark(remark);
        std::cout << inventory.dir.string() << (report->damaged() ? ": damaged; " : ": healthy; ")
                  << report->files << " files, " << report->bytes << " bytes, " << report->records
                  << " records, " << report->readings << " readings\n";
    }
    return report->damaged() ? 1 : 0;
}

}  // namespace

// Only looks, so it runs beside a host as well: it takes no lock and opens files for reading.
int run_spool(const Arguments& arguments) {
    std::filesystem::path dir = arguments.dir;
    std::unique_ptr<model::Schema> fallback;
    if (!arguments.config.empty()) {
        const config::Loaded loaded = config::load(arguments.config);
        if (!loaded.diagnostics.empty()) {
            std::cerr << loaded.diagnostics.text();
            return 2;
        }
        if (dir.empty()) dir = loaded.config.spool.dir;
        fallback = make_schema(loaded.config.reading);
    }
    const auto inventory = spool::take_inventory(spool::posix_files(), dir);
    if (!inventory) return fail(inventory.error());
    if (arguments.action == "export") return export_readings(*inventory, arguments, fallback.get());
    if (arguments.action == "check") return check_all(*inventory, arguments.json);
    return list(*inventory, arguments.json);
}

}  // namespace ingest::app
