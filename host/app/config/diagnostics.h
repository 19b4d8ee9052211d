#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/node.h"

namespace ingest::app::config {

struct Diagnostic {
    Mark mark;
    std::string text;  // "what is wrong; what would be right"
    friend auto operator<=>(const Diagnostic&, const Diagnostic&) = default;
};

// All errors of one configuration file, so that they can be told in one go. One thread.
class Diagnostics {
public:
    explicit Diagnostics(std::string file = {}) : file_(std::move(file)) {}

    // `right` may be empty where `wrong` says it already: texts of plugins.
    void add(Mark mark, std::string_view wrong, std::string_view right);

    bool empty() const noexcept { return errors_.empty(); }
    const std::string& file() const noexcept { return file_; }
    // Sorted by position, each once.
    const std::vector<Diagnostic>& errors() const noexcept { return errors_; }
    // "file:line:column: what is wrong; what would be right", one a line.
    std::string text() const;
    std::vector<std::string> lines() const;  // the same, without their ends

private:
    std::string file_;
    std::vector<Diagnostic> errors_;
};

// In double quotes, control characters escaped, cut to a length fit for a message.
std::string quote(std::string_view text);

// The word that was most likely meant, or empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

// What would be right where a word is none of `words`:
// `did you mean "port"? (allowed: host, port)`.
std::string suggest(std::string_view word, std::span<const std::string_view> words);

}  // namespace ingest::app::config
