#include "plugin/handshake.h"

namespace ingest::plugin {
namespace {

// Longer strings than any sane plugin has are garbage, not text.
constexpr std::uint64_t text_bytes_max = 1 << 20;

bool copy_text(ingest_str from, std::string& to) {
    if (from.size > text_bytes_max || (from.size > 0 && from.data == nullptr)) return false;
    to.assign(from.size == 0 ? "" : from.data, from.size);
    return true;
}

}  // namespace

Result<Identity> shake_hands(const ingest_plugin* plugin, std::string_view expected_id,
                             std::uint32_t host_minor) {
    const std::string name(expected_id);
    if (plugin == nullptr) return Error{"plugin " + name + " says that it cannot run here"};
    ingest_plugin copy;
    if (!copy_grown(plugin, copy)) {
        return Error{"plugin " + name + " returned a description of " +
                     std::to_string(plugin->struct_size) + " bytes; at least " +
                     std::to_string(sizeof copy) + " are due: build it with this host's SDK"};
    }
    if (copy.min_host_minor > host_minor) {
        return Error{"plugin " + name + " needs a host with plugin ABI 1." +
                     std::to_string(copy.min_host_minor) + " or later; this one has 1." +
                     std::to_string(host_minor) + ": update the host"};
    }
    Identity identity;
    identity.built_minor = copy.built_minor;
    identity.get_interface = copy.get_interface;
    if (copy.get_interface == nullptr || !copy_text(copy.id, identity.id) ||
        !copy_text(copy.version, identity.version) ||
        !copy_text(copy.description, identity.description) ||
        !copy_text(copy.manifest_json, identity.manifest_json)) {
        return Error{"plugin " + name + " returned a malformed description"};
    }
    if (identity.id != expected_id) {
        return Error{"the file " + name + ".so holds the plugin '" + identity.id +
                     "'; name the file after the plugin"};
    }
    return identity;
}

}  // namespace ingest::plugin
