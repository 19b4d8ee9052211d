#include <cctype>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "model/batch_codec.h"
#include "spool/crc32c.h"
#include "spool/cursor.h"
#include "spool/record.h"
#include "spool/segment_head.h"
#include "spool/types.h"
#include "support/fake_file.h"
#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

using test::FakeFiles;

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// Changes a field and makes the checksum of all behind it right again.
template <class T>
void patch(std::string& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    const std::uint32_t sum = crc32c(0, bytes_of(bytes).subspan(8));
    std::memcpy(bytes.data() + 4, &sum, sizeof sum);
}

class FormatTest : public testing::Test {
protected:
    FormatTest() { EXPECT_TRUE(make_directories(files_, "/f")); }

    std::unique_ptr<File> file_with(const std::string& content) {
        auto file = files_.create("/f/file");
        EXPECT_TRUE((*file)->write(0, bytes_of(content)));
        return std::move(*file);
    }

    FakeFiles files_;
};

TEST(Crc32c, KnownSums) {
    EXPECT_EQ(crc32c(0, bytes_of("123456789")), 0xE3069283U);
    EXPECT_EQ(crc32c_by_table(0, bytes_of("123456789")), 0xE3069283U);
    EXPECT_EQ(crc32c(0, bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
    EXPECT_EQ(crc32c(0, bytes_of("")), 0U);
}

TEST(Crc32c, HardwareAndTableAgreeAndExtend) {
    if (!crc32c_has_hardware()) GTEST_SKIP() << "no SSE 4.2";
    std::mt19937 random(7);
    std::string text(600, ' ');
    for (char& c : text) c = static_cast<char>(random());
    for (std::size_t start = 0; start < 9; ++start) {
        for (std::size_t size = 0; start + size <= 300; ++size) {
            const auto piece = bytes_of(text).subspan(start, size);
            const std::uint32_t sum = crc32c_by_table(0, piece);
            ASSERT_EQ(sum, crc32c_by_hardware(0, piece)) << start << ' ' << size;
            const auto head = crc32c(0, piece.first(size / 3));
            ASSERT_EQ(sum, crc32c(head, piece.subspan(size / 3)));
        }
    }
}

TEST_F(FormatTest, RecordsComeBackAndForeignOnesDoNot) {
    std::string content;
    append_record(content, readings(1, 3), 10, 77, 0);
    append_record(content, readings(50, 2), 13, 78, 0);  // of another segment
    append_record(content, readings(4, 5), 13, 77, 0);
    const auto file = file_with(content + std::string(5000, '\0'));
    RecordScanner scanner(*file, 77, 0, content.size() + 5000);
    const auto first = scanner.next();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->header.first, 10U);
    EXPECT_EQ((*first)->header.end(), 13U);
    model::Batch batch(test_schema());
    ASSERT_TRUE(model::BatchCodec::decode((*first)->payload, batch));
    EXPECT_TRUE(batch == readings(1, 3));
    const std::uint64_t end = (*first)->end_offset();
    const auto second = scanner.next();
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->header.first, 13U);
    EXPECT_EQ((*second)->header.rows, 5U);
    EXPECT_GT((*second)->offset, end);
    EXPECT_FALSE(*scanner.next());
}

TEST_F(FormatTest, AnyFlippedByteHidesOneRecordOnly) {
    std::string good;
    append_record(good, readings(1, 2), 0, 5, 0);
    const std::size_t first_end = good.size();
    append_record(good, readings(3, 2), 2, 5, 0);
    for (std::size_t i = 0; i < first_end; ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        const auto file = file_with(bad);
        RecordScanner scanner(*file, 5, 0, bad.size());
        const auto found = scanner.next();
        ASSERT_TRUE(found && *found) << i;
        ASSERT_EQ((*found)->offset, first_end) << i;
        ASSERT_FALSE(*scanner.next());
    }
}

TEST_F(FormatTest, RecordsAcrossTheReadWindowAreFound) {
    std::string content(3, '\0');
    std::vector<std::size_t> offsets;
    for (std::uint64_t n = 0; n < 40; ++n) {
        offsets.push_back(content.size());
        append_record(content, readings(n * 200, 200), n * 200, 5, 0);
        content += std::string(n % 7, 'I');  // rubbish that looks like a magic number's start
    }
    const auto file = file_with(content);
    RecordScanner scanner(*file, 5, 0, content.size());
    for (const std::size_t offset : offsets) {
        const auto found = scanner.next();
        ASSERT_TRUE(found && *found);
        ASSERT_EQ((*found)->offset, offset);
    }
    EXPECT_FALSE(*scanner.next());
}

TEST_F(FormatTest, HeadsComeBackAndFlippedOnesDoNot) {
    const SegmentHead head{.first = 42, .former_end = 40, .segment = 9, .created_us = 3,
                           .schema = std::string(5000, 's')};
    const std::string good = encode_head(head);
    EXPECT_EQ(good.size(), 8192U);
    const auto file = file_with(good);
    const auto read = read_head(*file);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->first, 42U);
    EXPECT_EQ((*read)->former_end, 40U);
    EXPECT_EQ((*read)->schema, head.schema);
    EXPECT_EQ((*read)->size, 8192U);
    for (std::size_t i = 0; i < good.size(); i += 3) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        const auto damaged = file_with(bad);
        const auto result = read_head(*damaged);
        ASSERT_TRUE(result);
        ASSERT_FALSE(*result) << i;
    }
    EXPECT_FALSE(*read_head(*file_with("short")));
}

TEST_F(FormatTest, HeadsThatCannotBeAreNone) {
    const SegmentHead head{.first = 42, .schema = std::string(5000, 's')};
    const std::string good = encode_head(head);
    for (const std::uint32_t size : {0U, 4095U, 4097U, 2U << 20, 12288U}) {
        std::string bad = good;
        patch(bad, 12, size);
        EXPECT_FALSE(*read_head(*file_with(bad))) << size << " bytes: wrong, or not there";
    }
    std::string long_schema = good;
    patch(long_schema, 48, std::uint32_t{8192 - 55});
    EXPECT_FALSE(*read_head(*file_with(long_schema)));
    patch(long_schema, 48, std::uint32_t{8192 - 56});
    EXPECT_TRUE(*read_head(*file_with(long_schema)));
    for (const auto& [first, former_end, can_be] :
         std::vector<std::tuple<std::uint64_t, std::uint64_t, bool>>{
             {42, 42, true},
             {42, 43, false},
             {position_max, position_max, true},
             {position_max + 1, 42, false}}) {
        const auto file = file_with(
            encode_head({.first = first, .former_end = former_end, .schema = "id\n"}));
        EXPECT_EQ(read_head(*file)->has_value(), can_be) << first << " behind " << former_end;
    }
    // The first page is read, then all.
    for (const int failing : {1, 2}) {
        const auto file = file_with(good);
        int reads = 0;
        files_.inject([&](test::Operation, const std::string&) {
            return ++reads == failing ? ENOMEM : 0;
        });
        EXPECT_FALSE(read_head(*file));
        files_.inject({});
    }
}

TEST(SegmentName, SortsByNumber) {
    EXPECT_EQ(segment_name(42), "segment-00000000000000000042.log");
    EXPECT_EQ(first_of_segment_name(segment_name(position_max)), position_max);
    EXPECT_FALSE(first_of_segment_name(segment_name(position_max + 1)));
    EXPECT_FALSE(first_of_segment_name("segment-42.log"));
    EXPECT_FALSE(first_of_segment_name("segment-0000000000000000004x.log"));
    EXPECT_FALSE(first_of_segment_name("segment-99999999999999999999.log"));
    EXPECT_FALSE(first_of_segment_name("segment_00000000000000000042.log"));
    EXPECT_FALSE(first_of_segment_name("segment-00000000000000000042.new"));
}

TEST(CursorName, AnyNameMakesAPlainFileName) {
    for (const std::string name : {"database", "a/b", "..", "%41", "ä x", "CAPS_and-dash"}) {
        const std::string file = Cursor::file_name(name);
        EXPECT_EQ(file.find_first_of("/. "), std::string::npos) << file;
        EXPECT_EQ(Cursor::sink_of_file_name(file), name);
    }
    for (int c = 1; c < 256; ++c) {
        const std::string name(1, static_cast<char>(c));
        const std::string file = Cursor::file_name(name);
        EXPECT_EQ(Cursor::sink_of_file_name(file), name);
        const bool plain = std::isalnum(c) != 0 || c == '_' || c == '-';
        EXPECT_EQ(file.size(), plain ? 8U : 10U) << c;
    }
    for (const char* wrong : {"%/0", "%:0", "%@0", "%G0", "%a0", "%0/", "%0:", "%0g", "%", "%4"}) {
        EXPECT_FALSE(Cursor::sink_of_file_name(std::string("cursor-") + wrong)) << wrong;
    }
    EXPECT_FALSE(Cursor::sink_of_file_name("segment-1"));
    EXPECT_FALSE(Cursor::sink_of_file_name("cursor-"));
    EXPECT_FALSE(Cursor::sink_of_file_name("cursor-a%4"));
    EXPECT_FALSE(Cursor::sink_of_file_name("cursor-a.bak"));
}

TEST_F(FormatTest, CursorSurvivesTheLossOfEitherSlot) {
    const std::filesystem::path path = "/f/cursor-s";
    for (const std::uint64_t slot : {0U, 1U}) {
        auto cursor = Cursor::create(files_, "/f", "s", 5);
        ASSERT_TRUE(cursor);
        ASSERT_TRUE((*cursor)->advance(10));
        ASSERT_EQ(*(*cursor)->sync(), 10U);
        ASSERT_TRUE((*cursor)->advance(20));
        ASSERT_TRUE((*cursor)->advance(15));  // never back
        EXPECT_EQ((*cursor)->position(), 20U);
        cursor->reset();
        files_.overwrite(path, slot * 4096 + 24, std::vector<std::byte>(8, std::byte{0xFF}));
        const auto loaded = Cursor::load(files_, "/f", "cursor-s");
        ASSERT_TRUE(loaded && *loaded);
        EXPECT_EQ((*loaded)->position(), slot == 0 ? 20U : 10U);
    }
    files_.overwrite(path, 0, std::vector<std::byte>(8192));
    EXPECT_EQ(*Cursor::load(files_, "/f", "cursor-s"), nullptr);
}

TEST_F(FormatTest, OnlyTheSinksOwnCursorInThisVersionIsTaken) {
    ASSERT_TRUE(Cursor::create(files_, "/f", "s", 5));
    files_.copy("/f/cursor-s", "/f/cursor-t");
    files_.copy("/f/cursor-s", "/f/cursor-long");
    EXPECT_EQ(*Cursor::load(files_, "/f", "cursor-t"), nullptr);
    EXPECT_EQ(*Cursor::load(files_, "/f", "cursor-long"), nullptr);
    EXPECT_EQ(*Cursor::load(files_, "/f", "cursor-%"), nullptr) << "no sink's name";
    EXPECT_FALSE(Cursor::load(files_, "/f", "cursor-missing"));

    const auto all = files_.contents("/f/cursor-s");
    std::string slot(reinterpret_cast<const char*>(all.data()), 4096);
    const auto load_with_both = [&] {
        files_.overwrite("/f/cursor-s", 0, {bytes_of(slot).begin(), bytes_of(slot).end()});
        files_.overwrite("/f/cursor-s", 4096, {bytes_of(slot).begin(), bytes_of(slot).end()});
        return *Cursor::load(files_, "/f", "cursor-s");
    };
    patch(slot, 24, position_max);
    EXPECT_NE(load_with_both(), nullptr);
    patch(slot, 24, position_max + 1);
    EXPECT_EQ(load_with_both(), nullptr) << "no position";
    patch(slot, 24, std::uint64_t{5});
    patch(slot, 8, std::uint16_t{2});
    EXPECT_EQ(load_with_both(), nullptr) << "of another version";
}

TEST_F(FormatTest, LoadingACursorMakesItDurableOrFails) {
    ASSERT_TRUE(Cursor::create(files_, "/f", "s", 5));
    for (const auto& [failing, times, loads] :
         {std::tuple(test::Operation::write, 1, true), std::tuple(test::Operation::sync, 1, true),
          std::tuple(test::Operation::sync, 2, false),
          std::tuple(test::Operation::read, 1, false)}) {
        int left = times;
        files_.inject([&](test::Operation operation, const std::string&) {
            return operation == failing && left-- > 0 ? ENOMEM : 0;
        });
        const auto cursor = Cursor::load(files_, "/f", "cursor-s");
        EXPECT_EQ(cursor.has_value(), loads);
        EXPECT_EQ(cursor ? (*cursor)->position() : 5U, 5U);
        files_.inject({});
    }
}

TEST_F(FormatTest, EveryStepOfMakingACursorMayFail) {
    for (int k = 1; k <= 6; ++k) {  // create, write, write, sync, rename, sync
        int count = 0;
        files_.inject([&](test::Operation, const std::string&) { return ++count == k ? EIO : 0; });
        EXPECT_FALSE(Cursor::create(files_, "/f", "s", 5)) << k;
        files_.inject({});
        ASSERT_TRUE(Cursor::create(files_, "/f", "s", 5));
    }
}

TEST_F(FormatTest, ACursorThatCannotBeWrittenMovesInMemoryAndIsMadeAnewLater) {
    auto cursor = Cursor::create(files_, "/f", "s", 1);
    files_.inject([](test::Operation operation, const std::string&) {
        return operation == test::Operation::write ? EIO : 0;
    });
    EXPECT_FALSE((*cursor)->advance(7));
    EXPECT_TRUE((*cursor)->advance(8)) << "the file is given up: nothing is tried";
    EXPECT_FALSE((*cursor)->sync());
    files_.inject({});
    EXPECT_EQ(*(*cursor)->sync(), 8U);
    EXPECT_EQ((*Cursor::load(files_, "/f", "cursor-s"))->position(), 8U);
}

TEST_F(FormatTest, CursorWritesNeverTouchTheSyncedSlot) {
    auto cursor = Cursor::create(files_, "/f", "s", 0);
    const auto slots = [this] {
        const auto all = files_.contents("/f/cursor-s");
        return std::pair(std::vector(all.begin(), all.begin() + 4096),
                         std::vector(all.begin() + 4096, all.end()));
    };
    auto before = slots();
    for (std::uint64_t round = 0; round < 4; ++round) {
        for (std::uint64_t n = 1; n < 4; ++n) ASSERT_TRUE((*cursor)->advance(round * 10 + n));
        const auto after = slots();
        // The slots take turns, one per sync.
        EXPECT_EQ(after.first == before.first, round % 2 == 1) << round;
        EXPECT_EQ(after.second == before.second, round % 2 == 0) << round;
        ASSERT_TRUE((*cursor)->sync());
        before = slots();
    }
}

TEST_F(FormatTest, CursorThatCannotSyncIsMadeAnew) {
    auto cursor = Cursor::create(files_, "/f", "s", 1);
    ASSERT_TRUE((*cursor)->advance(7));
    int failures = 1;
    files_.inject([&](test::Operation operation, const std::string&) {
        return operation == test::Operation::sync && failures-- > 0 ? EIO : 0;
    });
    ASSERT_EQ(*(*cursor)->sync(), 7U);
    files_.power_off();
    cursor->reset();
    files_.power_on();
    EXPECT_EQ((*Cursor::load(files_, "/f", "cursor-s"))->position(), 7U);
}

}  // namespace
}  // namespace ingest::spool
