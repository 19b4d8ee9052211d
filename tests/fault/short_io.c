// LD_PRELOADed into a host: its positioned reads and writes come back short, as a signal or a full
// disk makes them. Two of three calls move only part of the bytes; nothing else changes.
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static size_t shortened(size_t size) {
    static atomic_uint calls;
    static const unsigned parts[] = {1, 2, 7};
    const size_t some = size / parts[atomic_fetch_add(&calls, 1) % 3];
    return some == 0 ? size : some;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    return syscall(SYS_pwrite64, fd, bytes, shortened(size), offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
    return pwrite(fd, bytes, size, offset);
}

ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
    return syscall(SYS_pread64, fd, bytes, shortened(size), offset);
}

ssize_t pread64(int fd, void* bytes, size_t size, off64_t offset) {
    return pread(fd, bytes, size, offset);
}
