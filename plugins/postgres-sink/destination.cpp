#include "postgres-sink/destination.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <ingest/sdk/destination.hpp>

namespace ingest::postgres_sink {
namespace {

// As libpq has them: lists with commas, of which hosts and addresses go in pairs.
struct Targets {
    std::string hosts;
    std::string addresses;
    std::string ports;
};

void take(const PQconninfoOption* options, Targets& to) {
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host") to.hosts = option->val;
        if (keyword == "hostaddr") to.addresses = option->val;
        if (keyword == "port") to.ports = option->val;
    }
}

using OptionsOwner = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// With what the environment and a service file add. libpq tells of a connection that it has begun,
// and it begins none with an sslmode that does not exist.
Targets targets_of(const std::string& conninfo) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> stopped(
        PQconnectStart((conninfo + " sslmode=none-at-all").c_str()), &PQfinish);
    if (!stopped) throw std::bad_alloc();
    const OptionsOwner options(PQconninfo(stopped.get()), &PQconninfoFree);
    if (!options) throw std::bad_alloc();
    Targets targets;
    take(options.get(), targets);
    return targets;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const std::size_t end = list.find(',', begin);
        parts.push_back(list.substr(begin, end - begin));
        if (end == std::string::npos) return parts;
        begin = end + 1;
    }
}

std::string at(const std::vector<std::string>& list, std::size_t i) {
    return i < list.size() ? list[i] : std::string();
}

// A socket of this machine, or libpq's own choice of one.
bool is_local(const std::string& host) {
    return host.empty() || host.front() == '/' || host.front() == '@';
}

void append(std::string& list, const std::string& item, bool first) {
    if (!first) list += ',';
    list += item;
}

std::string quoted_setting(std::string_view keyword, const std::string& value) {
    std::string text(keyword);
    text += "='";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "' ";
}

}  // namespace

std::string with_addresses(const std::string& conninfo) {
    const Targets targets = targets_of(conninfo);
    const std::vector<std::string> hosts = split(targets.hosts);
    const std::vector<std::string> given = split(targets.addresses);
    const std::vector<std::string> ports = split(targets.ports);
    Targets found;
    bool first = true;
    bool refused = false;
    std::string failure;
    for (std::size_t i = 0; i < std::max(hosts.size(), given.size()); ++i) {
        const std::string host = at(hosts, i);
        const std::string address = at(given, i);
        sdk::Destination destination;
        if (address.empty() && is_local(host)) {
            destination.addresses.emplace_back();
        } else {
            destination = sdk::resolve(address.empty() ? host : address);
        }
        refused = refused || destination.refused;
        if (failure.empty()) failure = destination.failure;
        for (const std::string& one : destination.addresses) {
            append(found.hosts, host, first);
            append(found.addresses, one, first);
            append(found.ports, ports.size() == 1 ? ports.front() : at(ports, i), first);
            first = false;
        }
    }
    if (first) throw refused ? sdk::fatal(failure) : sdk::retry(failure);
    return conninfo + quoted_setting(" host", found.hosts) +
           quoted_setting("hostaddr", found.addresses) + quoted_setting("port", found.ports);
}

bool names_link_local(const std::string& conninfo) {
    const OptionsOwner options(PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
    if (!options) return false;
    Targets targets;
    take(options.get(), targets);
    for (const std::string& list : {targets.hosts, targets.addresses}) {
        for (const std::string& one : split(list)) {
            if (!is_local(one) && sdk::is_link_local(one)) return true;
        }
    }
    return false;
}

}  // namespace ingest::postgres_sink
