#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "deliver/dead_letter_file.h"
#include "deliver/settled_letters.h"
#include "spool/file.h"

namespace ingest::deliver {

// The dead letters of one sink as an operator sees and settles them, while the host runs and while
// it does not: it reads the host's files and writes one of its own (settled_letters.h). A letter
// counts as settled only once that is durable, and files go only after that, so ending at any
// moment loses none. One thread; owns its lock, if it took it, until it dies.
class DeadLetterOffice {
public:
    // `files` outlives it.
    DeadLetterOffice(std::filesystem::path spool_dir, std::string sink, spool::FileSystem& files);

    static std::filesystem::path dir_in(const std::filesystem::path& spool_dir);
    // The sinks that have files of letters.
    static Result<std::vector<std::string>> sinks(const std::filesystem::path& spool_dir,
                                                  spool::FileSystem& files);

    // What stood in the way of reading, in words.
    struct Trouble {
        std::vector<std::string> closed;   // files that cannot be read; letters may be in them
        std::vector<std::string> damaged;  // bytes in a file that are no letter
    };
    // Every letter that is not settled, once, file by file.
    Result<Trouble> for_each(const LetterVisitor& visit) const;

    // The right to settle. An error names the process that has it.
    Result<void> lock();
    // REQUIRES of both: lock(). Durable on return.
    Result<void> settle(std::span<const LetterId> letters, const Settlement& settlement);
    // Removes the files of which every letter is settled, the newest only while no host runs, and
    // what need not be remembered any more. Returns how many files went.
    Result<std::size_t> sweep();

private:
    struct Sorted {
        std::vector<std::uint64_t> done;  // files to remove
        std::set<LetterId> settled;       // in the others
        bool all_read = true;
    };
    std::filesystem::path path_of(std::uint64_t number) const;
    Result<std::vector<std::uint64_t>> numbers() const;
    void sort_out(std::uint64_t number, bool may_go, Sorted& sorted) const;
    Result<std::size_t> forget(const Sorted& sorted);

    const std::filesystem::path spool_dir_;
    const std::filesystem::path dir_;
    const std::string sink_;
    spool::FileSystem& files_;
    std::unique_ptr<spool::File> lock_;
    std::optional<SettledLetters> settled_;  // with the lock
};

}  // namespace ingest::deliver
