#include "deliver/dead_letter_office.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/check.h"
#include "spool/cursor.h"

namespace ingest::deliver {

DeadLetterOffice::DeadLetterOffice(std::filesystem::path spool_dir, std::string sink,
                                   spool::FileSystem& files)
    : spool_dir_(std::move(spool_dir)),
      dir_(dir_in(spool_dir_)),
      sink_(std::move(sink)),
      files_(files) {}

std::filesystem::path DeadLetterOffice::dir_in(const std::filesystem::path& spool_dir) {
    return spool_dir / "dead-letters";
}

Result<std::vector<std::string>> DeadLetterOffice::sinks(const std::filesystem::path& spool_dir,
                                                         spool::FileSystem& files) {
    const auto names = files.list(dir_in(spool_dir));
    if (names) return sinks_with_letters(*names);
    if (names.error().number != ENOENT) return names.error().error();
    // A spool has none before its first letter, but what is no spool is a mistake.
    if (const auto spool = files.list(spool_dir); !spool) return spool.error().error();
    return std::vector<std::string>{};
}

std::filesystem::path DeadLetterOffice::path_of(std::uint64_t number) const {
    return dir_ / letter_file_name(sink_, number);
}

Result<std::vector<std::uint64_t>> DeadLetterOffice::numbers() const {
    const auto names = files_.list(dir_);
    if (names) return letter_file_numbers(*names, sink_);
    if (names.error().number == ENOENT) return std::vector<std::uint64_t>{};
    return names.error().error();
}

Result<DeadLetterOffice::Trouble> DeadLetterOffice::for_each(const LetterVisitor& visit) const {
    // Before the files: what another command forgets meanwhile has left the files by then.
    const auto settled = read_settlements(files_, settled_path(dir_, sink_));
    if (!settled) return settled.error();
    const auto listed = numbers();
    if (!listed) return listed.error();
    Trouble trouble;
    // A letter whose sync failed was written again, and may be there twice.
    std::set<LetterId> seen;
    bool more = true;
    for (const std::uint64_t number : *listed) {
        if (!more) break;
        const auto path = path_of(number);
        const auto file = files_.open_to_read(path);
        if (!file && file.error().number == ENOENT) continue;  // settled and gone
        if (!file) {
            trouble.closed.push_back(file.error().error().message);
            continue;
        }
        const auto content = read_letter_file(
            **file, path, [&](const DeadLetter& letter, const model::Batch& reading) {
                const LetterId id = id_of(letter, reading);
                if (!settled->contains(id) && seen.insert(id).second) more = visit(letter, reading);
                return more;
            });
        if (!content) {
            trouble.closed.push_back(content.error().message);
        } else if (more && content->unreadable > 0) {
            trouble.damaged.push_back(path.string() + " has " +
                                      std::to_string(content->unreadable) +
                                      " bytes that are no letter");
        }
    }
    return trouble;
}

Result<void> DeadLetterOffice::lock() {
    auto lock = files_.lock(dir_ / (sink_ + ".lock"));
    if (!lock) return lock.error().error();
    auto settled = SettledLetters::open(settled_path(dir_, sink_), files_);
    if (!settled) return settled.error();
    lock_ = std::move(*lock);
    settled_.emplace(std::move(*settled));
    return {};
}

Result<void> DeadLetterOffice::settle(std::span<const LetterId> letters,
                                      const Settlement& settlement) {
    check(settled_.has_value(), "letters are settled under the lock");
    return settled_->add(letters, settlement);
}

// Is anything left of this file? What cannot be read stays: it may be a letter.
void DeadLetterOffice::sort_out(std::uint64_t number, bool may_go, Sorted& sorted) const {
    const auto path = path_of(number);
    const auto file = files_.open_to_read(path);
    if (!file) {
        sorted.all_read = false;
        return;
    }
    std::vector<LetterId> settled;
    bool done = true;
    const auto content = read_letter_file(
        **file, path, [&](const DeadLetter& letter, const model::Batch& reading) {
            const LetterId id = id_of(letter, reading);
            if (settled_->all().contains(id)) {
                settled.push_back(id);
            } else {
                done = false;
            }
            return true;
        });
    if (may_go && content && done && content->unreadable == 0) {
        sorted.done.push_back(number);
        return;
    }
    sorted.all_read = sorted.all_read && content.has_value();
    sorted.settled.insert(settled.begin(), settled.end());
}

Result<std::size_t> DeadLetterOffice::sweep() {
    check(settled_.has_value(), "files are removed under the lock");
    const auto before = numbers();
    if (!before) return before.error();
    if (before->empty()) return forget({});
    const std::uint64_t newest = before->back();
    Sorted sorted;
    // Nobody writes to these any more, whoever runs.
    for (const std::uint64_t number : *before) {
        if (number != newest) sort_out(number, true, sorted);
    }
    {
        const auto alone = files_.lock(spool_dir_ / "lock");
        const auto now = numbers();
        if (!now) return now.error();
        for (const std::uint64_t number : *now) {
            if (number >= newest) sort_out(number, alone || number != now->back(), sorted);
        }
        for (const std::uint64_t number : sorted.done) {
            if (const auto gone = files_.unlink(path_of(number)); !gone) {
                return gone.error().error();
            }
        }
        if (const auto synced = files_.sync_directory(dir_); !synced) {
            return synced.error().error();
        }
    }
    return forget(sorted);
}

// Of letters that are gone from the files, those that the lane may still bring again are
// remembered, so that they stay settled: when the power goes, the cursor falls back to what was
// last synced.
Result<std::size_t> DeadLetterOffice::forget(const Sorted& sorted) {
    const auto file = files_.open_to_read(spool_dir_ / spool::Cursor::file_name(sink_));
    if (!sorted.all_read || !file) return sorted.done.size();
    const auto cursor = spool::read_cursor(**file, sink_);
    if (!cursor || !*cursor || !(*cursor)->both_valid) return sorted.done.size();
    Settlements needed;
    for (const auto& [letter, settlement] : settled_->all()) {
        if (letter.sequence >= (*cursor)->durable || sorted.settled.contains(letter)) {
            needed.emplace(letter, settlement);
        }
    }
    if (needed.size() < settled_->all().size()) {
        if (const auto kept = settled_->keep(std::move(needed)); !kept) return kept.error();
    }
    return sorted.done.size();
}

}  // namespace ingest::deliver
