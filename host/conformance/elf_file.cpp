#include "conformance/elf_file.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include <elf.h>

namespace ingest::conformance {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half this_machine = EM_AARCH64;
#else
constexpr Elf64_Half this_machine = EM_NONE;  // any
#endif

// Reads structs out of the file's bytes; what lies outside of them is damage.
class Reader {
public:
    explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}

    template <class Struct>
    bool get(std::uint64_t offset, Struct& to) const noexcept {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof to) return false;
        std::memcpy(&to, bytes_.data() + offset, sizeof to);
        return true;
    }
    std::string text(std::uint64_t offset) const {
        if (offset >= bytes_.size()) return {};
        return bytes_.substr(offset, bytes_.find('\0', offset) - offset);
    }

private:
    std::string bytes_;
};

void add_symbol(const Reader& reader, const Elf64_Sym& symbol, const Elf64_Shdr& strings,
                ElfFile& elf) {
    const unsigned bind = ELF64_ST_BIND(symbol.st_info);
    const unsigned seen = ELF64_ST_VISIBILITY(symbol.st_other);
    if (bind == STB_LOCAL || seen == STV_HIDDEN || seen == STV_INTERNAL) return;
    ElfFile::Symbol named{reader.text(strings.sh_offset + symbol.st_name), bind == STB_GNU_UNIQUE,
                          bind == STB_WEAK};
    if (named.name.empty()) return;
    (symbol.st_shndx == SHN_UNDEF ? elf.undefined : elf.exported).push_back(std::move(named));
}

void add_dynamic(const Reader& reader, const Elf64_Dyn& entry, const Elf64_Shdr& strings,
                 ElfFile& elf) {
    if (entry.d_tag == DT_NEEDED) {
        elf.needed.push_back(reader.text(strings.sh_offset + entry.d_un.d_val));
    }
    if (entry.d_tag == DT_TEXTREL) elf.text_relocations = true;
    if (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0) {
        elf.text_relocations = true;
    }
    if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH) return;
    const std::string path = reader.text(strings.sh_offset + entry.d_un.d_val);
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        if (end > at) elf.run_path.push_back(path.substr(at, end - at));
        at = end + 1;
    }
}

// The entries of a section, each a Struct.
template <class Struct, class Add>
bool read_entries(const Reader& reader, const Elf64_Shdr& section, Add add) {
    for (std::uint64_t at = 0; at + sizeof(Struct) <= section.sh_size; at += sizeof(Struct)) {
        Struct entry;
        if (!reader.get(section.sh_offset + at, entry)) return false;
        add(entry);
    }
    return true;
}

bool read_sections(const Reader& reader, const Elf64_Ehdr& head, ElfFile& elf) {
    for (unsigned i = 0; i < head.e_shnum; ++i) {
        Elf64_Shdr section;
        Elf64_Shdr strings;
        if (!reader.get(head.e_shoff + i * sizeof section, section)) return false;
        if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_DYNAMIC) continue;
        if (!reader.get(head.e_shoff + section.sh_link * sizeof strings, strings)) return false;
        const bool read =
            section.sh_type == SHT_DYNSYM
                ? read_entries<Elf64_Sym>(
                      reader, section,
                      [&](const Elf64_Sym& symbol) { add_symbol(reader, symbol, strings, elf); })
                : read_entries<Elf64_Dyn>(reader, section, [&](const Elf64_Dyn& entry) {
                      add_dynamic(reader, entry, strings, elf);
                  });
        if (!read) return false;
    }
    return true;
}

bool read_segments(const Reader& reader, const Elf64_Ehdr& head, ElfFile& elf) {
    // Without the note the loader assumes the worst.
    elf.executable_stack = true;
    for (unsigned i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!reader.get(head.e_phoff + i * sizeof segment, segment)) return false;
        if (segment.p_type == PT_GNU_STACK) elf.executable_stack = (segment.p_flags & PF_X) != 0;
    }
    return true;
}

}  // namespace

Result<ElfFile> read_elf(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return Error{"cannot read " + file.string()};
    const Reader reader(std::string(std::istreambuf_iterator<char>(stream), {}));
    Elf64_Ehdr head;
    if (!reader.get(0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
        return Error{"it is no ELF file"};
    }
    if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN) {
        return Error{"it is no 64-bit shared library"};
    }
    if (this_machine != EM_NONE && head.e_machine != this_machine) {
        return Error{"it is for another machine (e_machine " + std::to_string(head.e_machine) +
                     ", here " + std::to_string(this_machine) + ")"};
    }
    ElfFile elf;
    if (!read_sections(reader, head, elf) || !read_segments(reader, head, elf)) {
        return Error{"its tables are damaged: it is shorter than they say"};
    }
    return elf;
}

}  // namespace ingest::conformance
