#include "decode/document.h"

#include <algorithm>

#include "base/ascii.h"
#include "decode/text.h"

namespace ingest::decode {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_number_start(char c) noexcept { return c == '-' || is_digit(c); }

constexpr const char* expected_value = "expected a value";
constexpr const char* expected_name = "expected a member's name in quotes";

}  // namespace

std::string_view code_of(Flaw::Kind kind) noexcept {
    if (kind == Flaw::Kind::duplicate) return "duplicate";
    return kind == Flaw::Kind::nul ? "nul" : "number";
}

std::string description_of(const Flaw& flaw) {
    if (flaw.kind == Flaw::Kind::duplicate) {
        return "names the member \"" + std::string(cut(flaw.name)) + "\" more than once";
    }
    return flaw.kind == Flaw::Kind::nul ? "holds the character U+0000, which no text may have"
                                        : "holds a number out of the range of a double";
}

bool Document::open(std::string_view body) {
    begin_parts(body.size());
    return open_part(body);
}

void Document::begin_parts(std::size_t size) noexcept {
    texts_max_ = size;
    resolved_size_ = 0;
}

bool Document::open_part(std::string_view body) {
    body_ = body;
    count_ = at_ = behind_ = 0;
    depth_ = 0;
    fault_ = {};
    names_.clear();
    if (const auto fault = tokens_.scan(body)) return malformed(fault->what, fault->offset);
    offsets_ = tokens_.offsets();
    count_ = tokens_.size();
    return true;
}

bool Document::finish() {
    if (at_ != count_) malformed("expected the end of the document");
    return fault_.what[0] == '\0';
}

std::string_view Document::kind() const noexcept {
    const char c = peek();
    switch (c) {
        case '{': return "an object";
        case '[': return "an array";
        case '"': return "a string";
        case 't':
        case 'f': return "a boolean";
        case 'n': return "null";
        default: return is_number_start(c) ? "a number" : "something else";
    }
}

bool Document::malformed(const char* what, std::size_t offset) noexcept {
    // Callers that do not look at once run into further faults: the first one counts.
    if (fault_.what[0] == '\0') fault_ = {offset, what};
    at_ = count_;
    return false;
}

void Document::open_container() noexcept {
    if (depth_ == depth_max) {
        malformed("more than 16 levels of nesting");
        return;
    }
    ++depth_;
    ++at_;
}

// A number or word must be followed by what can follow a value.
bool Document::ends_at(std::size_t offset) const noexcept {
    if (offset >= body_.size()) return true;
    const char c = body_[offset];
    return is_blank(c) || c == ',' || c == '}' || c == ']';
}

bool Document::name(Text& out) {
    if (peek() != '"') return malformed(expected_name);
    if (!text(out)) return false;
    if (peek() != ':') return malformed("expected ':'");
    ++at_;
    return true;
}

bool Document::text(Text& out) {
    const std::size_t begin = offset();
    // The closing quote is the last byte before the next token that is not blank.
    std::size_t last = offset_after() - 1;
    while (is_blank(body_[last])) --last;
    if (last == begin || body_[last] != '"') return malformed("a string must end with a quote");
    const std::string_view raw = slice(begin + 1, last);
    behind_ = last + 1;
    ++at_;
    if (std::memchr(raw.data(), '\\', raw.size()) != nullptr) {
        return resolve(raw, begin + 1, out);
    }
    out = {raw, false};
    return true;
}

bool Document::resolve(std::string_view raw, std::size_t offset, Text& out) {
    // All texts of a document together are shorter than it, so this grows before the first one.
    if (resolved_.size() < texts_max_) resolved_.resize(texts_max_);
    char* to = resolved_.data() + resolved_size_;
    const Unescaped done = unescape(raw, to);
    if (done.fault != nullptr) return malformed(done.fault, offset + done.fault_offset);
    resolved_size_ += done.size;
    out.value = {to, done.size};
    out.has_nul = out.value.find('\0') != std::string_view::npos;
    return true;
}

bool Document::number(Number& out) {
    const std::size_t begin = offset();
    const auto read = read_number(body_.substr(begin));
    if (!read || !ends_at(begin + read->text.size())) {
        return malformed("expected a number as JSON writes it");
    }
    out = *read;
    behind_ = begin + out.text.size();
    ++at_;
    return true;
}

bool Document::literal(std::string_view word) {
    const std::size_t begin = offset();
    if (body_.substr(begin, word.size()) != word || !ends_at(begin + word.size())) {
        return malformed(expected_value);
    }
    behind_ = begin + word.size();
    ++at_;
    return true;
}

bool Document::boolean(bool& out) {
    out = peek() == 't';
    return literal(out ? "true" : "false");
}

bool Document::null() { return literal("null"); }

bool Document::skip(Flaw& flaw) {
    const char c = peek();
    if (c == '{') return skip_object(flaw);
    if (c == '[') return skip_array(flaw);
    if (c == '"') {
        Text ignored;
        if (!text(ignored)) return false;
        if (ignored.has_nul) flaw.note(Flaw::Kind::nul);
        return true;
    }
    if (is_number_start(c)) {
        Number ignored;
        if (!number(ignored)) return false;
        if (!ignored.in_range) flaw.note(Flaw::Kind::range);
        return true;
    }
    if (c == 'n') return null();
    bool ignored = false;
    return boolean(ignored);
}

bool Document::skip_object(Flaw& flaw) {
    open_container();
    if (close_if('}')) return true;
    const std::size_t mark = names_mark();
    Next after = Next::value;
    while (after == Next::value) {
        Text member;
        if (!name(member)) return false;
        if (member.has_nul) flaw.note(Flaw::Kind::nul);
        add_name(member.value);
        if (!skip(flaw)) return false;
        after = next('}');
    }
    duplicates(mark, [&flaw](std::string_view twice) {
        flaw.note(Flaw::Kind::duplicate, twice);
    });
    return after == Next::end;
}

bool Document::skip_array(Flaw& flaw) {
    open_container();
    if (close_if(']')) return true;
    Next after = Next::value;
    while (after == Next::value) {
        if (!skip(flaw)) return false;
        after = next(']');
    }
    return after == Next::end;
}

void Document::sort_names(std::size_t mark) {
    std::sort(names_.begin() + static_cast<std::ptrdiff_t>(mark), names_.end());
}

std::string Document::fault_text(std::size_t lines_before) const {
    return decode::fault_text(fault_, body_, lines_before);
}

}  // namespace ingest::decode
