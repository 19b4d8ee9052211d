// libFuzzer target: bytes as a file of keys that sign tokens.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/key_set.h"
#include "base/check.h"

using namespace ingest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<FileTrouble> troubles;
    const auto keys =
        access::KeySet::parse({reinterpret_cast<const char*>(data), size}, troubles);
    for (const FileTrouble& trouble : troubles) {
        check(!trouble.wrong.empty() && !trouble.right.empty(), "a trouble says what is right");
    }
    for (const char* id : {"", "a", "k"}) {
        const access::SigningKey* key = keys.find(id);
        if (key == nullptr) continue;
        check(!key->signed_this("text", ""), "nothing is no signature");
        check(!key->signed_this("text", std::string(64, 'x')), "nobody finds a signature");
    }
    return 0;
}
