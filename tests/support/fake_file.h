#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "spool/file.h"

// A file system in memory that behaves as badly as a real one may: what was not synced is lost or
// kept at random in a power cut, block by block, names as well as contents; a failed sync forgets
// its dirty pages, and the next one succeeds. Any thread.
namespace ingest::test {

enum class Operation {
    open, create, write, read, sync, rename, unlink, sync_directory, list, size, free_bytes, lock
};

class FakeFiles final : public spool::FileSystem {
public:
    explicit FakeFiles(std::uint64_t seed = 1) : random_(seed) {}

    // All files and names as they are, and nothing of what is injected. REQUIRES: none is open.
    std::unique_ptr<FakeFiles> clone(std::uint64_t seed);

    // Asked before each operation with the file's path; not 0: it fails with this errno, or for
    // `cut_short` a write or read does half of what it was asked for.
    using Fault = std::function<int(Operation, const std::string&)>;
    static constexpr int cut_short = -1;
    void inject(Fault fault);
    // Writes and reads are cut short and interrupted at random.
    void set_rough(bool rough);
    // Growing files beyond this fails with ENOSPC.
    void set_capacity(std::uint64_t bytes);

    // From now on everything fails, as for a process that is no more...
    void power_off();
    // ...or in the middle of the `operations`-th change from now on (1: the next).
    void power_off_after(std::uint64_t operations);
    bool is_off();
    // Whoever starts next finds what the power cut left,
    void power_on();
    // or what a killed process left: all that it wrote.
    void restart();

    // For tests that damage and look.
    std::vector<std::byte> contents(const std::filesystem::path& path);
    void overwrite(const std::filesystem::path& path, std::uint64_t offset,
                   const std::vector<std::byte>& bytes);
    // Bits of a byte are counted from its lowest.
    void flip_bit(const std::filesystem::path& path, std::uint64_t bit);
    void copy(const std::filesystem::path& from, const std::filesystem::path& to);
    std::uint64_t count(Operation operation);
    // Changes since the start: what power_off_after counts.
    std::uint64_t changes();

    spool::FileResult<std::unique_ptr<spool::File>> open(const std::filesystem::path&) override;
    spool::FileResult<std::unique_ptr<spool::File>> create(const std::filesystem::path&) override;
    spool::FileResult<void> rename(const std::filesystem::path&,
                                   const std::filesystem::path&) override;
    spool::FileResult<void> unlink(const std::filesystem::path&) override;
    spool::FileResult<void> sync_directory(const std::filesystem::path&) override;
    spool::FileResult<bool> make_directory(const std::filesystem::path&) override;
    spool::FileResult<std::vector<std::string>> list(const std::filesystem::path&) override;
    spool::FileResult<std::uint64_t> free_bytes(const std::filesystem::path&) override;
    spool::FileResult<std::unique_ptr<spool::File>> lock(const std::filesystem::path&) override;

private:
    friend class FakeFile;
    struct Node {
        bool directory = false;
        std::vector<std::byte> now;
        std::vector<std::byte> durable;
        std::set<std::size_t> dirty;  // blocks
    };
    using NodePtr = std::shared_ptr<Node>;  // shared by names and open files
    using Names = std::map<std::string, NodePtr>;
    // A change of names in one directory; a null node removes the name.
    struct Change {
        std::vector<std::pair<std::string, NodePtr>> effects;
    };

    // All below REQUIRE: mutex_ is held.
    int begin(Operation operation, const std::string& path);
    NodePtr find(const std::string& path) const;
    void change(const std::string& path, NodePtr node);
    static void apply(const Change& change, Names& names);
    void forget_unsynced(Node& node);
    std::uint64_t used() const;

    std::mutex mutex_;
    std::mt19937_64 random_;
    Fault fault_;
    bool rough_ = false;
    bool off_ = false;
    std::uint64_t off_after_ = 0;
    std::uint64_t epoch_ = 0;
    std::uint64_t capacity_ = UINT64_MAX;
    std::map<Operation, std::uint64_t> counts_;
    std::uint64_t changes_ = 0;
    std::set<std::string> locked_;
    Names names_;
    Names durable_names_;
    std::map<std::string, std::vector<Change>> unsynced_;  // by directory
};

}  // namespace ingest::test
