#include "plugin/library.h"

#include <list>

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>

#include "plugin/answer.h"
#include "plugin/crash_report.h"
#include "plugin/file_check.h"
#include "plugin/host_api.h"
#include "plugin/library_search.h"
#include "plugin/private_copy.h"

namespace ingest::plugin {
namespace {

// What an opened plugin may use until the process ends, as its code does not go before. Never
// destroyed, not even at exit: the handle's destructor would unload. Main thread.
struct Parked {
    Parked(const std::string& id, const std::filesystem::path& file)
        : callee{id, file.string()}, host(id) {}
    const Callee callee;
    boost::dll::shared_library handle;
    HostApi host;
};
std::list<Parked>& parked = *new std::list<Parked>();

// Why the last load failed, in the loader's words without the name that only it knows.
std::string loader_error(const std::filesystem::path& loaded) {
    const char* words = ::dlerror();
    std::string text = words == nullptr ? "the loader gave no reason" : words;
    const std::string prefix = loaded.string() + ": ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return text;
}

// Loads the copy and calls the entry function.
Result<OpenedLibrary> open_copy(Parked& plugin, PrivateCopy& copy) {
    const auto& [id, file] = plugin.callee;
    boost::dll::fs::error_code failed;
    // Lazy binding, the default, would turn a missing symbol into a crash in the middle of a
    // request. The library's constructors run now.
    const Answer loading = ask_nothing(plugin.callee, {"loading"}, [&] {
        plugin.handle.load(copy.path(), failed,
                           boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    });
    come_first_at_exit();
    if (failed) return Error{"cannot open " + file + ": " + loader_error(copy.path())};
    // For ever: the loader has the name now.
    copy.memory.release();
    if (!loading.ok()) return Error{"cannot open " + file + ": it " + loading.message};
    if (!plugin.handle.has(INGEST_ENTRY_SYMBOL)) {
        return Error{file + " does not export " INGEST_ENTRY_SYMBOL
                            "; is it a plugin for this host?"};
    }
    const auto entry =
        &plugin.handle.get<const ingest_plugin*(const ingest_host*)>(INGEST_ENTRY_SYMBOL);
    remember_code(plugin.callee, reinterpret_cast<const void*>(entry));
    OpenedLibrary opened{entry, nullptr, plugin.host.get(), &plugin.callee, copy.digest};
    const Answer answer = ask_nothing(plugin.callee, {INGEST_ENTRY_SYMBOL},
                                      [&] { opened.described = entry(opened.host); });
    if (!answer.ok()) return Error{"plugin " + id + ": " INGEST_ENTRY_SYMBOL " " + answer.message};
    return opened;
}

// An interface that the host looks for, and the struct of its table.
struct Interface {
    std::string_view id;
    std::string_view table_name;
    std::uint32_t size_0;
};

// The copied table, nothing when the plugin has not got the interface, or an error when the table
// is malformed or lacks a function.
template <class Table, class Complete>
Result<std::optional<Table>> take_table(const Library& library, const Interface& interface,
                                        Complete complete) {
    const std::string name = "plugin " + library.identity().id;
    const void* found = nullptr;
    const Answer answer = ask_nothing(library.callee(), {"get_interface"}, [&] {
        found = library.identity().get_interface({interface.id.data(), interface.id.size()});
    });
    if (!answer.ok()) return Error{name + ": get_interface " + answer.message};
    if (found == nullptr) return std::optional<Table>();
    const auto table = copy_grown<Table>(found, interface.table_name, interface.size_0);
    if (!table) return Error{name + ": " + table.error().message};
    if (!complete(*table)) {
        return Error{name + ": its table for " + std::string(interface.id) + " lacks a function"};
    }
    return std::optional<Table>(*table);
}

}  // namespace

Result<OpenedLibrary> open_library(const std::filesystem::path& file, std::string_view id,
                                   std::string_view sha256) {
    auto copy = copy_privately(file);
    if (!copy) return copy.error();
    if (auto same = match_digest(file, copy->digest, sha256); !same) return same.error();
    if (auto safe = verify_library_search(file, copy->memory.get()); !safe) return safe.error();
    return open_copy(parked.emplace_back(std::string(id), file), *copy);
}

Result<std::unique_ptr<Library>> Library::load(const std::filesystem::path& file,
                                               std::string_view plugin_id,
                                               std::string_view sha256) {
    const std::string id = plugin_id.empty() ? file.stem().string() : std::string(plugin_id);
    auto opened = open_library(file, id, sha256);
    if (!opened) return opened.error();
    auto identity = shake_hands(opened->described, id);
    if (!identity) return identity.error();

    std::unique_ptr<Library> library(new Library());
    library->file_ = file;
    library->digest_ = std::move(opened->digest);
    library->host_ = opened->host;
    library->callee_ = opened->callee;
    library->identity_ = std::move(*identity);
    auto manifest = parse_manifest(library->identity_.manifest_json);
    if (!manifest) return Error{"plugin " + id + ": " + manifest.error().message};
    library->manifest_ = std::move(*manifest);
    if (auto taken = library->take_tables(); !taken) return taken.error();
    return library;
}

Result<void> Library::take_tables() {
    auto validator = take_table<ingest_validator>(
        *this, {INGEST_VALIDATOR_ID, "ingest_validator", INGEST_VALIDATOR_SIZE_0},
        [](const ingest_validator& table) {
            return table.create != nullptr && table.validate != nullptr && table.destroy != nullptr;
        });
    if (!validator) return validator.error();
    auto sink = take_table<ingest_sink>(
        *this, {INGEST_SINK_ID, "ingest_sink", INGEST_SINK_SIZE_0},
        [](const ingest_sink& table) {
            return table.create != nullptr && table.write != nullptr && table.health != nullptr &&
                   table.flush != nullptr && table.destroy != nullptr;
        });
    if (!sink) return sink.error();
    auto query = take_table<ingest_query>(
        *this, {INGEST_QUERY_ID, "ingest_query", INGEST_QUERY_SIZE_0},
        [](const ingest_query& table) {
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
