// libFuzzer target: texts as timestamps, and their first eight bytes as a number.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "base/time_text.h"
#include "decode/timestamp.h"

namespace {

using namespace ingest;

// Our own text for it means the same again.
void check_time(std::optional<std::int64_t> us) {
    if (!us) return;
    check(*us >= decode::timestamp_us_min && *us <= decode::timestamp_us_max,
          "a time is in the years 0001 to 9999");
    check(decode::parse_timestamp(to_rfc3339(*us)) == us, "a time is its text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_time(decode::parse_timestamp({reinterpret_cast<const char*>(data), size}));
    double number = 0;
    if (size < sizeof number) return 0;
    std::memcpy(&number, data, sizeof number);
    check_time(decode::epoch_timestamp(number));
    return 0;
}
