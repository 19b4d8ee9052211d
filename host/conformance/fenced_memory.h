#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ingest::conformance {

// Where bytes stand in their pages: at the end, so that the first byte behind them is in a guard,
// or at the beginning, so that the byte in front of them is.
enum class Placed { at_end, at_begin };

// Copies of bytes that can only be read, each in pages of its own between two pages that cannot
// even be read: whoever touches more than what it was given crashes, with the name of the bytes in
// the report (fault_report.h). The memory stays mapped until the process ends, for plugins that
// keep what was only lent. One thread.
class FencedMemory {
public:
    // A multiple of 64 bytes, at an address that is one too, zeros behind the bytes.
    void* keep(const void* bytes, std::size_t size, Placed placed, std::string name);
    // Without padding: the fence begins right behind the last byte. Placed at the end.
    void* keep_exactly(const void* bytes, std::size_t size, std::string name);

    // From here on nobody may even read: what was lent was given back.
    void take_back() noexcept;

private:
    struct Pages {
        void* begin;
        std::size_t size;
    };
    void* keep_in_pages(const void* bytes, std::size_t size, std::size_t room, Placed placed,
                        std::string name);
    std::vector<Pages> kept_;
};

// A T that can be written to, with a guard right behind it: a callee that writes more than the
// struct_size that it was told crashes. Lives until the process ends.
void* fenced_room(std::size_t size, const char* name);

}  // namespace ingest::conformance
