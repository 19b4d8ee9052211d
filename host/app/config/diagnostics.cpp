#include "app/config/diagnostics.h"

#include <algorithm>
#include <cctype>

#include "base/json_text.h"

namespace ingest::app::config {

namespace {

// Letters as lower case and '-' as '_': what people mix up is no distance.
std::string folded(std::string_view word) {
    std::string out(word);
    for (char& c : out) {
        c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

// Insertions, deletions, changes and swaps of neighbours that make one word the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

void Diagnostics::add(Mark mark, std::string_view wrong, std::string_view right) {
    Diagnostic error{mark, std::string(wrong)};
    if (!right.empty()) error.text.append("; ").append(right);
    const auto at = std::lower_bound(errors_.begin(), errors_.end(), error);
    // A node behind an alias is read once for each alias.
    if (at != errors_.end() && *at == error) return;
    errors_.insert(at, std::move(error));
}

std::vector<std::string> Diagnostics::lines() const {
    std::vector<std::string> lines;
    for (const Diagnostic& error : errors_) {
        std::string& line = lines.emplace_back(file_);
        if (error.mark.line > 0) {
            line += ':' + std::to_string(error.mark.line) + ':' + std::to_string(error.mark.column);
        }
        line += ": " + error.text;
    }
    return lines;
}

std::string Diagnostics::text() const {
    std::string out;
    for (const std::string& line : lines()) out += line + '\n';
    return out;
}

std::string quote(std::string_view text) {
    static constexpr std::size_t shown_max = 80;
    std::string out = "\"";
    std::size_t end = std::min(text.size(), shown_max);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    append_json_escaped(out, text.substr(0, end));
    if (end < text.size()) out += "...";
    return out + '"';
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
    static constexpr std::size_t word_max = 64;
    if (word.empty() || word.size() > word_max) return {};
    std::string_view best;
    std::size_t best_distance = word.size() < 3 ? 1 : 1 + word.size() / 3;
    for (const std::string_view candidate : words) {
        const std::size_t d = distance(folded(word), folded(candidate));
        if (d < best_distance || (d == best_distance && best.empty() && d < word.size())) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> words) {
    std::string allowed;
    for (const std::string_view candidate : words) {
        if (!allowed.empty()) allowed += ", ";
        allowed += candidate;
    }
    if (allowed.empty()) return "nothing is allowed here";
    const std::string_view meant = nearest(word, words);
    if (meant.empty()) return "allowed: " + allowed;
    return "did you mean " + quote(meant) + "? (allowed: " + allowed + ")";
}

}  // namespace ingest::app::config
