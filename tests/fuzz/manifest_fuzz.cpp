// libFuzzer target: bytes as the manifest that a plugin describes itself with.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "plugin/manifest.h"

using namespace ingest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto manifest =
        plugin::parse_manifest({reinterpret_cast<const char*>(data), size});
    if (!manifest) {
        check(!manifest.error().message.empty(), "a refusal says why");
        return 0;
    }
    check(manifest->options.is_array(), "options are a list");
    for (const plugin::Manifest::Issue& issue : manifest->issues) {
        check(issue.code == "*" || plugin::is_issue_code(issue.code), "codes are of the grammar");
    }
    return 0;
}
