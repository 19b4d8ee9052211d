#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spool/inspect.h"
#include "spool/inspect_check.h"
#include "spool/inspect_readings.h"
#include "spool/inspect_scan.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {

inline std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t end) {
    std::vector<std::uint64_t> all(end - first);
    std::iota(all.begin(), all.end(), first);
    return all;
}

inline std::vector<std::uint64_t> without(std::vector<std::uint64_t> all, const Range& gone) {
    std::erase_if(all, [&](std::uint64_t n) { return n >= gone.first && n < gone.end; });
    return all;
}

inline std::vector<std::byte> zeros(std::size_t size) { return std::vector<std::byte>(size); }

// Another file system, with something happening before a file is opened or read.
class Watched final : public FileSystem {
public:
    explicit Watched(FileSystem& files) : files_(files) {}
    std::function<void(const std::string&)> before_open = [](const std::string&) {};
    std::function<void(const std::string&, std::uint64_t)> before_read =
        [](const std::string&, std::uint64_t) {};

    FileResult<std::unique_ptr<File>> open(const std::filesystem::path& path) override {
        before_open(path.filename().string());
        auto file = files_.open(path);
        if (!file) return file.error();
        return std::unique_ptr<File>(
            std::make_unique<WatchedFile>(*this, path.filename().string(), std::move(*file)));
    }
    FileResult<std::vector<std::string>> list(const std::filesystem::path& dir) override {
        return files_.list(dir);
    }
    // Whoever only looks does none of these.
    FileResult<std::unique_ptr<File>> create(const std::filesystem::path&) override {
        return written();
    }
    FileResult<void> rename(const std::filesystem::path&, const std::filesystem::path&) override {
        return written();
    }
    FileResult<void> unlink(const std::filesystem::path&) override { return written(); }
    FileResult<void> sync_directory(const std::filesystem::path&) override { return written(); }
    FileResult<bool> make_directory(const std::filesystem::path&) override { return written(); }
    FileResult<std::uint64_t> free_bytes(const std::filesystem::path&) override {
        return written();
    }
    FileResult<std::unique_ptr<File>> lock(const std::filesystem::path&) override {
        return written();
    }

private:
    class WatchedFile final : public File {
    public:
        WatchedFile(Watched& owner, std::string name, std::unique_ptr<File> file)
            : owner_(owner), name_(std::move(name)), file_(std::move(file)) {}
        FileResult<void> sync() override { return owner_.written(); }
        FileResult<std::uint64_t> size() override { return file_->size(); }

    protected:
        FileResult<std::size_t> write_some(std::uint64_t, std::span<const std::byte>) override {
            return owner_.written();
        }
        FileResult<std::size_t> read_some(std::uint64_t offset,
                                          std::span<std::byte> bytes) override {
            owner_.before_read(name_, offset);
            return file_->read(offset, bytes);
        }

    private:
        Watched& owner_;
        const std::string name_;
        const std::unique_ptr<File> file_;
    };

    FileError written() {
        ADD_FAILURE() << "something was changed";
        return {"changed", EROFS};
    }

    FileSystem& files_;
};

// A spool on the fake file system, looked at through one that allows no change.
class InspectTest : public LogTest {
protected:
    Inventory inventory() {
        auto taken = take_inventory(watched_, options_.dir);
        EXPECT_TRUE(taken);
        return taken ? std::move(*taken) : Inventory{};
    }

    // The ids of all readings, in the order they come in. Each must be what its id says.
    std::vector<std::uint64_t> exported(const ReadingsOptions& options = {}) {
        return exported(inventory(), options);
    }

    std::vector<std::uint64_t> exported(const Inventory& from, const ReadingsOptions& options) {
        std::vector<std::uint64_t> ids;
        const auto visit = [&](const model::Batch& batch, std::int64_t row) {
            model::Batch expected(batch.schema());
            for (std::int64_t i = 0; i < batch.rows(); ++i) add_reading(expected, id_at(batch, i));
            EXPECT_TRUE(expected == batch);
            for (; row < batch.rows(); ++row) ids.push_back(id_at(batch, row));
            return true;
        };
        const auto done = for_each_reading(watched_, from, options, visit);
        EXPECT_TRUE(done);
        summary_ = done ? *done : ReadingsSummary{};
        EXPECT_EQ(summary_.visited, ids.size());
        return ids;
    }

    CheckReport checked() {
        const auto report = check_spool(watched_, inventory());
        EXPECT_TRUE(report);
        return report ? *report : CheckReport{};
    }

    // Where the records of a segment are, as long as it is whole.
    SegmentScan scan_of(std::uint64_t first) {
        const Inventory all = inventory();
        const auto found = std::ranges::find(all.segments, first, &StoredSegment::first);
        const auto scan = scan_segment(watched_, options_.dir, *found);
        EXPECT_TRUE(scan);
        return *scan;
    }

    void write_file(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
        const auto file = files_.create(path);
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->write(0, bytes));
    }

    void flip(const std::filesystem::path& path, std::uint64_t offset, unsigned bit = 0) {
        const std::byte now = files_.contents(path)[offset];
        files_.overwrite(path, offset, {now ^ std::byte(1U << bit)});
    }

    // A log of five records in three groups; ids equal positions.
    void write_five_records() {
        ASSERT_TRUE(open());
        ASSERT_TRUE(commit(0, 3));
        ASSERT_TRUE(commit(3, 50));  // 20 + 20 + 10
        ASSERT_TRUE(commit(53, 2));
        log_ = nullptr;
    }

    Watched watched_{files_};
    ReadingsSummary summary_;
};

}  // namespace ingest::spool
