#include "confine/call_filter.h"

#include <cerrno>

namespace ingest::confine {
namespace {

constexpr std::uint64_t low_half = 0xFFFF'FFFF;

}  // namespace

scmp_arg_cmp is_among(unsigned argument, std::uint32_t mask, std::uint32_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

scmp_arg_cmp is(unsigned argument, std::uint32_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, low_half, value};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint32_t bits) {
    return is_among(argument, bits, bits);
}

scmp_arg_cmp lacks_bits(unsigned argument, std::uint32_t bits) {
    return is_among(argument, bits, 0);
}

scmp_arg_cmp is_not(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_NE, value, 0};
}

scmp_arg_cmp is_above(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_GT, value, 0};
}

CallFilter::CallFilter(const Options& options)
    : context_(seccomp_init(options.otherwise), &seccomp_release) {
    if (!context_) {
        failed_ = ENOMEM;
        return;
    }
    const auto set = [&](scmp_filter_attr attribute, std::uint32_t value) {
        const int result = seccomp_attr_set(context_.get(), attribute, value);
        if (result != 0 && failed_ == 0) failed_ = -result;
    };
    // Calls of another architecture's numbering (32 bits on a machine of 64).
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    set(SCMP_FLTATR_CTL_TSYNC, 1);
    set(SCMP_FLTATR_CTL_LOG, options.is_told ? 1 : 0);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree: a few comparisons for each call
}

void CallFilter::add(std::uint32_t action, int number,
                     std::initializer_list<scmp_arg_cmp> conditions) {
    if (failed_ != 0) return;
    const int result =
        seccomp_rule_add_array(context_.get(), action, number,
                               static_cast<unsigned>(conditions.size()), conditions.begin());
    if (result != 0) failed_ = -result;
}

void CallFilter::refuse(const char* call, std::initializer_list<scmp_arg_cmp> conditions) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number >= 0) add(SCMP_ACT_ERRNO(EPERM), number, conditions);
}

void CallFilter::allow(int number) { add(SCMP_ACT_ALLOW, number, {}); }

Result<void> CallFilter::load() {
    if (failed_ == 0) failed_ = -seccomp_load(context_.get());
    if (failed_ == 0) return {};
    return os_error("the kernel takes no filter of system calls", failed_);
}

}  // namespace ingest::confine
