#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/config/node.h"

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

// What a text must look like; `expected` is for the message.
struct TextRule {
    bool (*fits)(std::string_view text);
    std::string_view expected;
};

inline constexpr TextRule some_text{[](std::string_view text) { return !text.empty(); },
                                    "a text that is not empty"};

// Reads one map of the document key by key, and leaves a value as it is when its key is missing or
// bad. Keys that nobody asked for are errors, told by finish(). Every error begins with the key's
// path. Refers to the node and the diagnostics; lives on the stack of the function that reads.
class MapReader {
public:
    // Null counts as an empty map, so that a section may stand there with all its keys commented.
    MapReader(const Node& map, std::string path, Diagnostics& diagnostics);

    // nullptr: not given, or already reported as bad.
    const Node* find(std::string_view key);
    bool has(std::string_view key) const noexcept { return map_->find(key) != nullptr; }

    void boolean(std::string_view key, bool& to);
    void duration(std::string_view key, std::chrono::milliseconds& to,
                  Range<std::chrono::milliseconds> range);
    void size(std::string_view key, std::uint64_t& to, Range<std::uint64_t> range);
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
    }

    // read(MapReader&, to) reads a map within this one.
    template <class T, class Read>
    void section(std::string_view key, T& to, Read read) {
        const Node* node = find(key);
        if (node == nullptr) return;
        MapReader inner(*node, path_of(key), *diagnostics_);
        read(inner, to);
        inner.finish();
    }
    // read(MapReader&, element) reads each map of a list.
    template <class T, class Read>
    void list(std::string_view key, std::vector<T>& to, Read read) {
        const Node* node = find_sequence(key);
        if (node == nullptr) return;
        for (std::size_t i = 0; i < node->items.size(); ++i) {
            MapReader inner(node->items[i], path_of(key) + "[" + std::to_string(i) + "]",
                            *diagnostics_);
            T element;
            read(inner, element);
            inner.finish();
            to.push_back(std::move(element));
        }
    }

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

    const Node* map_;
    std::string path_;
    Diagnostics* diagnostics_;
    std::vector<std::string_view> asked_;
    bool is_map_;
};

}  // namespace ingest::app::config
