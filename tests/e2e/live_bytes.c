// LD_PRELOADed into a host: counts the bytes that are allocated and not freed, so that a test sees
// growth that arenas and what free() keeps for later would hide. The count is the file
// $LIVE_BYTES_DIR/PID, eight bytes in the machine's order, mapped and so always current.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own names for what is counted here; valid for programs that bring a malloc of their own.
extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* old, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void* memory);

static atomic_long before_mapping;
static atomic_long* live = &before_mapping;

static void* counted(void* memory) {
    if (memory != NULL) atomic_fetch_add(live, (long)malloc_usable_size(memory));
    return memory;
}

static void forget(void* memory) {
    if (memory != NULL) atomic_fetch_sub(live, (long)malloc_usable_size(memory));
}

void* malloc(size_t size) { return counted(__libc_malloc(size)); }

void* calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void free(void* memory) {
    forget(memory);
    __libc_free(memory);
}

void* realloc(void* old, size_t size) {
    const long had = old == NULL ? 0 : (long)malloc_usable_size(old);
    void* memory = __libc_realloc(old, size);
    // Without a result the old one is still there, unless it was to be freed.
    if (memory != NULL || size == 0) atomic_fetch_sub(live, had);
    return counted(memory);
}

void* memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, size_t alignment, size_t size) {
    void* made = memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}

__attribute__((constructor)) static void map_count(void) {
    const char* directory = getenv("LIVE_BYTES_DIR");
    char path[4096];
    if (directory == NULL) return;
    snprintf(path, sizeof path, "%s/%d", directory, (int)getpid());
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *live) != 0) abort();
    void* mapped = mmap(NULL, sizeof *live, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) abort();
    atomic_long* count = mapped;
    atomic_store(count, atomic_load(&before_mapping));
    live = count;
}
