#include "deliver/replay.h"

#include <limits>

#include "base/time_text.h"
#include "deliver/retry.h"

namespace ingest::deliver {

Result<void> Replay::write(std::span<const ReplayedLetter> letters) {
    if (letters.empty()) return {};
    Slice slice{{0, std::numeric_limits<std::uint64_t>::max()}, {}};
    for (const ReplayedLetter& letter : letters) {
        slice.records.push_back({letter.id.sequence, letter.reading});
    }
    const auto deadline = std::chrono::steady_clock::now() + write_timeout_;
    batches_.fill(slice, monotonic_ns(deadline));
    const plugin::Answer answer = sink_.write(batches_.batches());
    switch (verdict_of(answer.code)) {
        case Verdict::done: return events_.stored(letters);
        case Verdict::retry: return Error{answer.message};
        case Verdict::halve: break;
    }
    if (letters.size() == 1) {
        events_.refused(letters.front(), answer.message);
        return {};
    }
    const auto first = letters.first(letters.size() / 2);
    if (auto written = write(first); !written) return written;
    return write(letters.subspan(first.size()));
}

}  // namespace ingest::deliver
