#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::app::config {

// What a text must look like; `expected` is for the message. `pattern`, where one expression can
// say it, is the same for editors: ECMA-262, whole text.
struct TextRule {
    bool (*fits)(std::string_view text);
    std::string_view expected;
    std::string_view pattern = {};
};

// A setting as MapReader read it, or a section with those in it: what the host makes of a file, and
// what it would take. The only list of settings there is; `check --print` and `schema` are made
// of it.
struct Setting {
    enum class Kind : unsigned char {
        boolean,
        integer,
        duration,  // bounds in milliseconds
        size,      // bounds in bytes
        text,
        word,     // one of `words`
        texts,    // any number; bounds are those of the number
        options,  // of a plugin: its manifest knows them
        section,  // a map; where "*" is among its members, of names that are free
        list,     // of maps
    };

    std::string key;  // "*": any name that `rule` allows; empty: the file, an element of a list
    Kind kind = Kind::section;
    bool given = false;         // false: the values are the default
    bool required = false;
    bool secret = false;        // came from ${file:...}
    bool is_path = false;       // that begins at the directory of the file
    bool takes_commas = false;  // texts may be one text, with commas between
    bool is_fixed = true;       // false: the default depends on other settings
    std::vector<std::string> values;  // as the file could have them; of texts all, else one
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::vector<std::string_view> words;
    TextRule rule = {nullptr, {}, {}};
    std::vector<Setting> members;  // in the order in which they are read

    // REQUIRES: it is there.
    Setting& member(std::string_view name);
};

}  // namespace ingest::app::config
