#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace ingest {

// Tells when files have changed, by looking at them: that sees what inotify(7) does not, on network
// file systems and behind symbolic links, and costs a stat() each. One thread.
class FileWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    // Between two looks. A file that changes is looked at sooner, until it holds still: one that is
    // written in its place is not read half done.
    static constexpr std::chrono::milliseconds pause_max{1'000};
    static constexpr std::chrono::milliseconds still{200};
    // One that is missing may be about to be replaced.
    static constexpr std::chrono::milliseconds missing_still{2'000};

    enum class Sight {
        same,     // as before, or not still yet
        changed,  // they are not what they were, and hold still: once for each change
        again,    // as before, but again() was called
    };
    // Looks at these files. The first look is a change. Links are followed.
    Sight look(const std::vector<std::filesystem::path>& files, Time now);
    // For who could not take what he found: he gets it once more after pause_max.
    void again(Time now);
    // Until the next look.
    std::chrono::milliseconds pause(Time now) const noexcept;

private:
    struct Stamp {
        std::filesystem::path file;
        int error = 0;
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t modified_ns = 0;
        std::int64_t changed_ns = 0;  // of the inode: rights and owner too
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    static Stamp stamp_of(const std::filesystem::path& file);

    std::vector<Stamp> stamps_;
    Sight due_ = Sight::same;  // what is to be told of these
    Time due_at_;              // when they have held still
};

}  // namespace ingest
