#include "plugin/handshake.h"

#include "base/json_text.h"
#include "plugin/file_check.h"

namespace ingest::plugin {
namespace {

// Larger structs and longer strings than any sane plugin has are garbage.
constexpr std::uint32_t struct_bytes_max = 4096;
constexpr std::uint64_t text_bytes_max = 1 << 20;
constexpr std::size_t version_bytes_max = 64;

bool copy_text(ingest_str from, std::string& to) {
    if (from.size > text_bytes_max || (from.size > 0 && from.data == nullptr)) return false;
    to.assign(from.size == 0 ? "" : from.data, from.size);
    return is_utf8(to);
}

Result<Identity> copy_identity(const ingest_plugin& plugin) {
    Identity identity;
    identity.built_minor = plugin.built_minor;
    identity.get_interface = plugin.get_interface;
    if (plugin.get_interface == nullptr) {
        return Error{"its description is malformed: get_interface is null"};
    }
    const struct {
        const char* name;
        ingest_str from;
        std::string& to;
    } texts[] = {{"id", plugin.id, identity.id},
                 {"version", plugin.version, identity.version},
                 {"description", plugin.description, identity.description},
                 {"manifest_json", plugin.manifest_json, identity.manifest_json}};
    for (const auto& text : texts) {
        if (!copy_text(text.from, text.to)) {
            return Error{std::string("its description is malformed: ") + text.name +
                         " is not UTF-8 text of 1 MiB at most"};
        }
    }
    if (identity.version.empty() || identity.version.size() > version_bytes_max) {
        return Error{"its version has " + std::to_string(identity.version.size()) +
                     " bytes; 1 to 64 are due"};
    }
    return identity;
}

}  // namespace

Result<std::uint32_t> grown_size(const void* from, const GrownStruct& grown) {
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size);
    // A size that is no multiple of the alignment could end within a pointer.
    if (size < grown.size_0 || size > struct_bytes_max || size % grown.alignment != 0) {
        return Error{"its " + std::string(grown.name) + " has a struct_size of " +
                     std::to_string(size) + " bytes; " + std::to_string(grown.size_0) + " to " +
                     std::to_string(struct_bytes_max) + ", a multiple of " +
                     std::to_string(grown.alignment) + ", are due: build it with an SDK of ABI 1"};
    }
    return size;
}

Result<Identity> shake_hands(const ingest_plugin* plugin, std::string_view expected_id,
                             std::uint32_t host_minor) {
    const std::string name = "plugin " + std::string(expected_id);
    if (plugin == nullptr) return Error{name + " says that it cannot run here"};
    const auto copy = copy_grown<ingest_plugin>(plugin, "ingest_plugin", INGEST_PLUGIN_SIZE_0);
    if (!copy) return Error{name + ": " + copy.error().message};
    if (copy->min_host_minor > host_minor) {
        return Error{name + " needs a host with plugin ABI 1." +
                     std::to_string(copy->min_host_minor) + " or later; this one has 1." +
                     std::to_string(host_minor) + ": update the host"};
    }
    auto identity = copy_identity(*copy);
    if (!identity) return Error{name + ": " + identity.error().message};
    if (identity->id != expected_id || !is_plugin_id(identity->id)) {
        std::string shown;
        append_json_escaped(shown, std::string_view(identity->id).substr(0, 100));
        return Error{"the file " + std::string(expected_id) + ".so holds the plugin '" + shown +
                     "'; name the file after the plugin, with a-z, 0-9 and '-' only"};
    }
    return identity;
}

}  // namespace ingest::plugin
