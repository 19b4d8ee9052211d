#include "plugin/trusted_path.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace ingest::plugin {
namespace {

namespace fs = std::filesystem;

constexpr int links_max = 40;  // as the kernel has it

Result<void> verify_owner(const fs::path& path, const struct stat& status) {
    if (status.st_uid == 0 || status.st_uid == ::geteuid()) return {};
    return Error{path.string() + " belongs to user " + std::to_string(status.st_uid) +
                 "; it must belong to root or to the user of this process"};
}

bool others_may_write(const struct stat& status) noexcept {
    return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool leads_to_executable(const fs::path& dir) {
    static const std::string executable = [] {
        std::error_code failed;
        return fs::read_symlink("/proc/self/exe", failed).string();
    }();
    return executable.starts_with(dir == "/" ? "/" : dir.string() + "/");
}

// Where a walk has come to.
class Walk {
public:
    explicit Walk(const fs::path& to) : to_(to) {
        std::error_code ignored;
        prepend(fs::absolute(to, ignored));
    }

    Result<void> run() {
        if (auto opened = start(); !opened) return opened;
        while (!left_.empty()) {
            const std::string name = left_.front();
            left_.pop_front();
            Descriptor next(
                ::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
            if (next.get() < 0 || ::fstat(next.get(), &status_) != 0) {
                error_ = errno;
                return os_error("cannot open " + (place_ / name).string(), errno);
            }
            if (auto stepped = step(name, std::move(next)); !stepped) return stepped;
        }
        return {};
    }

    Descriptor take() && { return std::move(at_); }
    // Of run(): what the system said when it failed, or 0.
    int error() const noexcept { return error_; }
    // Whether somebody else can make what is not there.
    bool others_may_add() const noexcept { return others_may_write(directory_); }

private:
    void prepend(const fs::path& path) {
        std::deque<std::string> names;
        for (const fs::path& part : path.relative_path()) {
            if (!part.empty() && part != ".") names.push_back(part);
        }
        left_.insert(left_.begin(), names.begin(), names.end());
    }

    Result<void> start() {
        at_ = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        place_ = "/";
        if (at_.get() < 0 || ::fstat(at_.get(), &status_) != 0) {
            return os_error("cannot open /", errno);
        }
        return arrive();
    }

    Result<void> step(const std::string& name, Descriptor next) {
        if (S_ISLNK(status_.st_mode)) return follow(place_ / name, next.get());
        place_ = name == ".." ? place_.parent_path() : place_ / name;
        if (!S_ISDIR(status_.st_mode)) {
            return Error{place_.string() + " is no directory; plugins are in one"};
        }
        at_ = std::move(next);
        return arrive();
    }

    Result<void> follow(const fs::path& link, int opened) {
        if (left_.empty()) {
            return Error{link.string() +
                         " is a symbolic link; name the directory that it leads to"};
        }
        if (auto owned = verify_owner(link, status_); !owned && !leads_to_executable(place_)) {
            return owned;
        }
        std::array<char, PATH_MAX> target;
        const ssize_t size = ::readlinkat(opened, "", target.data(), target.size());
        if (size < 0) return os_error("cannot read the link " + link.string(), errno);
        if (++links_ > links_max) return os_error("cannot open " + to_.string(), ELOOP);
        const fs::path leads_to(std::string(target.data(), static_cast<std::size_t>(size)));
        prepend(leads_to);
        return leads_to.is_absolute() ? start() : Result<void>();
    }

    Result<void> arrive() {
        directory_ = status_;
        const bool on_the_way = !left_.empty();
        if (on_the_way && leads_to_executable(place_)) return {};
        return verify_owner_and_mode(place_, status_);
    }

    const fs::path to_;
    std::deque<std::string> left_;
    Descriptor at_;
    fs::path place_;  // of at_, without links
    struct stat status_{};     // of what was opened last
    struct stat directory_{};  // of at_
    int links_ = 0;
    int error_ = 0;
};

}  // namespace

Result<void> verify_owner_and_mode(const fs::path& path, const struct stat& status) {
    if (auto owned = verify_owner(path, status); !owned) return owned;
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if (others_may_write(status) && !sticky_directory) {
        return Error{path.string() + " can be written by others than its owner; run chmod go-w " +
                     path.string()};
    }
    return {};
}

Result<Descriptor> open_trusted_directory(const fs::path& dir) {
    Walk walk(dir);
    if (auto walked = walk.run(); !walked) return walked.error();
    return std::move(walk).take();
}

Result<void> verify_search_directory(const fs::path& dir) {
    Walk walk(dir);
    auto walked = walk.run();
    if (walked || walk.error() != ENOENT) return walked;
    if (!walk.others_may_add()) return {};
    return Error{dir.string() + " is not there, and others may make it"};
}

}  // namespace ingest::plugin
