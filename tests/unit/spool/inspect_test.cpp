#include <random>

#include "spool/record.h"
#include "unit/spool/inspect_fixture.h"

// What can be read of a spool whatever happened to it.
namespace ingest::spool {
namespace {

using test::Operation;

TEST_F(InspectTest, AHealthyLogComesWholeAndInOrder) {
    ASSERT_TRUE(open());
    fill(4);
    EXPECT_EQ(exported(), numbers(0, log_->end()));
    EXPECT_EQ(summary_.missing + summary_.copies + summary_.failed + summary_.perhaps, 0U);
    EXPECT_TRUE(summary_.notes.empty());
}

TEST_F(InspectTest, AnEmptyDirectoryHasNothingAndAMissingOneIsAnError) {
    EXPECT_FALSE(take_inventory(watched_, "/nowhere"));
    ASSERT_TRUE(make_directories(files_, options_.dir));
    EXPECT_TRUE(exported().empty());
    EXPECT_FALSE(checked().damaged());
    EXPECT_TRUE(list_segments(watched_, inventory())->empty());
}

TEST_F(InspectTest, OnlyWhatWaitsForASink) {
    ASSERT_TRUE(open());
    fill(3);
    for (const std::uint64_t from : {std::uint64_t{7}, std::uint64_t{20}, log_->end() - 1}) {
        EXPECT_EQ(exported({.from = from}), numbers(from, log_->end()));
        EXPECT_EQ(summary_.missing, 0U);
    }
    EXPECT_TRUE(exported({.from = log_->end()}).empty());
}

TEST_F(InspectTest, WhoSeesEnoughIsNotShownMore) {
    ASSERT_TRUE(open());
    fill(3);
    int calls = 0;
    const auto done = for_each_reading(watched_, inventory(), {},
                                       [&](const model::Batch&, std::int64_t) {
                                           return ++calls < 2;
                                       });
    ASSERT_TRUE(done);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(done->visited, 40U);
}

TEST_F(InspectTest, EveryByteFlippedCostsAtMostItsOwnRecord) {
    write_five_records();
    const auto places = scan_of(0).places;
    ASSERT_EQ(places.size(), 5U);
    const auto path = segment(0);
    const std::uint64_t behind = places.back().end_offset + 100;
    for (std::uint64_t offset = 0; offset < behind; ++offset) {
        // All bits of the third record's header, else one in turn.
        const bool all = offset >= places[2].offset && offset < places[2].offset + 60;
        for (unsigned bit = all ? 0 : offset % 8; bit <= (all ? 7 : offset % 8); ++bit) {
            flip(path, offset, bit);
            std::vector<std::uint64_t> expected = numbers(0, 55);
            for (const RecordPlace& place : places) {
                if (offset < place.offset || offset >= place.end_offset) continue;
                expected = without(expected, place.readings);
            }
            EXPECT_EQ(exported({.fallback = &test_schema()}), expected) << offset << ' ' << bit;
            const bool in_head = offset < places[0].offset;
            EXPECT_EQ(summary_.notes.size(), in_head ? 1U : 0U) << offset;
            flip(path, offset, bit);
        }
    }
    EXPECT_EQ(exported(), numbers(0, 55));
}

TEST_F(InspectTest, CutAnywhereAllWholeRecordsAreThere) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto content = files_.contents(segment(0));
    for (std::size_t length = 0; length <= places.back().end_offset; ++length) {
        write_file(segment(0), {content.begin(), content.begin() + std::ptrdiff_t(length)});
        std::uint64_t whole = 0;
        for (const RecordPlace& place : places) {
            if (place.end_offset <= length) whole = place.readings.end;
        }
        ASSERT_EQ(exported(), numbers(0, whole)) << length;
    }
}

TEST_F(InspectTest, ARecordThatIsThereTwiceComesOnce) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto content = files_.contents(segment(0));
    const auto at = content.begin() + std::ptrdiff_t(places[1].offset);
    files_.overwrite(segment(0), places.back().end_offset,
                     {at, content.begin() + std::ptrdiff_t(places[1].end_offset)});
    EXPECT_EQ(exported(), numbers(0, 55));
    EXPECT_EQ(summary_.copies, 20U);
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].offset, places.back().end_offset);
    EXPECT_EQ(report.remarks[0].readings, (Range{3, 23}));
}

TEST_F(InspectTest, RecordsInAnyOrderComeInOrder) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto content = files_.contents(segment(0));
    std::vector<std::size_t> order = {0, 1, 2, 3, 4};
    while (std::ranges::next_permutation(order).found) {
        std::uint64_t at = places[0].offset;
        for (const std::size_t i : order) {
            const auto from = content.begin() + std::ptrdiff_t(places[i].offset);
            const std::uint64_t size = places[i].end_offset - places[i].offset;
            files_.overwrite(segment(0), at, {from, from + std::ptrdiff_t(size)});
            at += size;
        }
        ASSERT_EQ(exported(), numbers(0, 55));
        ASSERT_EQ(summary_.missing, 0U);
        ASSERT_TRUE(checked().damaged());
    }
}

TEST_F(InspectTest, ZeroedRecordsPagesAndSegmentsAreCounted) {
    ASSERT_TRUE(open());
    fill(4);
    const std::uint64_t end = log_->end();
    const Inventory all = inventory();
    const std::uint64_t second = all.segments[1].first();
    const auto places = scan_of(second).places;
    const auto content = files_.contents(segment(second));

    const RecordPlace& third = places[2];
    files_.overwrite(segment(second), third.offset, zeros(third.end_offset - third.offset));
    EXPECT_EQ(exported(), without(numbers(0, end), third.readings));
    EXPECT_EQ(summary_.missing, 20U);

    files_.overwrite(segment(second), 0, content);
    files_.overwrite(segment(second), 8192, zeros(4096));
    Range gone{UINT64_MAX, 0};
    for (const RecordPlace& place : places) {
        if (place.offset >= 8192 + 4096 || place.end_offset <= 8192) continue;
        gone = {std::min(gone.first, place.readings.first), place.readings.end};
    }
    EXPECT_EQ(exported(), without(numbers(0, end), gone));
    EXPECT_EQ(summary_.missing, gone.end - gone.first);

    files_.overwrite(segment(second), 0, zeros(content.size()));
    EXPECT_EQ(exported(), without(numbers(0, end), {second, all.segments[2].first()}));
    EXPECT_EQ(summary_.missing, all.segments[2].first() - second);
}

TEST_F(InspectTest, WithoutItsHeadASegmentIsReadWithTheFieldsOfItsNeighbour) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t second = inventory().segments[1].first();
    flip(segment(second), 20);
    EXPECT_EQ(exported(), numbers(0, log_->end()));
    ASSERT_EQ(summary_.notes.size(), 1U);
    EXPECT_NE(summary_.notes[0].find(segment_name(0)), std::string::npos) << summary_.notes[0];
}

TEST_F(InspectTest, WithoutAnyHeadTheConfigurationMustHelp) {
    write_five_records();
    flip(segment(0), 20);
    EXPECT_TRUE(exported().empty());
    EXPECT_EQ(summary_.shapeless, 55U);
    const model::Schema other({{"temperature", model::ColumnType::int64, true}});
    EXPECT_TRUE(exported({.fallback = &other}).empty());
    EXPECT_EQ(exported({.fallback = &test_schema()}), numbers(0, 55));
    EXPECT_NE(summary_.notes[0].find("configuration"), std::string::npos);
}

TEST_F(InspectTest, WhatARecycledFileHeldBeforeDoesNotComeBack) {
    ASSERT_TRUE(open());
    fill(3);
    log_->advance(cursor_, log_->end());
    tidy();
    ASSERT_EQ(log_->counters().segments_recycled, 1U);
    const std::uint64_t before = inventory().segments.back().first();
    fill(2);
    const std::uint64_t first = inventory().segments.back().first();
    ASSERT_GT(first, before);
    flip(segment(first), 20);  // nothing tells the id of its records
    const std::uint64_t begin = log_->counters().segments == 2 ? before : first;
    EXPECT_EQ(exported(), numbers(begin, log_->end()));
    EXPECT_EQ(summary_.copies, 0U);
}

TEST_F(InspectTest, ACopyOfASegmentUnderAnotherNameChangesNothing) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    files_.copy(segment(0), segment(end + 5));
    EXPECT_EQ(exported(), numbers(0, end));
    EXPECT_GT(summary_.copies, 0U);
    // And it fills in what the original has lost.
    flip(segment(0), 4096 + 60);
    EXPECT_EQ(exported(), numbers(0, end));
    EXPECT_EQ(summary_.missing, 0U);
    flip(segment(0), 20);
    EXPECT_EQ(exported(), numbers(0, end));
}

TEST_F(InspectTest, WhatWasNeverAcknowledgedBecauseItsSyncFailedStaysOut) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 30));
    bool failed = false;
    files_.inject([&](Operation operation, const std::string&) {
        return operation == Operation::sync && !std::exchange(failed, true) ? EIO : 0;
    });
    EXPECT_FALSE(commit(1000, 7));
    files_.inject(nullptr);
    ASSERT_TRUE(commit(37, 5));
    std::vector<std::uint64_t> expected = numbers(0, 30);
    for (const std::uint64_t n : numbers(37, 42)) expected.push_back(n);
    EXPECT_EQ(exported(), expected);
    EXPECT_EQ(summary_.failed, 7U);
    EXPECT_EQ(summary_.missing, 0U);
    EXPECT_FALSE(checked().damaged());
    EXPECT_EQ(checked().readings, 35U);
}

TEST_F(InspectTest, BehindATornWriteIntactRecordsComeAndAreCounted) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 60));
    const auto places = scan_of(0).places;
    flip(segment(0), places[2].offset + 50);
    EXPECT_EQ(exported(), without(numbers(0, 70), places[2].readings));
    EXPECT_EQ(summary_.perhaps, 20U);
    // With a cursor beyond it was no torn write.
    log_->advance(cursor_, 70);
    EXPECT_EQ(exported(), without(numbers(0, 70), places[2].readings));
    EXPECT_EQ(summary_.perhaps, 0U);
    EXPECT_EQ(summary_.missing, 20U);
}

TEST_F(InspectTest, QuarantineIsReadByItself) {
    ASSERT_TRUE(open());
    fill(4);
    const Inventory all = inventory();
    const std::uint64_t second = all.segments[1].first();
    const std::uint64_t third = all.segments[2].first();
    const auto places = scan_of(0).places;
    log_ = nullptr;
    flip(segment(second), 20);
    flip(segment(0), places[1].offset + 60);
    files_.restart();
    ASSERT_TRUE(open());
    read_all(0);
    EXPECT_LT(exported().size(), log_->end());
    EXPECT_EQ(exported({.quarantine = true}), numbers(second, third));
    EXPECT_EQ(summary_.missing, 0U);
    EXPECT_EQ(inventory().put_aside.size(), 2U);
}

TEST_F(InspectTest, APieceInQuarantineMayHoldIntactRecords) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto content = files_.contents(segment(0));
    ASSERT_TRUE(make_directories(files_, options_.dir / "quarantine"));
    // From the middle of one record to the middle of another.
    write_file(options_.dir / "quarantine" / (segment_name(0) + ".5000"),
               {content.begin() + std::ptrdiff_t(places[0].offset + 70),
                content.begin() + std::ptrdiff_t(places[3].offset + 70)});
    EXPECT_EQ(exported({.quarantine = true}), numbers(3, 43));
}

TEST_F(InspectTest, ASegmentOfANewerFormatIsLeftToANewerProgram) {
    write_five_records();
    SegmentHead head;
    head.version = segment_version + 1;
    const std::string text = encode_head(head);
    const auto bytes = std::as_bytes(std::span(text));
    write_file(segment(55), {bytes.begin(), bytes.end()});
    EXPECT_EQ(exported(), numbers(0, 55));
    ASSERT_EQ(summary_.notes.size(), 1U);
    EXPECT_NE(summary_.notes[0].find("version 2"), std::string::npos);
    EXPECT_TRUE(checked().damaged());
}

TEST_F(InspectTest, AHeadWithAnUnreadableSchemaIsNoHelp) {
    write_five_records();
    auto head = inventory().segments[0].head;
    head->schema = "schema 2\n";
    const std::string text = encode_head(*head);
    const auto bytes = std::as_bytes(std::span(text));
    files_.overwrite(segment(0), 0, {bytes.begin(), bytes.end()});
    EXPECT_TRUE(exported().empty());
    EXPECT_EQ(summary_.shapeless, 55U);
    EXPECT_EQ(exported({.fallback = &test_schema()}), numbers(0, 55));
    EXPECT_FALSE(checked().damaged());
}

TEST_F(InspectTest, WithoutItsHeadASegmentKeepsToTheIdOfMostOfItsReadings) {
    write_five_records();
    const SegmentScan scan = scan_of(0);
    std::string record;
    append_record(record, readings(900, 4), 900, *scan.segment + 1, 0);
    const auto bytes = std::as_bytes(std::span(record));
    files_.overwrite(segment(0), scan.end_offset(), {bytes.begin(), bytes.end()});
    EXPECT_EQ(exported(), numbers(0, 55));
    flip(segment(0), 20);
    EXPECT_EQ(exported({.fallback = &test_schema()}), numbers(0, 55));
}

TEST_F(InspectTest, WithoutItsHeadARecycledFileWithNothingNewIsEmpty) {
    write_five_records();
    files_.copy(segment(0), segment(55));
    flip(segment(55), 20);
    EXPECT_EQ(exported({.fallback = &test_schema()}), numbers(0, 55));
    EXPECT_EQ(summary_.copies, 0U);
}

TEST_F(InspectTest, ACopyOfTheLastSegmentChangesNothing) {
    write_five_records();
    files_.copy(segment(0), segment(70));
    EXPECT_EQ(exported(), numbers(0, 55));
    EXPECT_EQ(summary_.copies, 55U);
}

TEST_F(InspectTest, RandomDamageNeverInventsAReading) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    log_ = nullptr;
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        const Inventory all = inventory();
        const auto path = options_.dir / all.segments[random() % all.segments.size()].name;
        const std::uint64_t size = 1 + random() % 600;
        const std::uint64_t offset = random() % (all.segments[0].bytes - size);
        const auto before = files_.contents(path);
        std::vector<std::byte> bytes(size);
        for (std::byte& byte : bytes) byte = std::byte(random() % 256);
        files_.overwrite(path, offset, bytes);
        const auto ids = exported({.fallback = &test_schema()});
        EXPECT_TRUE(std::ranges::is_sorted(ids));
        EXPECT_TRUE(std::ranges::adjacent_find(ids) == ids.end());
        EXPECT_LT(ids.empty() ? 0 : ids.back(), end);
        EXPECT_GE(ids.size() + 60, end) << "600 bytes touch no more than three records";
        files_.overwrite(path, 0, before);
    }
}

}  // namespace
}  // namespace ingest::spool
