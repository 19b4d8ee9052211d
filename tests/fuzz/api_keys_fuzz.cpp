// libFuzzer target: bytes as a file of API keys.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/api_key.h"
#include "base/check.h"

using namespace ingest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<FileTrouble> troubles;
    const auto keys =
        access::parse_keys({reinterpret_cast<const char*>(data), size}, troubles);
    check(keys.size() <= access::keys_max, "keys are bounded");
    if (!troubles.empty()) return 0;
    for (const access::ApiKey& key : keys) {
        check(access::is_key_name(key.name), "each key has a name");
    }
    // What the commands write means the same again.
    const std::string text = access::key_file_text(keys);
    const auto again = access::parse_keys(text, troubles);
    check(troubles.empty() && again.size() == keys.size(), "what is written is read");
    check(access::key_file_text(again) == text, "keys are their text");
    return 0;
}
