#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/config/node.h"
#include "app/config/setting.h"

namespace ingest::app::config {

template <class T>
struct Range {
    T min{};
    T max = std::numeric_limits<T>::max();
};

// A word of the file and what it stands for; words are compared without case.
template <class E>
struct Choice {
    std::string_view word;
    E value;
};

inline constexpr TextRule some_text{[](std::string_view text) { return !text.empty(); },
                                    "a text that is not empty", R"([\s\S]+)"};

// Reads one map of the document key by key, and leaves a value as it is when its key is missing or
// bad. Keys that nobody asked for are errors, told by finish(). Every error begins with the key's
// path. What was read becomes a member of `setting`. Refers to the node, the diagnostics and the
// setting; lives on the stack of the function that reads.
class MapReader {
public:
    // Whether a file is read, or no file but all that one can have, each thing once.
    enum class Purpose : unsigned char { values, outline };

    // Null counts as an empty map, so that a section may stand there with all its keys commented.
    MapReader(const Node& map, std::string path, Diagnostics& diagnostics, Setting& setting,
              Purpose purpose = Purpose::values);

    // nullptr: not given, or already reported as bad.
    const Node* find(std::string_view key);
    bool has(std::string_view key) const noexcept { return map_->find(key) != nullptr; }

    void boolean(std::string_view key, bool& to);
    void duration(std::string_view key, std::chrono::milliseconds& to,
                  Range<std::chrono::milliseconds> range);
    void size(std::string_view key, std::uint64_t& to, Range<std::uint64_t> range);
    // False, and an error, where it came from ${file:...}.
    bool may_be_shown(std::string_view key, const Node& node);
    // False when it is missing or bad.
    bool text(std::string_view key, std::string& to, TextRule rule);
    template <class T>
    void integer(std::string_view key, T& to, Range<T> range) {
        std::int64_t value = to;
        read_integer(key, value, {range.min, range.max});
        to = static_cast<T>(value);
    }
    template <class E, std::size_t N>
    void choice(std::string_view key, E& to, const Choice<E> (&choices)[N]) {
        std::vector<std::string_view> words;
        for (const Choice<E>& choice : choices) words.push_back(choice.word);
        const std::size_t index = read_word(key, words);
        if (index < N) to = choices[index].value;
        for (const Choice<E>& choice : choices) {
            if (choice.value != to) continue;
            setting_->members.back().values = {std::string(choice.word)};
            break;
        }
    }
    // Behind the read of a key that has to be given.
    void require(std::string_view key, std::string_view right);

    // read(MapReader&, to) reads a map within this one, an empty one when it is not there.
    template <class T, class Read>
    void section(std::string_view key, T& to, Read read) {
        const Node* node = find(key);
        Setting& setting = record(key, Setting::Kind::section, node);
        if (node == nullptr && has(key)) return;
        const Node missing = nothing_at(mark());
        MapReader inner(node == nullptr ? missing : *node, path_of(key), *diagnostics_, setting,
                        purpose_);
        read(inner, to);
        inner.finish();
    }
    // A section that means something by being there.
    template <class T, class Read>
    void optional_section(std::string_view key, std::optional<T>& to, Read read) {
        const Node* node = find(key);
        if (outlines() || (node != nullptr && !node->is_null())) section(key, to.emplace(), read);
    }
    // read(MapReader&, element) reads each map of a list.
    template <class T, class Read>
    void list(std::string_view key, std::vector<T>& to, Read read) {
        const Node* node = find_sequence(key);
        Setting& list = record(key, Setting::Kind::list, node);
        const std::vector<Node> sample(outlines() ? 1 : 0, nothing_at(mark()));
        const std::vector<Node>& items = node == nullptr ? sample : node->items;
        for (std::size_t i = 0; i < items.size(); ++i) {
            MapReader inner(items[i], path_of(key) + "[" + std::to_string(i) + "]", *diagnostics_,
                            list.members.emplace_back(), purpose_);
            T element;
            read(inner, element);
            inner.finish();
            to.push_back(std::move(element));
        }
    }

    // Notes what was read by find(). The reference is good until the next key is read.
    Setting& record(std::string_view key, Setting::Kind kind, const Node* node,
                    std::vector<std::string> values = {});
    // What was read of a key.
    Setting& recorded(std::string_view key) { return setting_->member(key); }
    bool outlines() const noexcept { return purpose_ == Purpose::outline; }

    // After the last key was asked for.
    void finish();

    // An error at the key's value, or at the map when the key is missing.
    void error(std::string_view key, std::string_view wrong, std::string_view right);

    std::string path_of(std::string_view key) const;
    const std::string& path() const noexcept { return path_; }
    Mark mark() const noexcept { return map_->mark; }
    const Node& node() const noexcept { return *map_; }
    Diagnostics& diagnostics() noexcept { return *diagnostics_; }

private:
    const Node* find_scalar(std::string_view key, std::string_view expected);
    const Node* find_sequence(std::string_view key);
    void read_integer(std::string_view key, std::int64_t& to, Range<std::int64_t> range);
    std::size_t read_word(std::string_view key, std::span<const std::string_view> words);
    Setting& record_number(std::string_view key, Setting::Kind kind, const Node* node,
                           std::string value, Range<std::int64_t> range);

    const Node* map_;
    std::string path_;
    Diagnostics* diagnostics_;
    Setting* setting_;
    std::vector<std::string_view> asked_;
    Purpose purpose_;
    bool is_map_;
};

}  // namespace ingest::app::config
