#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/number.h"
#include "decode/tokens.h"

namespace ingest::decode {

// Containers within one another, the outermost counted.
inline constexpr unsigned depth_max = 16;

// What well-formed JSON may hold, but no request of ours, wherever it stands.
struct Flaw {
    enum class Kind : std::uint8_t {
        none,
        duplicate,  // an object names a member twice; `name` says which
        nul,        // U+0000 in a string or a name
        range,      // a number beyond the largest double
    };
    Kind kind = Kind::none;
    std::string_view name = {};

    // The first one stays.
    void note(Kind met, std::string_view twice = {}) noexcept {
        if (kind == Kind::none) *this = {met, twice};
    }
};

// The code and the wording of a flaw, for findings and messages.
// REQUIRES: there is one, so its kind is not `none`.
std::string_view code_of(Flaw::Kind kind) noexcept;
std::string description_of(const Flaw& flaw);

struct Text {
    std::string_view value;  // escapes resolved; in the body or the document's own memory
    bool has_nul = false;
};

// One JSON text, walked strictly from front to back, token by token. Every function that reads
// returns false when the text is malformed; fault() then says where and why, and only open() may
// follow. A document is well-formed only when finish() is true: nothing is looked at before the
// walk comes to it.
//
// Owns the token list and the memory of resolved escapes, both kept between documents; views that
// it gave out are valid until the next open(). One thread.
class Document {
public:
    // REQUIRES: `padding` readable bytes behind the body, which outlives the walk.
    bool open(std::string_view body);
    // Several texts, one after the other, that have `size` bytes in all: what was given out of one
    // stays valid while the next ones are walked.
    void begin_parts(std::size_t size) noexcept;
    bool open_part(std::string_view part);
    bool finish();

    // First byte of the token ahead; '\0' at the end. A byte that begins no token is possible.
    char peek() const noexcept { return at_ < count_ ? body_[offsets_[at_]] : '\0'; }
    // "an object", "a string" ...: what kind of value the token ahead begins.
    std::string_view kind() const noexcept;

    // Offset of the token ahead, and of the byte behind the last value or bracket read.
    std::size_t offset() const noexcept { return at_ < count_ ? offsets_[at_] : body_.size(); }
    std::size_t behind() const noexcept { return behind_; }
    std::string_view slice(std::size_t from, std::size_t to) const noexcept {
        return body_.substr(from, to - from);
    }

    // Containers. open_container() takes the bracket ahead; after each of its values, next() says
    // whether another follows (a comma) or the container ended (`close`). Where the nesting is too
    // deep it makes the text malformed, and what is read next returns false.
    enum class Next : std::uint8_t { value, end, malformed };
    void open_container() noexcept;
    bool close_if(char close) noexcept;  // an empty container's bracket
    Next next(char close);

    // The name of a member with its colon.
    bool name(Text& out);
    // The same if the name ahead is written exactly as `plain`, which has no quote and no
    // backslash; else takes nothing.
    bool name_if(std::string_view plain) noexcept;

    // REQUIRES: a string is ahead.
    bool text(Text& out);
    bool number(Number& out);
    bool boolean(bool& out);
    bool null();

    // A value of any kind, to its end. Its first flaw stays in `flaw`.
    bool skip(Flaw& flaw);

    // Names of the objects that are open, to find duplicates: a mark, the names of one object,
    // then duplicates(), which calls `found(name)` for each name that came twice and drops the
    // names behind the mark. Takes n log n for n names.
    std::size_t names_mark() const noexcept { return names_.size(); }
    void add_name(std::string_view name) { names_.push_back(name); }
    template <class Found>
    void duplicates(std::size_t mark, Found&& found) {
        sort_names(mark);
        for (std::size_t i = mark + 1; i < names_.size(); ++i) {
            const bool twice = names_[i] == names_[i - 1];
            if (twice && (i < mark + 2 || names_[i] != names_[i - 2])) found(names_[i]);
        }
        names_.resize(mark);
    }

    const Fault& fault() const noexcept { return fault_; }
    // "line 2, column 7: expected a value". `lines_before`: of a part, those in front of it.
    std::string fault_text(std::size_t lines_before = 0) const;

private:
    bool malformed(const char* what, std::size_t offset) noexcept;
    bool malformed(const char* what) noexcept { return malformed(what, offset()); }
    bool ends_at(std::size_t offset) const noexcept;
    bool literal(std::string_view word);
    bool resolve(std::string_view raw, std::size_t offset, Text& out);
    bool skip_object(Flaw& flaw);
    bool skip_array(Flaw& flaw);
    void sort_names(std::size_t mark);
    std::size_t offset_after() const noexcept {
        return at_ + 1 < count_ ? offsets_[at_ + 1] : body_.size();
    }

    Tokens tokens_;
    std::string_view body_;
    const std::uint32_t* offsets_ = nullptr;
    std::size_t count_ = 0;
    std::size_t at_ = 0;
    std::size_t behind_ = 0;
    unsigned depth_ = 0;
    Fault fault_;
    std::vector<std::string_view> names_;
    std::vector<char> resolved_;  // never grows while views into it are out
    std::size_t resolved_size_ = 0;
    std::size_t texts_max_ = 0;  // bytes that texts can have until the next begin_parts()
};

inline bool Document::name_if(std::string_view plain) noexcept {
    const std::size_t from = offset() + 1;
    const std::size_t to = from + plain.size();
    // The length is compared too: `to` must still be in the body, whose padding may hold anything.
    if (peek() != '"' || to >= body_.size() || body_[to] != '"') return false;
    if (std::memcmp(body_.data() + from, plain.data(), plain.size()) != 0) return false;
    if (at_ + 1 >= count_ || body_[offsets_[at_ + 1]] != ':') return false;
    at_ += 2;
    return true;
}

inline bool Document::close_if(char close) noexcept {
    if (peek() != close) return false;
    behind_ = offset() + 1;
    ++at_;
    --depth_;
    return true;
}

inline Document::Next Document::next(char close) {
    if (close_if(close)) return Next::end;
    if (peek() == ',') {
        ++at_;
        return Next::value;
    }
    malformed(close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    return Next::malformed;
}

}  // namespace ingest::decode
