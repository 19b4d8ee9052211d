#include "http/chunked.h"

#include <algorithm>

#include "http/ascii.h"

namespace ingest::http {

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) noexcept {
    std::size_t at = 0;
    while (at < input.size()) {
        if (expect_ == Expect::data) {
            const std::uint64_t run = std::min<std::uint64_t>(left_, input.size() - at);
            left_ -= run;
            if (left_ == 0) expect_ = Expect::data_cr;
            const std::string_view data = input.substr(at, static_cast<std::size_t>(run));
            return {State::data, at + data.size(), data};
        }
        if (!take(input[at])) return {State::bad, at, {}};
        ++at;
        if (done_) return {State::done, at, {}};
    }
    return {State::more, at, {}};
}

bool ChunkedDecoder::take(char c) noexcept {
    switch (expect_) {
        case Expect::size:
            if (const int digit = hex_value(c); digit >= 0) {
                if (++digits_ > 16) return false;
                left_ = left_ << 4 | static_cast<unsigned>(digit);
                return true;
            }
            if (digits_ == 0) return false;
            if (c == ';') expect_ = Expect::extension;
            else if (c == '\r') expect_ = Expect::size_lf;
            else return false;
            return true;
        case Expect::extension:
            if (c == '\r') {
                expect_ = Expect::size_lf;
                return true;
            }
            return (is_visible(c) || is_blank(c)) && ++extension_ <= extension_max;
        case Expect::size_lf:
            expect_ = left_ == 0 ? Expect::end_cr : Expect::data;
            return c == '\n';
        case Expect::data:
            return false;  // next() does not come here with it
        case Expect::data_cr:
            expect_ = Expect::data_lf;
            return c == '\r';
        case Expect::data_lf:
            digits_ = extension_ = 0;
            expect_ = Expect::size;
            return c == '\n';
        case Expect::end_cr:
            expect_ = Expect::end_lf;
            return c == '\r';
        case Expect::end_lf:
            done_ = true;
            return c == '\n';
    }
    return false;
}

}  // namespace ingest::http
