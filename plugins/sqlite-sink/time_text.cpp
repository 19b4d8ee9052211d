#include "time_text.h"

#include <chrono>

namespace ingest::sqlite_sink {

using namespace std::chrono;

namespace {

char* put_digits(char* to, uint64_t value, int width) noexcept {
    for (int i = width - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
    return to + width;
}

// Cuts the text's front off, piece by piece; after a piece that is not there nothing more is.
class Pieces {
public:
    explicit Pieces(std::string_view text) noexcept : rest_(text) {}

    bool sound() const noexcept { return sound_; }
    bool at_end() const noexcept { return rest_.empty(); }

    int number(size_t width) noexcept {
        if (rest_.size() < width) sound_ = false;
        int value = 0;
        for (size_t i = 0; i < width && sound_; ++i) {
            if (!is_digit(rest_[i])) sound_ = false;
            value = value * 10 + (rest_[i] - '0');
        }
        if (sound_) rest_.remove_prefix(width);
        return sound_ ? value : 0;
    }
    // One of these characters, or '\0'.
    char take(std::string_view any_of) noexcept {
        if (!sound_ || rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
            return '\0';
        }
        const char taken = rest_.front();
        rest_.remove_prefix(1);
        return taken;
    }
    void need(std::string_view any_of) noexcept { sound_ = take(any_of) != '\0' && sound_; }

    // Digits of a fraction of a second; what is finer than microseconds is cut off.
    int microseconds_of_fraction() noexcept {
        int value = 0;
        int digits = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), ++digits) {
            if (digits < 6) value = value * 10 + (rest_.front() - '0');
        }
        if (digits == 0) sound_ = false;
        for (; digits < 6; ++digits) value *= 10;
        return value;
    }

private:
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    std::string_view rest_;
    bool sound_ = true;
};

}  // namespace

TimeText to_time_text(int64_t us_since_epoch) noexcept {
    const sys_time<microseconds> time{microseconds{us_since_epoch}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto us = static_cast<uint64_t>((time - day).count());
    const uint64_t second = us / 1'000'000;

    TimeText out;
    char* to = put_digits(out.text, static_cast<uint64_t>(int{date.year()}), 4);
    *to++ = '-';
    to = put_digits(to, unsigned{date.month()}, 2);
    *to++ = '-';
    to = put_digits(to, unsigned{date.day()}, 2);
    *to++ = ' ';
    to = put_digits(to, second / 3600, 2);
    *to++ = ':';
    to = put_digits(to, second / 60 % 60, 2);
    *to++ = ':';
    to = put_digits(to, second % 60, 2);
    *to++ = '.';
    put_digits(to, us % 1'000'000, 6);
    return out;
}

std::optional<int64_t> read_time_text(std::string_view text) noexcept {
    Pieces pieces(text);
    const year y{pieces.number(4)};
    pieces.need("-");
    const month m{static_cast<unsigned>(pieces.number(2))};
    pieces.need("-");
    const day d{static_cast<unsigned>(pieces.number(2))};
    pieces.need(" T");
    const int h = pieces.number(2);
    pieces.need(":");
    const int min = pieces.number(2);
    pieces.need(":");
    const int s = pieces.number(2);
    const int us = pieces.take(".") != '\0' ? pieces.microseconds_of_fraction() : 0;
    int offset_minutes = 0;
    if (const char zone = pieces.take("Z+-"); zone == '+' || zone == '-') {
        offset_minutes = pieces.number(2) * 60;
        pieces.need(":");
        offset_minutes += pieces.number(2);
        if (zone == '-') offset_minutes = -offset_minutes;
    }
    const year_month_day date{y, m, d};
    if (!pieces.sound() || !pieces.at_end() || !date.ok()) return {};
    if (h > 23 || min > 59 || s > 59) return {};
    const auto time = sys_days{date} + hours{h} + minutes{min - offset_minutes} + seconds{s};
    return (sys_time<microseconds>{time} + microseconds{us}).time_since_epoch().count();
}

}  // namespace ingest::sqlite_sink
