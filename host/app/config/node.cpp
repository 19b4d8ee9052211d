#include "app/config/node.h"

#include "app/config/diagnostics.h"

namespace ingest::app::config {

const Node::Member* Node::find(std::string_view key) const noexcept {
    for (const Member& member : members) {
        if (member.key == key) return &member;
    }
    return nullptr;
}

std::string describe(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null: return "nothing";
        case Node::Kind::sequence: return "a list";
        case Node::Kind::map: return "a map";
        case Node::Kind::scalar: break;
    }
    return quote(node.shown);
}

}  // namespace ingest::app::config
