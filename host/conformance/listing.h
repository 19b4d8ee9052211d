#pragma once

#include <span>
#include <string>

namespace ingest::conformance {

// "a, b, c and 12 more": the first `most` of them.
template <class Range>
std::string listed(const Range& texts, std::size_t most = 8) {
    std::string out;
    std::size_t count = 0;
    for (const auto& text : texts) {
        if (++count > most) continue;
        if (count > 1) out += ", ";
        out += text;
    }
    if (count > most) out += " and " + std::to_string(count - most) + " more";
    return out;
}

}  // namespace ingest::conformance
