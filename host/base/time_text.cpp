#include "base/time_text.h"

namespace ingest {
namespace {

void append_digits(std::string& out, unsigned value, int width) {
    char text[8];
    for (int i = width - 1; i >= 0; --i) {
        text[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text, static_cast<size_t>(width));
}

}  // namespace

std::int64_t now_us() noexcept {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t monotonic_ns() noexcept { return monotonic_ns(std::chrono::steady_clock::now()); }

std::int64_t monotonic_ns(std::chrono::steady_clock::time_point when) noexcept {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(when.time_since_epoch()).count();
}

void append_rfc3339(std::string& out, std::int64_t us_since_epoch) {
    using namespace std::chrono;
    const sys_time<microseconds> when{microseconds(us_since_epoch)};
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, static_cast<unsigned>(time.hours().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(time.minutes().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(time.seconds().count()), 2);
    if (time.subseconds().count() != 0) {
        out += '.';
        append_digits(out, static_cast<unsigned>(time.subseconds().count()), 6);
    }
    out += 'Z';
}

std::string to_rfc3339(std::int64_t us_since_epoch) {
    std::string text;
    text.reserve(27);
    append_rfc3339(text, us_since_epoch);
    return text;
}

}  // namespace ingest
