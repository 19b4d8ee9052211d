#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include <seccomp.h>

#include "base/error.h"

namespace ingest::confine {

// Conditions on a call's arguments, which are counted from 0.
//
// The kernel takes many arguments as 32 bits and ignores what is above them: a comparison of all 64
// would let through who sets a bit there.
scmp_arg_cmp is(unsigned argument, std::uint32_t value);
scmp_arg_cmp has_bits(unsigned argument, std::uint32_t bits);
scmp_arg_cmp lacks_bits(unsigned argument, std::uint32_t bits);
scmp_arg_cmp is_among(unsigned argument, std::uint32_t mask, std::uint32_t value);
// Of all 64 bits: any bit above makes them differ, and larger.
scmp_arg_cmp is_not(unsigned argument, std::uint64_t value);
scmp_arg_cmp is_above(unsigned argument, std::uint64_t value);

// A filter of system calls as libseccomp builds it. Of several that are loaded the strictest word
// counts. One thread.
class CallFilter {
public:
    struct Options {
        std::uint32_t otherwise = SCMP_ACT_ALLOW;  // for calls without a rule
        bool is_told = true;  // to the kernel's audit log, when a call is refused
    };
    explicit CallFilter(const Options& options);

    // With EPERM, a call by its name, which this architecture may lack: then nothing is to be done.
    // With conditions: when all of them hold, at most one for each argument.
    void refuse(const char* call, std::initializer_list<scmp_arg_cmp> conditions = {});
    void allow(int number);
    // For all threads of the process.
    Result<void> load();

private:
    void add(std::uint32_t action, int number, std::initializer_list<scmp_arg_cmp> conditions);

    std::unique_ptr<void, decltype(&seccomp_release)> context_;
    int failed_ = 0;  // the first errno value of building it
};

}  // namespace ingest::confine
