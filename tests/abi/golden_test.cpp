#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "abi/drive.h"
#include "base/time_text.h"
#include "support/temp_dir.h"

// Plugin binaries that were built once, for each minor, and kept: golden/README.md. This host must
// load and drive every one of them, of every minor, with the same outcome.
namespace ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::array minors{"1.0"};
constexpr std::array validators{"golden-c", "golden-gxx", "golden-clangxx", "golden-rust"};
constexpr const char* golden_sink = "golden-sink";

#if defined(__x86_64__)
constexpr bool runs_here = true;
#else
constexpr bool runs_here = false;
#endif

std::filesystem::path folder(const std::string& minor) {
    return test::source("tests/abi/golden") / minor;
}

// The sums that came with a minor: by file name.
std::map<std::string, std::string> sums_of(const std::string& minor) {
    std::ifstream list(folder(minor) / "SHA256SUMS");
    std::map<std::string, std::string> sums;
    for (std::string sum, name; list >> sum >> name;) sums[name] = sum;
    return sums;
}

// Loads one from a directory that is as the host wants it, whatever the checkout's umask was.
std::unique_ptr<plugin::Library> load_golden(const std::string& minor, const std::string& id) {
    const test::TempDir dir;
    const auto file = dir.path() / (id + ".so");
    std::filesystem::copy_file(folder(minor) / file.filename(), file);
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    const std::string sum = sums_of(minor)[file.filename()];
    if (sum.empty()) throw std::runtime_error(id + " is not in SHA256SUMS of " + minor);
    auto library = plugin::Library::load(file, {}, sum);
    if (!library) throw std::runtime_error(library.error().message);
    return std::move(*library);
}

// Four fields of sensor_schema() and one of each other type.
std::unique_ptr<model::Schema> schema_of_all_types() {
    using model::ColumnType;
    return std::make_unique<model::Schema>(std::vector<model::Field>{
        {"temperature", ColumnType::float64, true},
        {"humidity", ColumnType::float64, false},
        {"running", ColumnType::boolean, false},
        {"seen", ColumnType::int64, false},
        {"note", ColumnType::utf8, false},
        {"measured", ColumnType::timestamp, false},
    });
}
constexpr std::size_t temperature = 4, humidity = 5, running = 6, seen = 7, note = 8, measured = 9;

TEST(GoldenFiles, AreAllThereAndAsTheyWereMade) {
    for (const char* minor : minors) {
        std::set<std::string> expected{std::string(golden_sink) + ".so"};
        for (const char* id : validators) expected.insert(std::string(id) + ".so");
        std::set<std::string> listed;
        for (const auto& [name, sum] : sums_of(minor)) listed.insert(name);
        EXPECT_EQ(listed, expected) << minor;
        std::set<std::string> there;
        for (const auto& entry : std::filesystem::directory_iterator(folder(minor))) {
            there.insert(entry.path().filename());
        }
        expected.insert("SHA256SUMS");
        EXPECT_EQ(there, expected) << minor;
    }
}

TEST(GoldenFiles, OfEveryMinorThatWasReleasedAreTested) {
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::directory_iterator(folder("."))) {
        if (entry.is_directory()) there.insert(entry.path().filename());
    }
    EXPECT_EQ(there, std::set<std::string>(minors.begin(), minors.end()));
}

struct Golden {
    const char* minor;
    const char* id;
};

std::vector<Golden> of_all_minors(std::span<const char* const> ids) {
    std::vector<Golden> all;
    for (const char* minor : minors) {
        for (const char* id : ids) all.push_back({minor, id});
    }
    return all;
}

std::string test_name(const ::testing::TestParamInfo<Golden>& info) {
    std::string name = std::string(info.param.id) + "_" + info.param.minor;
    for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return name;
}

class GoldenPlugin : public ::testing::TestWithParam<Golden> {
protected:
    void SetUp() override {
        if (!runs_here) GTEST_SKIP() << "golden plugins are for x86-64";
        library_ = load_golden(GetParam().minor, GetParam().id);
    }
    std::unique_ptr<plugin::Library> library_;
    std::unique_ptr<model::Schema> schema_ = schema_of_all_types();
};

class GoldenValidator : public GoldenPlugin {
protected:
    std::unique_ptr<plugin::Validator> make(std::string_view options) {
        return test::make<plugin::Validator>(*library_, options, *schema_);
    }
    plugin::Answer failure_of(std::string_view options) {
        plugin::Answer failure;
        EXPECT_FALSE(plugin::Validator::create(*library_, options, *schema_, failure)) << options;
        return failure;
    }
    // Lets `validator` see the batch; `report_` has what it said of it.
    plugin::Answer see(plugin::Validator& validator, const model::Batch& batch,
                       std::uint32_t flags = 0, const std::uint8_t* refused = nullptr) {
        test::Shown shown(batch);
        shown.batch().flags = flags;
        shown.batch().refused = refused;
        report_.begin(batch, validator.promises());
        ingest_report table = report_.table();
        return validator.validate(shown.batch(), table);
    }
    std::vector<std::string> told() const { return test::told(report_); }
    plugin::Report report_;
};

TEST_P(GoldenValidator, DescribesItself) {
    EXPECT_EQ(library_->identity().id, GetParam().id);
    EXPECT_EQ(library_->identity().version, "1.0.0");
    EXPECT_THAT(library_->identity().description, StartsWith("Golden validator in "));
    EXPECT_EQ("1." + std::to_string(library_->identity().built_minor), GetParam().minor);
    const plugin::Manifest& manifest = library_->manifest();
    EXPECT_EQ(manifest.kind, plugin::Kind::validator);
    EXPECT_TRUE(manifest.shared_state);
    EXPECT_EQ(manifest.options.size(), 10U);
    EXPECT_THAT(manifest.reads, ElementsAre("*"));
    EXPECT_THAT(manifest.writes, ElementsAre("equipment_id", "temperature", "humidity", "seen"));
    EXPECT_EQ(manifest.issues.size(), 3U);
    EXPECT_TRUE(library_->validator());
    EXPECT_FALSE(library_->sink());
    EXPECT_FALSE(library_->query());
    for (const std::string_view unknown : {"ingest.validator/2", "ingest.validator/", ""}) {
        EXPECT_EQ(library_->identity().get_interface({unknown.data(), unknown.size()}), nullptr);
    }
}

TEST_P(GoldenValidator, RejectsWhatIsBeyondItsLimits) {
    const auto validator = make(R"({"limits":{"temperature":{"min":-10.5,"max":100},
                                              "humidity":{"max":80}}})");
    const model::Batch batch = test::readings(*schema_, {{20.0, 50.0}, {100.5, test::null},
                                                         {-11.0, 81.0}, {100.0, 80.0}});
    ASSERT_TRUE(see(*validator, batch).ok());
    EXPECT_THAT(told(), ::testing::UnorderedElementsAre(
                            "row 1 reject 4 out_of_limits: is above 100",
                            "row 2 reject 4 out_of_limits: is below -10.5",
                            "row 2 reject 5 out_of_limits: is above 80"));
    EXPECT_EQ(report_.misbehaviours(), 0U) << report_.first_misbehaviour();
}

TEST_P(GoldenValidator, WarnsOfACellAndOfAReading) {
    const auto validator = make(R"({"idle_unless":"running"})");
    model::Batch batch(*schema_);
    test::add_reading(batch, "A", {20.0, test::null, true});
    test::add_reading(batch, "B", {20.0, test::null, false});
    test::add_reading(batch, "C", {20.0, test::null, test::null});
    batch.change_int64(model::column_timestamp, 0, test::some_time_us + 1250);
    ASSERT_TRUE(see(*validator, batch).ok());
    EXPECT_THAT(told(), ElementsAre("row 0 warn 2 early: is 250 us after its arrival",
                                    "row 1 warn -1 idle: reading 00000002 is of an idle machine"));
}

TEST_P(GoldenValidator, ChangesCellsOfEachType) {
    const auto validator = make(
        R"({"strip":"old-","floor":true,"null_below_zero":"humidity","counter":"seen","start":7})");
    model::Batch batch(*schema_);
    test::add_reading(batch, "old-PUMP", {20.75, -1.0, true, test::null, "a note"});
    test::add_reading(batch, "PUMP-2", {-0.5, 1.0, false, std::int64_t{99}, test::null});
    ASSERT_TRUE(see(*validator, batch).ok());
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_EQ(report_.misbehaviours(), 0U) << report_.first_misbehaviour();
    report_.apply_edits(batch);
    EXPECT_EQ(batch.utf8(model::column_equipment_id, 0), "PUMP");
    EXPECT_EQ(batch.utf8(model::column_equipment_id, 1), "PUMP-2");
    EXPECT_EQ(batch.float64(temperature, 0), 20.0);
    EXPECT_EQ(batch.float64(temperature, 1), -1.0);
    EXPECT_FALSE(batch.has(humidity, 0));
    EXPECT_EQ(batch.float64(humidity, 1), 1.0);
    EXPECT_EQ(batch.int64(seen, 0), 7);
    EXPECT_EQ(batch.int64(seen, 1), 8);
    EXPECT_EQ(batch.utf8(note, 0), "a note");
}

TEST_P(GoldenValidator, SkipsRefusedRowsAndRemembersNothingOfATrial) {
    const auto validator = make(R"({"counter":"seen","limits":{"temperature":{"max":100}}})");
    const auto counted = [&](std::uint32_t flags, std::uint8_t refused) {
        model::Batch batch = test::readings(*schema_, {{20.0}, {120.0}, {30.0}});
        EXPECT_TRUE(see(*validator, batch, flags, &refused).ok());
        report_.apply_edits(batch);
        std::vector<std::int64_t> numbers;
        for (std::int64_t row = 0; row < batch.rows(); ++row) {
            numbers.push_back(batch.has(seen, row) ? batch.int64(seen, row) : -1);
        }
        return numbers;
    };
    EXPECT_THAT(counted(0, 0b010), ElementsAre(0, -1, 1));
    EXPECT_THAT(told(), IsEmpty()) << "row 1 was refused before";
    EXPECT_THAT(counted(INGEST_BATCH_TRIAL, 0), ElementsAre(2, 3, 4));
    EXPECT_THAT(told(), ElementsAre("row 1 reject 4 out_of_limits: is above 100"));
    EXPECT_THAT(counted(0, 0b001), ElementsAre(-1, 2, 3));
    // A bit that no plugin of this minor knows.
    EXPECT_THAT(counted(UINT32_C(1) << 31, 0), ElementsAre(4, 5, 6));
}

TEST_P(GoldenValidator, TakesBatchesOfAnySize) {
    const auto validator = make(R"({"limits":{"temperature":{"max":100}}})");
    EXPECT_TRUE(see(*validator, model::Batch(*schema_)).ok());
    EXPECT_THAT(told(), IsEmpty());
    model::Batch many(*schema_);
    for (int row = 0; row < 1000; ++row) test::add_reading(many, "PUMP", {row / 8.0});
    EXPECT_TRUE(see(*validator, many).ok());
    EXPECT_EQ(report_.issues().size(), 199U);
    EXPECT_EQ(report_.issues().front().row, 801);
}

TEST_P(GoldenValidator, NamesTheOptionThatIsWrong) {
    const auto expect = [&](std::string_view options, const std::string& message) {
        const plugin::Answer failure = failure_of(options);
        EXPECT_EQ(failure.code, INGEST_CONFIG) << options;
        EXPECT_EQ(failure.message, message);
    };
    expect(R"({"limits":{"temperature":{"min":2,"max":1}}})",
           "/limits/temperature: min is above max");
    expect(R"({"limits":{"note":{"min":2}}})",
           "/limits/note: there is no column of numbers 'note'");
    expect(R"({"counter":"note"})", "/counter: there is no column of integers 'note'");
    expect(R"({"idle_unless":"x"})", "/idle_unless: there is no column of booleans 'x'");
    const plugin::Answer failure = failure_of(R"({"strip":1})");
    EXPECT_EQ(failure.code, INGEST_CONFIG);
    EXPECT_THAT(failure.message, StartsWith("/strip: "));
}

TEST_P(GoldenValidator, AnswersWithACodeWhenItFailsAndGoesOnAfterwards) {
    const auto validator =
        make(R"({"fails_on":"BAD","bug_on":"BUG","limits":{"temperature":{"max":1}}})");
    const plugin::Answer failed = see(*validator, test::readings_of(*schema_, {"A", "BAD"}));
    EXPECT_EQ(failed.code, INGEST_FATAL);
    EXPECT_EQ(failed.message, "told to fail");
    const plugin::Answer bug = see(*validator, test::readings_of(*schema_, {"BUG"}));
    EXPECT_EQ(bug.code, INGEST_INTERNAL);
    EXPECT_THAT(bug.message, HasSubstr("a bug"));
    EXPECT_TRUE(see(*validator, test::readings_of(*schema_, {"A"})).ok());
    EXPECT_EQ(told().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Kept, GoldenValidator, ::testing::ValuesIn(of_all_minors(validators)),
                         test_name);

class GoldenSink : public GoldenPlugin {
protected:
    std::unique_ptr<plugin::Sink> make(std::string_view options) {
        return test::make<plugin::Sink>(*library_, options, *schema_);
    }
    static plugin::Answer write(plugin::Sink& sink, const model::Batch& batch,
                                std::int64_t deadline_ns = 0, std::uint64_t sequence = 0) {
        test::Shown shown(batch);
        shown.batch().deadline_ns = deadline_ns;
        shown.batch().sequence = sequence;
        const ingest_batch* const one[] = {&shown.batch()};
        return sink.write(one);
    }
};

TEST_P(GoldenSink, DescribesItself) {
    EXPECT_EQ(library_->identity().id, GetParam().id);
    EXPECT_EQ(library_->manifest().kind, plugin::Kind::sink);
    EXPECT_TRUE(library_->sink());
    EXPECT_TRUE(library_->query());
    EXPECT_FALSE(library_->validator());
}

TEST_P(GoldenSink, StoresEachTypeAndTellsItAgain) {
    const auto sink = make("{}");
    EXPECT_FALSE(sink->connected()) << "not tried yet";
    EXPECT_TRUE(sink->write({}).ok());
    EXPECT_TRUE(sink->connected());
    model::Batch batch(*schema_);
    test::add_reading(batch, "TYPES", {20.5, 1.0, true, std::int64_t{-3}, "a note",
                                       std::int64_t{test::some_time_us - 5}});
    test::add_reading(batch, "OTHER", {1.0});
    test::add_reading(batch, "TYPES", {21.5, test::null, false, test::null, test::null,
                                       test::null}, test::some_time_us + 10);
    ASSERT_TRUE(write(*sink, batch).ok());
    ASSERT_TRUE(write(*sink, batch).ok()) << "the same readings again are no new ones";

    const auto query = test::make<plugin::Query>(*library_, "{}", *schema_);
    model::Batch rows(*schema_);
    ASSERT_TRUE(query->latest("TYPES", 100, 0, rows).ok());
    ASSERT_EQ(rows.rows(), 2);
    EXPECT_EQ(rows.uuid(model::column_reading_id, 0), test::uuid_of(3)) << "the newest first";
    EXPECT_EQ(rows.uuid(model::column_reading_id, 1), test::uuid_of(1));
    EXPECT_EQ(rows.int64(model::column_timestamp, 1), test::some_time_us);
    EXPECT_EQ(rows.int64(model::column_received_at, 1), test::some_time_us + 1000);
    EXPECT_EQ(rows.float64(temperature, 1), 20.5);
    EXPECT_TRUE(rows.boolean(running, 1));
    EXPECT_FALSE(rows.boolean(running, 0));
    EXPECT_EQ(rows.int64(seen, 1), -3);
    EXPECT_EQ(rows.utf8(note, 1), "a note");
    EXPECT_EQ(rows.int64(measured, 1), test::some_time_us - 5);
    for (const std::size_t column : {humidity, seen, note, measured}) {
        EXPECT_FALSE(rows.has(column, 0)) << column;
    }
    ASSERT_TRUE(query->latest("TYPES", 1, 0, rows).ok());
    EXPECT_EQ(rows.rows(), 1);
    ASSERT_TRUE(query->latest("NOBODY", 5, 0, rows).ok());
    EXPECT_EQ(rows.rows(), 0);
}

TEST_P(GoldenSink, AnswersWithEachCode) {
    const auto sink = make(R"({"answers":[2,4,5,6,7,99]})");
    const model::Batch batch = test::readings_of(*schema_, {"CODES"});
    for (const std::int32_t code :
         {INGEST_RETRY, INGEST_FATAL, INGEST_TIMEOUT, INGEST_UNSUPPORTED, INGEST_INTERNAL}) {
        const plugin::Answer answer = write(*sink, batch);
        EXPECT_EQ(answer.code, code);
        EXPECT_EQ(answer.message, "told to answer " + std::to_string(code));
        EXPECT_FALSE(sink->connected());
    }
    const plugin::Answer unknown = write(*sink, batch);
    EXPECT_EQ(unknown.code, INGEST_INTERNAL);
    EXPECT_EQ(unknown.message, "returned the unknown code 99: told to answer 99");
    EXPECT_TRUE(write(*sink, batch).ok());
    EXPECT_TRUE(sink->connected());
}

TEST_P(GoldenSink, RefusesForEverWhatItIsToldTo) {
    const auto sink = make(R"({"refuses":"POISON"})");
    const plugin::Answer answer = write(*sink, test::readings_of(*schema_, {"GOOD", "POISON"}));
    EXPECT_EQ(answer.code, INGEST_REJECT);
    EXPECT_EQ(answer.message, "told to refuse POISON");
    const auto query = test::make<plugin::Query>(*library_, R"({"refuses":"POISON"})", *schema_);
    model::Batch rows(*schema_);
    const plugin::Answer failed = query->latest("POISON", 5, 0, rows);
    EXPECT_EQ(failed.code, INGEST_FATAL);
    EXPECT_EQ(rows.rows(), 0) << "it began a row, which does not count";
}

TEST_P(GoldenSink, KeepsToDeadlinesAndTellsHowFarItCame) {
    const auto sink = make("{}");
    const model::Batch batch = test::readings_of(*schema_, {"TIME-1", "TIME-2"});
    EXPECT_EQ(write(*sink, batch, 1).code, INGEST_TIMEOUT);
    EXPECT_EQ(sink->flush(1).code, INGEST_TIMEOUT);
    const std::int64_t later_ns = monotonic_ns() + std::int64_t{3600} * 1'000'000'000;
    EXPECT_TRUE(write(*sink, batch, later_ns, 40).ok());
    EXPECT_TRUE(sink->flush(later_ns).ok());
    EXPECT_TRUE(sink->flush(0).ok());
}

TEST_P(GoldenSink, SaysInWordsWhatItsStateIs) {
    const ingest_sink& table = *library_->sink();
    void* self = nullptr;
    ingest_error error{};
    error.struct_size = sizeof error;
    ASSERT_EQ(table.create(library_->host(), {"{}", 2}, schema_->arrow(), &self, &error),
              INGEST_OK);
    const model::Batch batch = test::readings_of(*schema_, {"HEALTH-1", "HEALTH-2"});
    test::Shown shown(batch);
    shown.batch().sequence = 40;
    const ingest_batch* const batches[] = {&shown.batch()};
    ASSERT_EQ(table.write(self, batches, 1, &error), INGEST_OK);
    ingest_health health{};
    health.struct_size = sizeof health;
    table.health(self, &health);
    EXPECT_STREQ(health.message, "2 written, next is 42");
    table.destroy(self);
}

TEST_P(GoldenSink, NamesTheOptionThatIsWrong) {
    plugin::Answer failure;
    EXPECT_FALSE(plugin::Sink::create(*library_, R"({"answers":["x"]})", *schema_, failure));
    EXPECT_EQ(failure.code, INGEST_CONFIG);
    EXPECT_EQ(failure.message, "/answers: must be integers");
}

INSTANTIATE_TEST_SUITE_P(Kept, GoldenSink,
                         ::testing::ValuesIn(of_all_minors(std::array{golden_sink})), test_name);

}  // namespace
}  // namespace ingest
