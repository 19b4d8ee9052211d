#include "plugin/library_search.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "plugin/trusted_path.h"

namespace ingest::plugin {
namespace {

namespace fs = std::filesystem;

using Header = ElfW(Ehdr);
using Part = ElfW(Phdr);
using Entry = ElfW(Dyn);

class Mapping {
public:
    explicit Mapping(int file) {
        struct stat status{};
        if (::fstat(file, &status) != 0 || status.st_size <= 0) return;
        size_ = static_cast<std::size_t>(status.st_size);
        start_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (start_ != MAP_FAILED) ::munmap(start_, size_);
    }
    bool failed() const noexcept { return size_ > 0 && start_ == MAP_FAILED; }
    std::string_view bytes() const noexcept {
        return size_ > 0 ? std::string_view(static_cast<const char*>(start_), size_)
                         : std::string_view();
    }

private:
    void* start_ = MAP_FAILED;
    std::size_t size_ = 0;
};

template <class T>
std::optional<T> read(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// The parts of a library's file that the loader looks at.
class Dynamic {
public:
    explicit Dynamic(std::string_view bytes) : bytes_(bytes) {
        const auto header = read<Header>(bytes, 0);
        if (header && std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0) header_ = *header;
    }

    // Calls each(tag, text) for each entry that is a text until that says no.
    template <class Each>
    Result<void> texts(Each each) const {
        const auto dynamic = part([](const Part& one) { return one.p_type == PT_DYNAMIC; });
        if (!dynamic) return {};
        const auto table = offset_of(value(*dynamic, DT_STRTAB));
        if (!table) return {};
        for (std::uint64_t i = 0; i < dynamic->p_filesz / sizeof(Entry); ++i) {
            const auto entry = read<Entry>(bytes_, dynamic->p_offset + i * sizeof(Entry));
            if (!entry || entry->d_tag == DT_NULL) break;
            const std::uint64_t at = *table + entry->d_un.d_val;
            if (!is_text(entry->d_tag) || at < *table || at >= bytes_.size()) continue;
            const std::string_view rest = bytes_.substr(at);
            auto taken = each(entry->d_tag, std::string(rest.substr(0, rest.find('\0'))));
            if (!taken) return taken;
        }
        return {};
    }

private:
    static bool is_text(std::int64_t tag) noexcept {
        return tag == DT_NEEDED || tag == DT_RPATH || tag == DT_RUNPATH || tag == DT_FILTER ||
               tag == DT_AUXILIARY;
    }

    template <class Wanted>
    std::optional<Part> part(Wanted wanted) const {
        for (unsigned i = 0; i < header_.e_phnum; ++i) {
            const auto one = read<Part>(bytes_, header_.e_phoff + i * sizeof(Part));
            if (one && wanted(*one)) return one;
        }
        return std::nullopt;
    }

    std::uint64_t value(const Part& dynamic, std::int64_t tag) const {
        for (std::uint64_t i = 0; i < dynamic.p_filesz / sizeof(Entry); ++i) {
            const auto entry = read<Entry>(bytes_, dynamic.p_offset + i * sizeof(Entry));
            if (!entry || entry->d_tag == DT_NULL) break;
            if (entry->d_tag == tag) return entry->d_un.d_val;
        }
        return 0;
    }

    // In the file, of what is at `address` in memory.
    std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
        const auto loaded = part([address](const Part& one) {
            return one.p_type == PT_LOAD && address >= one.p_vaddr &&
                   address - one.p_vaddr < one.p_filesz;
        });
        if (!loaded) return std::nullopt;
        return loaded->p_offset + (address - loaded->p_vaddr);
    }

    const std::string_view bytes_;
    Header header_{};  // without parts unless it is one
};

Result<void> verify_place(const std::string& place, const fs::path& dir) {
    const std::string what = "looks for libraries in '" + place + "'";
    static constexpr std::string_view right =
        "; link it with an absolute directory that only root or the user of this process may "
        "write, or with none";
    if (place.find('$') != std::string::npos) {
        return Error{what + ", but is loaded from a copy in memory, beside which there is nothing" +
                     std::string(right)};
    }
    if (!fs::path(place).is_absolute()) {
        return Error{what + ", which depends on where the host is started" + std::string(right)};
    }
    if (const auto trusted = verify_search_directory(dir); !trusted) {
        return Error{what + ": " + trusted.error().message};
    }
    return {};
}

Result<void> verify_text(std::int64_t tag, const std::string& text) {
    if (tag != DT_RPATH && tag != DT_RUNPATH) {
        if (text.find('/') == std::string::npos) return {};
        return verify_place(text, fs::path(text).parent_path());
    }
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(':', at), text.size());
        const std::string place = text.substr(at, end - at);
        if (auto trusted = verify_place(place, place); !trusted) return trusted;
        at = end + 1;
    }
    return {};
}

}  // namespace

Result<void> verify_library_search(const fs::path& file, int memory) {
    const Mapping mapping(memory);
    if (mapping.failed()) return os_error("cannot look into " + file.string(), errno);
    auto verified = Dynamic(mapping.bytes()).texts(verify_text);
    if (!verified) return Error{file.string() + " " + verified.error().message};
    return {};
}

}  // namespace ingest::plugin
