#pragma once

namespace ingest {

// For a std::unique_ptr to what a C library made: calls `free` on it.
template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const noexcept { free(object); }
};

}  // namespace ingest
