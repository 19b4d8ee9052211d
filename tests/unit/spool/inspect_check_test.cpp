#include "spool/crc32c.h"
#include "spool/record.h"
#include "unit/spool/inspect_fixture.h"

// What is told about a spool, of a running host too.
namespace ingest::spool {
namespace {

using test::Operation;

TEST_F(InspectTest, AHealthySpoolIsHealthy) {
    ASSERT_TRUE(open());
    fill(4);
    log_->advance(cursor_, 50);
    const CheckReport report = checked();
    EXPECT_TRUE(report.remarks.empty());
    EXPECT_EQ(report.readings, log_->end());
    EXPECT_EQ(report.records, log_->end() / 20);
    EXPECT_EQ(report.files, 5U);
}

TEST_F(InspectTest, EveryFlippedByteIsFoundInItsPlace) {
    write_five_records();
    // Proves that the last group was there.
    ASSERT_TRUE(Cursor::create(files_, options_.dir, "other", 55));
    const auto places = scan_of(0).places;
    for (std::uint64_t offset = 0; offset < places.back().end_offset; ++offset) {
        flip(segment(0), offset);
        const CheckReport report = checked();
        ASSERT_EQ(report.remarks.size(), 1U) << offset;
        const Remark& remark = report.remarks[0];
        EXPECT_TRUE(remark.damage);
        EXPECT_EQ(remark.file, segment_name(0));
        EXPECT_LE(remark.offset, offset);
        const auto place = std::ranges::find_if(places, [&](const RecordPlace& one) {
            return offset >= one.offset && offset < one.end_offset;
        });
        if (place == places.end()) {
            EXPECT_EQ(remark.bytes, places[0].offset);
            EXPECT_EQ(remark.readings, (Range{0, 55}));
        } else {
            EXPECT_EQ(remark.offset, place->offset) << offset;
            EXPECT_EQ(remark.readings, place->readings) << offset;
        }
        flip(segment(0), offset);
    }
    EXPECT_TRUE(checked().remarks.empty());
}

TEST_F(InspectTest, ATornTailIsNoDamageUnlessACursorWasBeyond) {
    write_five_records();
    const auto places = scan_of(0).places;
    files_.overwrite(segment(0), places[4].offset + 60, zeros(20));
    CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_FALSE(report.damaged());
    EXPECT_EQ(report.remarks[0].offset, places[4].offset);
    EXPECT_EQ(report.remarks[0].bytes, places[4].end_offset - places[4].offset);
    ASSERT_TRUE(Cursor::create(files_, options_.dir, "other", 55));
    report = checked();
    EXPECT_TRUE(report.damaged());
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].readings, (Range{53, 55}));
}

TEST_F(InspectTest, AHoleInTheLastGroupIsATornWrite) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 60));
    const RecordPlace place = scan_of(0).places[2];
    flip(segment(0), place.offset + 50);
    CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_FALSE(report.damaged());
    EXPECT_EQ(report.remarks[0].offset, place.offset);
    EXPECT_EQ(report.remarks[0].readings, place.readings);
    log_->advance(cursor_, 60);
    report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_TRUE(report.damaged());
    // In a segment that another one follows nothing is torn.
    ASSERT_TRUE(Cursor::create(files_, options_.dir, "sink", 0));
    SegmentHead head;
    head.first = head.former_end = 70;
    head.schema = to_text(test_schema());
    const std::string text = encode_head(head);
    const auto bytes = std::as_bytes(std::span(text));
    write_file(segment(70), {bytes.begin(), bytes.end()});
    EXPECT_TRUE(checked().damaged());
}

TEST_F(InspectTest, ARenamedSegmentIsTold) {
    write_five_records();
    ASSERT_TRUE(files_.rename(segment(0), segment(7)));
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].file, segment_name(7));
    EXPECT_TRUE(report.damaged());
    EXPECT_EQ(exported(), numbers(0, 55));
}

TEST_F(InspectTest, AZeroedSegmentIsWhollyDamaged) {
    write_five_records();
    ASSERT_TRUE(Cursor::create(files_, options_.dir, "other", 55));
    files_.overwrite(segment(0), 0, zeros(options_.segment_bytes));
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 2U);
    EXPECT_EQ(report.remarks[0].bytes, options_.segment_bytes);
    EXPECT_EQ(report.remarks[1].readings, (Range{0, 55}));
}

TEST_F(InspectTest, AGapBetweenSegmentsIsMissingReadings) {
    ASSERT_TRUE(open());
    fill(4);
    const std::uint64_t second = inventory().segments[1].first();
    const std::uint64_t third = inventory().segments[2].first();
    ASSERT_TRUE(files_.unlink(segment(second)));
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].readings, (Range{second, third}));
    EXPECT_TRUE(report.damaged());
    const auto listed = list_segments(watched_, inventory());
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->size(), 3U);
}

TEST_F(InspectTest, ARecordInAnothersPlaceIsToldAsMissing) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto content = files_.contents(segment(0));
    // The first record once more, where the last one was; it is a little larger.
    files_.overwrite(segment(0), places[4].offset,
                     {content.begin() + std::ptrdiff_t(places[0].offset),
                      content.begin() + std::ptrdiff_t(places[0].end_offset)});
    ASSERT_TRUE(Cursor::create(files_, options_.dir, "other", 55));
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 2U);
    EXPECT_EQ(report.remarks[0].readings, (Range{0, 3}));
    EXPECT_EQ(report.remarks[1].readings, (Range{53, 55}));
}

TEST_F(InspectTest, ARecordThatIsNoBatchIsTold) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 3));
    const Inventory all = inventory();
    const auto place = scan_of(0).places[0];
    const model::Schema other({{"note", model::ColumnType::utf8, false}});
    model::Batch batch(other);
    batch.add_row();
    std::string record;
    append_record(record, batch, 3, all.segments[0].head->segment, place.end_offset);
    const auto bytes = std::as_bytes(std::span(record));
    files_.overwrite(segment(0), place.end_offset, {bytes.begin(), bytes.end()});
    CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].readings, (Range{3, 4}));
    EXPECT_EQ(exported({.fallback = &other}), numbers(0, 3));
    EXPECT_EQ(summary_.shapeless, 1U);

    // One with another number of rows than its header says.
    record.clear();
    append_record(record, readings(3, 1), 3, all.segments[0].head->segment, place.end_offset);
    record[16] = 2;
    const std::uint32_t sum = crc32c(0, std::as_bytes(std::span(record)).subspan(8));
    std::memcpy(record.data() + 4, &sum, sizeof sum);
    const auto longer = std::as_bytes(std::span(record));
    files_.overwrite(segment(0), place.end_offset, {longer.begin(), longer.end()});
    report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].readings, (Range{3, 5}));
}

TEST_F(InspectTest, ASequenceThatJumpsWithoutDamagedBytesIsTold) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 3));
    const Inventory all = inventory();
    const auto place = scan_of(0).places[0];
    std::string record;
    append_record(record, readings(5, 1), 5, all.segments[0].head->segment, place.end_offset);
    const auto bytes = std::as_bytes(std::span(record));
    files_.overwrite(segment(0), place.end_offset, {bytes.begin(), bytes.end()});
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 1U);
    EXPECT_EQ(report.remarks[0].readings, (Range{3, 5}));
    EXPECT_EQ(exported(), (std::vector<std::uint64_t>{0, 1, 2, 5}));
    EXPECT_EQ(summary_.missing, 2U);
}

TEST_F(InspectTest, EveryFlippedByteOfACursorIsFound) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 30));
    log_->advance(cursor_, 10);
    tidy();
    const auto path = options_.dir / Cursor::file_name("sink");
    for (std::uint64_t offset = 0; offset < 8192; offset += 5) {
        flip(path, offset);
        const CheckReport report = checked();
        ASSERT_EQ(report.remarks.size(), 1U) << offset;
        EXPECT_TRUE(report.damaged());
        EXPECT_EQ(report.remarks[0].file, "cursor-sink");
        EXPECT_EQ(report.remarks[0].offset, offset / 4096 * 4096);
        EXPECT_TRUE(inventory().cursor_of("sink")->content);
        flip(path, offset);
    }
    flip(path, 0);
    flip(path, 4096);
    EXPECT_EQ(checked().remarks[0].bytes, 8192U);
    EXPECT_FALSE(inventory().cursor_of("sink")->content);
    EXPECT_EQ(inventory().cursor_of("nobody"), nullptr);
}

TEST_F(InspectTest, ListsWhatIsThereAndWhatWaits) {
    ASSERT_TRUE(open());
    fill(3);
    tidy();
    log_->advance(cursor_, 7);
    const std::uint64_t end = log_->end();
    ASSERT_TRUE(log_->open_cursor("late"));
    ASSERT_TRUE(make_directories(files_, options_.dir / "dead-letters"));
    write_file(options_.dir / "spare.log", zeros(100));
    write_file(options_.dir / "notes.txt", zeros(1));
    write_file(options_.dir / "segment-1.log", zeros(1));
    write_file(options_.dir / "x.new", zeros(1));
    write_file(options_.dir / "dead-letters" / "sink.settled", zeros(1));
    const Inventory all = inventory();
    EXPECT_EQ(all.foreign, (std::vector<std::string>{"notes.txt", "segment-1.log"}));
    EXPECT_EQ(all.spare_bytes, 100U);
    EXPECT_TRUE(all.letters.empty());
    const auto listed = list_segments(watched_, all);
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->size(), 3U);
    EXPECT_EQ(listed->front().readings.first, 0U);
    EXPECT_EQ(listed->back().readings.end, end);
    EXPECT_LT(listed->back().used_bytes, options_.segment_bytes);
    EXPECT_FALSE(listed->back().other_fields);
    EXPECT_EQ(readings_beyond(*listed, all.cursor_of("sink")->content->position), end - 7);
    EXPECT_EQ(readings_beyond(*listed, all.cursor_of("late")->content->position), 0U);
    // Foreign files are told and are no damage.
    EXPECT_EQ(checked().remarks.size(), 2U);
    EXPECT_FALSE(checked().damaged());
}

TEST_F(InspectTest, ListsAChangeOfFields) {
    write_five_records();
    const model::Schema other({{"temperature", model::ColumnType::float64, true}});
    ASSERT_TRUE(Log::open(options_, other, files_));
    const Inventory all = inventory();
    auto listed = list_segments(watched_, all);
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->size(), 2U);
    EXPECT_TRUE(listed->back().other_fields);
    EXPECT_EQ(listed->front().readings, (Range{0, 55}));
    flip(segment(0), 30);
    const Inventory damaged = inventory();
    listed = list_segments(watched_, damaged);
    EXPECT_FALSE(listed->back().other_fields);
    flip(segment(55), 30);
    const Inventory worse = inventory();
    listed = list_segments(watched_, worse);
    EXPECT_EQ(listed->front().readings, (Range{0, 55}));
}

TEST_F(InspectTest, DamageInDeadLettersIsFound) {
    write_five_records();
    const auto dir = options_.dir / "dead-letters";
    ASSERT_TRUE(make_directories(files_, dir));
    SegmentHead head;
    head.first = 1;
    head.segment = 99;
    head.schema = to_text(test_schema());
    std::string text = encode_head(head);
    std::vector<std::size_t> ends;
    for (const std::uint64_t sequence : {std::uint64_t{7}, std::uint64_t{3}, std::uint64_t{9}}) {
        append_record(text, readings(sequence, 1), sequence, 99, text.size());
        ends.push_back(text.size());
    }
    const auto bytes = std::as_bytes(std::span(text));
    const auto path = dir / "sink.1.log";
    write_file(path, {bytes.begin(), bytes.end()});
    EXPECT_TRUE(checked().remarks.empty());
    flip(path, ends[0] + 30);
    EXPECT_EQ(checked().remarks[0].offset, ends[0]);
    EXPECT_TRUE(checked().damaged());
    flip(path, ends[0] + 30);
    flip(path, ends[1] + 60);  // the last letter: a write that was cut
    ASSERT_EQ(checked().remarks.size(), 1U);
    EXPECT_FALSE(checked().damaged());
    flip(path, 100);
    EXPECT_EQ(checked().remarks[0].offset, 0U);
    EXPECT_NE(checked().remarks[0].advice.find("2 letters"), std::string::npos);
}

TEST_F(InspectTest, WhatIsInQuarantineIsDamage) {
    write_five_records();
    const auto dir = options_.dir / "quarantine";
    ASSERT_TRUE(make_directories(files_, dir));
    files_.copy(segment(0), dir / segment_name(0));
    write_file(dir / "cursor-sink", zeros(8192));
    const CheckReport report = checked();
    ASSERT_EQ(report.remarks.size(), 2U);
    EXPECT_NE(report.remarks[0].what.find("55 readings"), std::string::npos);
    EXPECT_EQ(report.remarks[1].file, "quarantine/cursor-sink");
    EXPECT_EQ(report.readings, 55U);
}

TEST_F(InspectTest, ASectorThatCannotBeReadCostsWhatStandsThere) {
    write_five_records();
    const Inventory all = inventory();
    int reads = 0;  // all of it at once, then each of its three pages three times
    files_.inject([&](Operation operation, const std::string& path) {
        const bool here = operation == Operation::read && path.ends_with(segment_name(0));
        return here && ++reads <= 10 ? EIO : 0;
    });
    const auto report = check_spool(watched_, all);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damaged());
    EXPECT_EQ(report->readings, 0U);
}

// While a host runs ---------------------------------------------------------------------------

TEST_F(InspectTest, ARecordThatIsBeingWrittenIsNoDamage) {
    write_five_records();
    const auto places = scan_of(0).places;
    const auto whole = files_.contents(segment(0));
    const Inventory all = inventory();
    // Half of the second record is there when the file is read first, and all of it afterwards.
    const std::uint64_t half = places[1].offset + 100;
    files_.overwrite(segment(0), half, zeros(places[1].end_offset - half));
    int reads = 0;
    watched_.before_read = [&](const std::string& name, std::uint64_t) {
        if (name == segment_name(0) && ++reads == 2) files_.overwrite(segment(0), 0, whole);
    };
    const auto report = check_spool(watched_, all);
    ASSERT_TRUE(report);
    EXPECT_GE(reads, 2);
    EXPECT_TRUE(report->remarks.empty());
    EXPECT_EQ(report->readings, 55U);
}

TEST_F(InspectTest, ACursorThatIsBeingWrittenIsNoDamage) {
    write_five_records();
    const auto path = options_.dir / "cursor-sink";
    const auto whole = files_.contents(path);
    flip(path, 30);
    int reads = 0;
    watched_.before_read = [&](const std::string& name, std::uint64_t) {
        if (name == "cursor-sink" && ++reads == 2) files_.overwrite(path, 0, whole);
    };
    EXPECT_TRUE(checked().remarks.empty());
    EXPECT_EQ(reads, 2);
}

TEST_F(InspectTest, SegmentsThatAHostConsumesMeanwhileAreNoDamage) {
    ASSERT_TRUE(open());
    fill(4);
    const std::uint64_t end = log_->end();
    const std::uint64_t last = inventory().segments.back().first();
    const Inventory all = inventory();
    log_->advance(cursor_, end);
    tidy();
    fill(2);  // the first one's file is in use again
    const auto report = check_spool(watched_, all);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->damaged());
    const auto left = exported(all, {});
    EXPECT_EQ(left.front(), last);
    EXPECT_EQ(summary_.missing, 0U);
    EXPECT_TRUE(take_inventory(watched_, options_.dir));
}

TEST_F(InspectTest, AFileThatIsUsedAgainWhileItIsReadIsToldApart) {
    ASSERT_TRUE(open());
    fill(2);
    const auto old = files_.contents(segment(0));
    const Inventory all = inventory();
    int opened = 0;
    watched_.before_open = [&](const std::string& name) {
        // Between the list of its records and the records themselves.
        if (name == segment_name(0) && ++opened == 2) {
            files_.overwrite(segment(0), 4096, zeros(old.size() - 4096));
        }
    };
    const auto left = exported(all, {});
    EXPECT_EQ(left.size() + summary_.missing, log_->end());
    files_.overwrite(segment(0), 0, old);
    watched_.before_open = [](const std::string&) {};
    int reads = 0;
    watched_.before_read = [&](const std::string& name, std::uint64_t) {
        if (name == segment_name(0) && ++reads == 2) {
            files_.overwrite(segment(0), 4096, zeros(old.size() - 4096));
        }
    };
    const auto rest = exported(all, {});
    EXPECT_EQ(rest.size() + summary_.overwritten, log_->end());
    EXPECT_GT(summary_.overwritten, 0U);
}

TEST_F(InspectTest, DamageInAFileThatIsAnotherOneByNowIsNotTold) {
    write_five_records();
    const auto whole = files_.contents(segment(0));
    flip(segment(0), 30);
    Inventory all = inventory();
    int opened = 0;
    const auto later = [&](const std::vector<std::byte>& bytes) {
        opened = 0;
        watched_.before_open = [&, bytes](const std::string& name) {
            if (name == segment_name(0) && ++opened == 2) files_.overwrite(segment(0), 0, bytes);
        };
    };
    later(whole);
    EXPECT_TRUE(check_spool(watched_, all)->remarks.empty());

    flip(segment(0), scan_of(0).places[1].offset + 50);
    all = inventory();
    SegmentHead head = *all.segments[0].head;
    head.segment += 1;
    const std::string text = encode_head(head);
    const auto bytes = std::as_bytes(std::span(text));
    later({bytes.begin(), bytes.end()});
    EXPECT_TRUE(check_spool(watched_, all)->remarks.empty());
}

TEST_F(InspectTest, FilesThatGoBetweenListAndLookAreSkipped) {
    ASSERT_TRUE(open());
    fill(3);
    write_file(options_.dir / "spare.log", zeros(4096));
    write_file(options_.dir / "quarantine" / "cursor-other", zeros(4096));
    int gone = 0;
    watched_.before_open = [&](const std::string& name) {
        const bool aside = name == "cursor-other";
        const auto path = (aside ? options_.dir / "quarantine" : options_.dir) / name;
        EXPECT_TRUE(files_.unlink(path));
        ++gone;
    };
    const Inventory all = inventory();
    EXPECT_EQ(gone, 6);
    EXPECT_FALSE(all.spare_bytes);
    EXPECT_TRUE(all.other_damage.empty());
    EXPECT_TRUE(all.segments.empty());
    EXPECT_TRUE(all.cursors.empty());
}

TEST_F(InspectTest, WhatTheDiskRefusesIsAnErrorEachTime) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t second = inventory().segments[1].first();
    flip(segment(second), 20);
    flip(segment(0), 4096 + 60);
    const std::uint64_t last = inventory().segments[2].first();
    flip(segment(last), scan_of(last).places.back().offset + 60);
    for (const char* folder : {"quarantine", "dead-letters"}) {
        ASSERT_TRUE(make_directories(files_, options_.dir / folder));
        files_.copy(segment(0), options_.dir / folder / segment_name(0));
    }
    write_file(options_.dir / "quarantine" / "cursor-sink", zeros(8192));
    write_file(options_.dir / "spare.log", zeros(4096));
    const auto everything = [&](int& refused) {
        const auto taken = take_inventory(watched_, options_.dir);
        if (!taken) ++refused;
        if (!taken) return;
        if (!list_segments(watched_, *taken)) ++refused;
        if (!check_spool(watched_, *taken)) ++refused;
        const auto visit = [](const model::Batch&, std::int64_t) { return true; };
        if (!for_each_reading(watched_, *taken, {}, visit)) ++refused;
        if (!for_each_reading(watched_, *taken, {.quarantine = true}, visit)) ++refused;
    };
    int refused = 0;
    int operations = 0;
    files_.inject([&](Operation, const std::string&) { return ++operations, 0; });
    everything(refused);
    ASSERT_EQ(refused, 0);
    for (int k = 1, all = operations; k <= all; ++k) {
        int n = 0;
        refused = 0;
        files_.inject([&](Operation, const std::string&) { return ++n == k ? EACCES : 0; });
        everything(refused);
        EXPECT_LE(refused, 1) << k;
        EXPECT_GE(n, k);
    }
}

}  // namespace
}  // namespace ingest::spool
