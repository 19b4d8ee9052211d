#pragma once

#include <malloc.h>

#include <atomic>
#include <cstdlib>

#include <openssl/crypto.h>

namespace ingest::http {

// The bytes that OpenSSL holds, once count_openssl_memory() was called before anything else of it.
inline std::atomic<std::size_t> openssl_bytes{0};

inline void* counted(void* block) {
    openssl_bytes += ::malloc_usable_size(block);
    return block;
}

inline bool count_openssl_memory() {
    const auto allocate = [](std::size_t size, const char*, int) {
        return counted(std::malloc(size));
    };
    const auto move = [](void* block, std::size_t size, const char*, int) {
        openssl_bytes -= ::malloc_usable_size(block);
        return counted(std::realloc(block, size));
    };
    const auto free = [](void* block, const char*, int) {
        openssl_bytes -= ::malloc_usable_size(block);
        std::free(block);
    };
    return CRYPTO_set_mem_functions(allocate, move, free) == 1;
}

}  // namespace ingest::http
