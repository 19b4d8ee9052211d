// libFuzzer target: any bytes as CSV, alone and behind a line of names that is right, with every
// treatment of columns that are unknown. Beside what the sanitizers see, what Decoded promises is
// checked.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fuzz/decode_rig.h"

using namespace ingest;

namespace {

void run(test::DecodeRig& rig, std::string_view body) {
    rig.decoder.csv(body, {0, "key", rig.ids}, rig.batch, rig.decoded);
    rig.check_promises();
    check(!rig.decoded.malformed, "a bad line is a finding");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    test::decode_with_all(body, run);
    std::string named = "running,equipment_id,temperature,site,cycles,serviced_at\n";
    named += body;
    test::decode_with_all(named, run);
    return 0;
}
