#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingest::app::config {

// A place in the configuration file, in characters, from 1. Line 0: the file as a whole.
struct Mark {
    int line = 0;
    int column = 0;
    friend auto operator<=>(const Mark&, const Mark&) = default;
};

// One value of the YAML document, with its ${...} replaced. Owns what is below it.
struct Node {
    enum class Kind : unsigned char { null, scalar, sequence, map };
    struct Member;

    Kind kind = Kind::null;
    Mark mark;
    std::string text;   // of a scalar, after interpolation
    std::string shown;  // of a scalar, as written: all that a message may show of it
    bool quoted = false;
    bool secret = false;  // came from ${file:...}
    bool broken = false;  // an error was reported here; more about it would only be noise
    std::vector<Node> items;
    std::vector<Member> members;  // in the order of the file, without duplicates

    bool is_null() const noexcept { return kind == Kind::null; }
    bool is_scalar() const noexcept { return kind == Kind::scalar; }
    bool is_sequence() const noexcept { return kind == Kind::sequence; }
    bool is_map() const noexcept { return kind == Kind::map; }
    // The member of a map, or nullptr.
    const Member* find(std::string_view key) const noexcept;
};

struct Node::Member {
    std::string key;
    Mark key_mark;
    Node value;
};

// What a key has that is not in the file.
inline Node nothing_at(Mark mark) {
    Node node;
    node.mark = mark;
    return node;
}

// What stands there, for messages: `"abc"`, `a list`, `a map`, `nothing`.
std::string describe(const Node& node);

}  // namespace ingest::app::config
