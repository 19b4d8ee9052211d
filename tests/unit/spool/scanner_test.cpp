#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spool/crc32c.h"
#include "spool/quarantine.h"
#include "spool/record.h"
#include "spool/types.h"
#include "support/fake_file.h"
#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

using test::FakeFiles;
using test::Operation;

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// Changes a field of a record's header and makes its sum right again.
template <class T>
void patch(std::string& record, std::size_t offset, T value) {
    std::memcpy(record.data() + offset, &value, sizeof value);
    const std::uint32_t sum = crc32c(0, bytes_of(record).subspan(8));
    std::memcpy(record.data() + 4, &sum, sizeof sum);
}

class ScannerTest : public testing::Test {
protected:
    ScannerTest() { EXPECT_TRUE(make_directories(files_, "/f/quarantine")); }

    std::unique_ptr<File> file_with(const std::string& content) {
        auto file = files_.create("/f/file");
        EXPECT_TRUE((*file)->write(0, bytes_of(content)));
        return std::move(*file);
    }

    // Reads number `from` to `to` of the file fail, counted from 1.
    void fail_reads(int from, int to, int number) {
        auto count = std::make_shared<int>(0);  // shared by the copies of the function
        files_.inject([count, from, to, number](Operation operation, const std::string&) {
            if (operation != Operation::read) return 0;
            ++*count;
            return *count >= from && *count <= to ? number : 0;
        });
    }

    static std::string record(std::uint64_t first, std::uint64_t rows) {
        std::string bytes;
        append_record(bytes, readings(first, rows), first, 5, 0);
        return bytes;
    }

    FakeFiles files_;
};

TEST_F(ScannerTest, AFileThatEndsBeforeTheLimitEndsTheScan) {
    const std::string whole = record(1, 3);
    for (const std::size_t size : {std::size_t{20}, whole.size() - 1, whole.size() + 20}) {
        const auto file = file_with((whole + whole).substr(0, size));
        RecordScanner scanner(*file, 5, 0, 1'000'000);
        const auto found = scanner.next();
        ASSERT_TRUE(found);
        EXPECT_EQ(found->has_value(), size > whole.size()) << size;
    }
}

TEST_F(ScannerTest, HeadersThatCannotBeAreSkipped) {
    const std::string good = record(10, 3);
    std::string no_rows = record(1, 3);
    patch(no_rows, 16, std::uint32_t{0});
    std::string other_version = record(1, 3);
    patch(other_version, 8, std::uint16_t{2});
    std::string too_long = record(1, 3);
    patch(too_long, 12, std::uint32_t{0xFFFFFFF});
    std::string too_far = record(1, 3);
    patch(too_far, 24, position_max - 2);
    std::string farther = record(1, 3);
    patch(farther, 24, UINT64_MAX - 1);
    for (const std::string& bad : {no_rows, other_version, too_long, too_far, farther}) {
        const auto file = file_with(bad + good);
        RecordScanner scanner(*file, 5, 0, bad.size() + good.size());
        const auto found = scanner.next();
        ASSERT_TRUE(found && *found);
        EXPECT_EQ((*found)->offset, bad.size());
    }
}

// Gives less the second time it is read, as a file that somebody cuts.
class ShrinkingFile final : public File {
public:
    explicit ShrinkingFile(std::string content) : content_(std::move(content)) {}
    FileResult<void> sync() override { return {}; }
    FileResult<std::uint64_t> size() override { return std::uint64_t{content_.size()}; }

protected:
    FileResult<std::size_t> write_some(std::uint64_t, std::span<const std::byte>) override {
        return FileError{"cannot write", EROFS};
    }
    FileResult<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> bytes) override {
        const std::size_t size = offset < content_.size() ? content_.size() - offset : 0;
        const std::size_t given = std::min(size, bytes.size());
        std::memcpy(bytes.data(), content_.data() + offset, given);
        content_.resize(0);
        return given;
    }

private:
    std::string content_;
};

TEST_F(ScannerTest, AFileThatIsCutWhileItIsReadEndsTheScan) {
    // The second record does not fit into the window with the first: it is read again, and gone.
    const std::string first = record(1, 3000);
    ASSERT_LT(first.size(), 256U << 10);
    const std::string second = record(3001, 3000);
    ASSERT_GT(first.size() + second.size(), 256U << 10);
    ShrinkingFile file(first + second);
    RecordScanner scanner(file, 5, 0, first.size() + second.size());
    EXPECT_TRUE(*scanner.next());
    const auto next = scanner.next();
    ASSERT_TRUE(next);
    EXPECT_FALSE(*next);
}

TEST_F(ScannerTest, WhatTheDeviceReadsAtASecondOrThirdTryIsNotDamaged) {
    const std::string content = record(1, 3);
    const auto file = file_with(content);
    for (const int tries : {1, 2, 3}) {
        fail_reads(1, tries, EIO);  // the whole, then its first page
        RecordScanner scanner(*file, 5, 0, content.size());
        const auto found = scanner.next();
        ASSERT_TRUE(found && *found) << tries;
        EXPECT_EQ(scanner.unreadable(), 0U);
    }
}

TEST_F(ScannerTest, APageThatFailsThriceCostsWhatStandsInIt) {
    const std::string before = record(1, 100);
    const std::string content = before + record(101, 3);
    ASSERT_GT(before.size(), 4096U);
    const auto file = file_with(content);
    fail_reads(1, 4, EIO);
    RecordScanner scanner(*file, 5, 0, content.size());
    const auto found = scanner.next();
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->offset, before.size());
    EXPECT_EQ(scanner.unreadable(), 4096U);
}

TEST_F(ScannerTest, AFileThatEndsWithinAPageEndsTheReadOfItsPages) {
    const auto file = file_with(std::string(5000, 'x'));
    fail_reads(1, 1, EIO);
    std::vector<std::byte> bytes(3 * 4096);
    std::uint64_t unreadable = 0;
    EXPECT_EQ(*read_what_is_readable(*file, 0, bytes, unreadable), 5000U);
    EXPECT_EQ(unreadable, 0U);
}

TEST_F(ScannerTest, OtherErrorsOfTheDiskAreToldAndNothingIsSkipped) {
    // Of the first header, of a page after a bad sector, and of a record beyond the window.
    const std::string content = record(1, 3000) + record(3001, 3000);
    const auto file = file_with(content);
    const auto scan = [&] {
        RecordScanner scanner(*file, 5, 0, content.size());
        for (;;) {
            const auto next = scanner.next();
            if (!next) return next.error().number;
            if (!*next) return 0;
        }
    };
    EXPECT_EQ(scan(), 0);
    for (const int read : {1, 2}) {
        fail_reads(read, read, ENOMEM);
        EXPECT_EQ(scan(), ENOMEM) << read;
    }
    int count = 0;
    files_.inject([&count](Operation operation, const std::string&) {
        if (operation != Operation::read) return 0;
        return ++count == 1 ? EIO : ENOMEM;
    });
    EXPECT_EQ(scan(), ENOMEM);
}

class QuarantineTest : public ScannerTest {
protected:
    Quarantine quarantine_{files_, "/f"};
};

TEST_F(QuarantineTest, ItKeepsWhatIsThereWhenTheFileIsShorterThanThought) {
    const auto file = file_with("0123456789");
    ASSERT_TRUE(quarantine_.keep({"file", 4, 100, {7, 9}, false, "test"}, *file));
    EXPECT_EQ(files_.contents("/f/quarantine/file.4").size(), 6U);
    ASSERT_TRUE(quarantine_.keep({"file", 4, 100, {7, 9}, false, "test"}, *file));
    Counters counters;
    quarantine_.fill(counters);
    EXPECT_EQ(counters.quarantined_ranges, 1U) << "once for every place";
    EXPECT_EQ(counters.lost_readings, 2U);
}

TEST_F(QuarantineTest, ACopyThatFailsKeepsTheWholeFileInTheEnd) {
    const auto file = file_with("0123456789");
    for (const Operation failing :
         {Operation::create, Operation::write, Operation::sync, Operation::sync_directory}) {
        files_.inject([failing](Operation operation, const std::string& path) {
            return operation == failing && path.find("quarantine") != std::string::npos ? EIO : 0;
        });
        const std::string name = "file" + std::to_string(static_cast<int>(failing));
        EXPECT_TRUE(quarantine_.keep({name, 4, 10, {7, 9}, false, "test"}, *file));
        EXPECT_TRUE(quarantine_.wants_whole(name));
        const std::string gone = "gone" + name;
        EXPECT_FALSE(quarantine_.keep({gone, 4, 10, {7, 9}, true, "test"}, *file))
            << "neither readable nor kept: not to be skipped";
        EXPECT_FALSE(quarantine_.wants_whole(gone));
    }
    fail_reads(1, 1, ENOMEM);
    EXPECT_TRUE(quarantine_.keep({"unread", 4, 10, {7, 9}, false, "test"}, *file));
    EXPECT_TRUE(quarantine_.wants_whole("unread"));
}

TEST_F(QuarantineTest, WholeFilesNeverReplaceOneAnother) {
    for (const std::string text : {"first", "second", "third"}) {
        (void)file_with(text);
        ASSERT_TRUE(quarantine_.keep_copy("/f/file"));
        ASSERT_TRUE(quarantine_.keep_whole("/f/file", text.size(), "moved"));
    }
    EXPECT_EQ(*files_.list("/f/quarantine"),
              (std::vector<std::string>{"file", "file.2.whole", "file.3.whole", "moved",
                                        "moved.2.whole", "moved.3.whole"}));
    EXPECT_EQ(files_.contents("/f/quarantine/moved.3.whole").size(), 5U);
    Counters counters;
    quarantine_.fill(counters);
    EXPECT_EQ(counters.quarantined_ranges, 6U);
    EXPECT_EQ(counters.quarantined_bytes, 2U * (5 + 6 + 5));
}

TEST_F(QuarantineTest, EveryStepOfAMoveOrACopyMayFail) {
    const auto file = file_with("0123456789");
    for (int k = 1; k <= 4; ++k) {  // list, rename, sync, sync
        int count = 0;
        files_.inject([&](Operation, const std::string&) { return ++count == k ? EIO : 0; });
        EXPECT_FALSE(quarantine_.keep_whole("/f/file", 10, "moved")) << k;
        files_.inject({});
        (void)file_with("0123456789");
    }
    for (int k = 1; k <= 3; ++k) {  // open, size, list; the rest is as above
        int count = 0;
        files_.inject([&](Operation, const std::string&) { return ++count == k ? EIO : 0; });
        EXPECT_FALSE(quarantine_.keep_copy("/f/file")) << k;
    }
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::create ? EIO : 0;
    });
    EXPECT_FALSE(quarantine_.keep_copy("/f/file"));
}

}  // namespace
}  // namespace ingest::spool
