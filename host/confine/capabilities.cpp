#include "confine/capabilities.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ingest::confine {
namespace {

// Not CAP_DAC_READ_SEARCH, by which files are opened without a path, outside of a container too.
constexpr std::uint64_t kept = [] {
    std::uint64_t bits = 0;
    for (const int one : {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_NET_BIND_SERVICE}) {
        bits |= std::uint64_t{1} << one;
    }
    return bits;
}();

std::uint32_t half(std::uint64_t bits, std::size_t which) {
    return static_cast<std::uint32_t>(bits >> (32 * which));
}

}  // namespace

Result<void> drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0) {
        return os_error("capabilities cannot be read", errno);
    }
    if (data[0].permitted == 0 && data[1].permitted == 0) return {};
    // Who may not change this set has CAP_SETPCAP neither now nor later.
    for (int one = 0; ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one) {
        ::prctl(PR_CAPBSET_DROP, one, 0, 0, 0);
    }
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i].permitted &= half(kept, i);
        data[i].effective &= half(kept, i);
        data[i].inheritable = 0;
    }
    if (::syscall(SYS_capset, &header, data.data()) != 0) {
        return os_error("capabilities cannot be given up", errno);
    }
    return {};
}

}  // namespace ingest::confine
