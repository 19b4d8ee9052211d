// libFuzzer target: any bytes, as a single reading, as a batch and as NDJSON, with every treatment
// of unknown members. Beside what the sanitizers see, what Decoded promises is checked.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fuzz/decode_rig.h"

using namespace ingest;

namespace {

void run(test::DecodeRig& rig, std::string_view body) {
    rig.decoder.single(body, {0, "", rig.ids}, rig.batch, rig.decoded);
    rig.check_promises();
    rig.decoder.batch(body, {0, "key", rig.ids}, rig.batch, rig.decoded);
    rig.check_promises();
    rig.decoder.lines(body, {0, "key", rig.ids}, rig.batch, rig.decoded);
    rig.check_promises();
    check(!rig.decoded.malformed, "a bad line is a finding");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::decode_with_all({reinterpret_cast<const char*>(data), size}, run);
    return 0;
}
