#include "plugin/library.h"

#include <list>

#include <boost/dll/shared_library.hpp>

#include "plugin/file_check.h"
#include "plugin/host_api.h"

namespace ingest::plugin {
namespace {

// What an opened plugin may use until the process ends, as its code does not go before. Never
// destroyed, not even at exit: the handle's destructor would unload. Main thread.
struct Parked {
    explicit Parked(const std::string& plugin_name) : host(plugin_name) {}
    boost::dll::shared_library handle;
    HostApi host;
};
std::list<Parked>& parked = *new std::list<Parked>();

// The copied table, nothing when the plugin has not got the interface, or an error when the table
// is too small or lacks a function.
template <class Table, class Complete>
Result<std::optional<Table>> take_table(const Identity& identity, std::string_view interface_id,
                                        Complete complete) {
    const void* found = identity.get_interface({interface_id.data(), interface_id.size()});
    if (found == nullptr) return std::optional<Table>();
    Table table;
    if (!copy_grown(found, table) || !complete(table)) {
        return Error{"plugin " + identity.id + ": its table for " + std::string(interface_id) +
                     " is too small or lacks a function"};
    }
    return std::optional<Table>(table);
}

}  // namespace

Result<std::unique_ptr<Library>> Library::load(const std::filesystem::path& file,
                                               std::string_view sha256) {
    if (auto sound = verify_plugin_file(file, sha256); !sound) return sound.error();

    const std::string id = file.stem().string();
    auto& [handle, host] = parked.emplace_back(id);
    boost::dll::fs::error_code failed;
    // Lazy binding, the default, would turn a missing symbol into a crash in the middle of a
    // request.
    handle.load(std::filesystem::absolute(file), failed,
                boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (failed) return Error{"cannot open " + file.string() + ": " + failed.message()};
    if (!handle.has(INGEST_ENTRY_SYMBOL)) {
        return Error{file.string() + " does not export " INGEST_ENTRY_SYMBOL
                                     "; is it a plugin for this host?"};
    }
    const auto entry =
        &handle.get<const ingest_plugin*(const ingest_host*)>(INGEST_ENTRY_SYMBOL);
    auto identity = shake_hands(entry(host.get()), id);
    if (!identity) return identity.error();

    std::unique_ptr<Library> library(new Library());
    library->file_ = file;
    library->host_ = host.get();
    library->identity_ = std::move(*identity);
    auto manifest = parse_manifest(library->identity_.manifest_json);
    if (!manifest) return Error{"plugin " + id + ": " + manifest.error().message};
    library->manifest_ = std::move(*manifest);
    if (auto taken = library->take_tables(); !taken) return taken.error();
    return library;
}

Result<void> Library::take_tables() {
    auto validator = take_table<ingest_validator>(
        identity_, INGEST_VALIDATOR_ID, [](const ingest_validator& table) {
            return table.create != nullptr && table.validate != nullptr && table.destroy != nullptr;
        });
    if (!validator) return validator.error();
    auto sink = take_table<ingest_sink>(identity_, INGEST_SINK_ID, [](const ingest_sink& table) {
        return table.create != nullptr && table.write != nullptr && table.health != nullptr &&
               table.flush != nullptr && table.destroy != nullptr;
    });
    if (!sink) return sink.error();
    auto query = take_table<ingest_query>(
        identity_, INGEST_QUERY_ID, [](const ingest_query& table) {
            return table.create != nullptr && table.latest != nullptr && table.destroy != nullptr;
        });
    if (!query) return query.error();

    const bool has_kind = manifest_.kind == Kind::sink ? sink->has_value() : validator->has_value();
    if (!has_kind) {
        return Error{"plugin " + identity_.id + " says that it is a " +
                     (manifest_.kind == Kind::sink ? "sink" : "validator") +
                     " but has not got that interface"};
    }
    validator_ = *validator;
    sink_ = *sink;
    query_ = *query;
    return {};
}

}  // namespace ingest::plugin
