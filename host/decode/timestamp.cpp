#include "decode/timestamp.h"

#include <chrono>
#include <cmath>

#include "base/ascii.h"

namespace ingest::decode {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;

// Takes from the front of a text; stays failed once something else stood there.
class Reader {
public:
    explicit Reader(std::string_view text) : left_(text) {}

    int digits(std::size_t count) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (i >= left_.size() || !is_digit(left_[i])) {
                ok_ = false;
                return 0;
            }
            value = value * 10 + (left_[i] - '0');
        }
        left_.remove_prefix(count);
        return value;
    }
    bool take_if(std::string_view any_of) noexcept {
        if (left_.empty() || any_of.find(left_.front()) == std::string_view::npos) return false;
        left_.remove_prefix(1);
        return true;
    }
    void take(std::string_view any_of) noexcept { ok_ = take_if(any_of) && ok_; }
    char next() const noexcept { return left_.empty() ? '\0' : left_.front(); }
    bool done() const noexcept { return ok_ && left_.empty(); }
    void fail() noexcept { ok_ = false; }

private:
    std::string_view left_;
    bool ok_ = true;
};

std::int64_t fraction_us(Reader& in) noexcept {
    std::int64_t us = 0;
    std::int64_t unit = us_per_second;
    do {
        unit /= 10;
        us += unit * in.digits(1);
    } while (is_digit(in.next()));
    return us;
}

std::int64_t zone_seconds(Reader& in) noexcept {
    if (in.take_if("Zz") || in.next() == '\0') return 0;
    const bool west = in.next() == '-';
    in.take("+-");
    const int hours = in.digits(2);
    in.take_if(":");
    const int minutes = in.digits(2);
    if (hours > 23 || minutes > 59) in.fail();
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return west ? -seconds : seconds;
}

std::optional<std::int64_t> within_years(std::int64_t us) noexcept {
    if (us < timestamp_us_min || us > timestamp_us_max) return std::nullopt;
    return us;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
    using namespace std::chrono;
    Reader in(text);
    const int year_number = in.digits(4);
    in.take("-");
    const int month_number = in.digits(2);
    in.take("-");
    const int day_number = in.digits(2);
    in.take("Tt ");
    const int hours_of_day = in.digits(2);
    in.take(":");
    const int minutes_of_hour = in.digits(2);
    in.take(":");
    const int seconds_of_minute = in.digits(2);
    const std::int64_t us = in.take_if(".") ? fraction_us(in) : 0;
    const std::int64_t zone = zone_seconds(in);

    const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                              day(static_cast<unsigned>(day_number)));
    if (!in.done() || year_number == 0 || !date.ok() || hours_of_day > 23 ||
        minutes_of_hour > 59 || seconds_of_minute > 59) {
        return std::nullopt;
    }
    const std::int64_t days_since_epoch = sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days_since_epoch * 86'400 + hours_of_day * 3600 +
                                 minutes_of_hour * 60 + seconds_of_minute - zone;
    return within_years(seconds * us_per_second + us);
}

std::optional<std::int64_t> epoch_timestamp(double number) noexcept {
    constexpr double seconds_max = 2e10;
    constexpr double ms_max = 2.6e14;  // beyond the years, and far from overflow below
    constexpr double seconds_min = -6.3e10;
    if (!(number >= seconds_min && number <= ms_max)) return std::nullopt;
    const std::int64_t us_per_unit = number > seconds_max ? 1000 : us_per_second;
    // The whole part and the rest are exact, so only the rest's product is rounded.
    const double whole = std::floor(number);
    const auto rest_us = std::llround((number - whole) * static_cast<double>(us_per_unit));
    return within_years(static_cast<std::int64_t>(whole) * us_per_unit + rest_us);
}

}  // namespace ingest::decode
