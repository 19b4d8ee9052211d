#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

// Readable bytes that must lie behind every document: simdjson may read ahead. What they hold
// does not matter.
inline constexpr std::size_t padding = 64;

// Why a text is not acceptable JSON: where, and what stands there or was expected.
struct Fault {
    std::size_t offset = 0;
    const char* what = "";
};

// "line 2, column 7: expected a value", of a fault in `text`, in front of which there are
// `lines_before`.
std::string fault_text(const Fault& fault, std::string_view text, std::size_t lines_before = 0);

// Where each token of a document begins: the first stage of simdjson, which also proves that the
// text is UTF-8, that every string is closed, and that no string has a raw control character.
//
// Only this stage is used, and the grammar is walked by Document: simdjson's DOM turns -0 into 0
// and refuses big integers; its On-Demand front end checks only what one asks it for, and without
// -march flags compiles to the scalar fallback, while this stage picks its instructions at run
// time. Owns the list of offsets (4 bytes per byte of the largest document seen), which is kept
// between documents. One thread.
class Tokens {
public:
    Tokens();
    ~Tokens();
    Tokens(const Tokens&) = delete;
    Tokens& operator=(const Tokens&) = delete;

    // REQUIRES: `padding` readable bytes behind the body, which is smaller than 4 GiB.
    std::optional<Fault> scan(std::string_view body);

    // Valid until the next scan(). Each of `{}[]:,`, each string's opening quote, and the first
    // byte of each other run of bytes that are not white space; ascending.
    const std::uint32_t* offsets() const noexcept { return offsets_; }
    std::size_t size() const noexcept { return size_; }

private:
    struct Stage;
    std::unique_ptr<Stage> stage_;
    const std::uint32_t* offsets_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ingest::decode
