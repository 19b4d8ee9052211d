#include "access/gate_change.h"

#include <map>
#include <span>
#include <type_traits>

namespace ingest::access {
namespace {

bool same(const ApiKey& a, const ApiKey& b) { return a == b; }
bool same(const SigningKey& a, const SigningKey& b) { return a.same_as(b); }
const std::string& name_of(const ApiKey& key) { return key.name; }
const std::string& name_of(const SigningKey& key) { return key.id(); }

std::span<const SigningKey> token_keys(const Gate& gate) {
    if (!gate.token_keys()) return {};
    return gate.token_keys()->keys();
}

template <class Key>
void compare(const std::string& kind, std::span<const Key> before,
             const std::type_identity_t<std::span<const Key>>& now, GateChange& change) {
    std::map<std::string, const Key*> former;
    for (const Key& key : before) former.emplace(name_of(key), &key);
    for (const Key& key : now) {
        const auto found = former.extract(name_of(key));
        if (found.empty()) {
            change.added.push_back(kind + name_of(key));
        } else if (!same(*found.mapped(), key)) {
            change.changed.push_back(kind + name_of(key));
        }
    }
    for (const auto& [name, key] : former) change.removed.push_back(kind + name);
}

}  // namespace

GateChange change_of(const Gate* before, const Gate& now) {
    GateChange change;
    compare("key:", before == nullptr ? std::span<const ApiKey>() : before->keys(), now.keys(),
            change);
    compare("token_key:", before == nullptr ? std::span<const SigningKey>() : token_keys(*before),
            token_keys(now), change);
    return change;
}

}  // namespace ingest::access
