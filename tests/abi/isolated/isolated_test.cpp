#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include <gmock/gmock.h>

#include "abi/drive.h"
#include "abi/isolated/region.h"

// The same library in a child process over shared memory: that nothing in the ABI prevents it.
namespace ingest {
namespace {

using namespace test::isolated;

template <std::size_t bytes>
void put(Text<bytes>& to, std::string_view from) {
    if (from.size() >= bytes) throw std::runtime_error("no room for " + std::string(from));
    to.size = from.size();
    std::memcpy(to.data.data(), from.data(), from.size());
}

template <std::size_t bytes>
ingest_str view(const Text<bytes>& text) {
    return {text.data.data(), text.size};
}

// How large a buffer of a column is, by the batch profile.
std::size_t bytes_of(const ArrowArray& array, std::string_view format, int buffer) {
    const auto rows = static_cast<std::size_t>(array.length);
    if (buffer == 0 || format == "b") return (rows + 7) / 8;
    const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]);
    if (buffer == 2) return static_cast<std::size_t>(offsets[rows]);
    if (format == "u") return 4 * (rows + 1);
    return rows * (format == "w:16" ? 16 : 8);
}

class SharedRegion {
public:
    SharedRegion() : fd_(::memfd_create("region", 0)) {
        if (fd_ < 0 || ::ftruncate(fd_, region_bytes) != 0) throw std::runtime_error("no memory");
        memory_ = ::mmap(nullptr, region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
        if (memory_ == MAP_FAILED) throw std::runtime_error("cannot map it");
    }
    ~SharedRegion() {
        ::munmap(memory_, region_bytes);
        ::close(fd_);
    }
    SharedRegion(const SharedRegion&) = delete;
    SharedRegion& operator=(const SharedRegion&) = delete;

    int fd() const { return fd_; }
    Region& region() const { return *static_cast<Region*>(memory_); }

    void put_batch(const ingest_batch& batch) {
        region().rows = batch.data->length;
        region().n_columns = static_cast<std::uint64_t>(batch.data->n_children);
        std::size_t end = sizeof(Region);
        for (std::size_t i = 0; i < region().n_columns; ++i) {
            const ArrowSchema& schema = *batch.schema->children[i];
            const ArrowArray& array = *batch.data->children[i];
            SharedColumn& column = region().columns[i];
            put(column.name, schema.name);
            put(column.format, schema.format);
            column.flags = schema.flags;
            column.null_count = array.null_count;
            column.n_buffers = array.n_buffers;
            for (int b = 0; b < array.n_buffers; ++b) {
                end = (end + 63) / 64 * 64;
                const std::size_t size = bytes_of(array, schema.format, b);
                std::memcpy(static_cast<char*>(memory_) + end, array.buffers[b], size);
                column.buffers[static_cast<std::size_t>(b)] = end;
                end += size;
            }
        }
    }

private:
    int fd_;
    void* memory_;
};

// Runs the child; its exit status.
int ask_child(const std::filesystem::path& file, int fd) {
    const std::string program = test::built("tests/abi_isolated_child");
    const std::string number = std::to_string(fd);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), program.c_str(), file.c_str(), number.c_str(), nullptr);
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Makes the calls that the child's plugin made, here.
void replay(const Region& region, const ingest_report& report) {
    for (std::uint64_t i = 0; i < region.n_calls; ++i) {
        const ReportCall& call = region.calls[i];
        const std::int64_t row = call.row;
        const std::int32_t column = call.column;
        switch (call.function) {
            case ReportCall::issue:
                report.issue(report.ctx, row, column, call.severity, view(call.code),
                             view(call.text));
                break;
            case ReportCall::set_utf8:
                report.set_utf8(report.ctx, row, column, view(call.text));
                break;
            case ReportCall::set_f64: report.set_f64(report.ctx, row, column, call.f64); break;
            case ReportCall::set_i64: report.set_i64(report.ctx, row, column, call.i64); break;
            case ReportCall::set_null: report.set_null(report.ctx, row, column); break;
        }
    }
}

struct Seen {
    std::vector<std::string> told;
    model::Batch batch;
};

model::Batch some_readings(const model::Schema& schema) {
    model::Batch batch = test::readings_of(schema, {"pump-a1-001", "PUMP-A1-002", "?"});
    test::add_reading(batch, "PUMP-A1-003", {120.0, 0.5, 1.0, -3.0});
    return batch;
}

Seen see_here(const plugin::Library& library, const char* options, const model::Schema& schema) {
    const auto validator = test::make<plugin::Validator>(library, options, schema);
    model::Batch batch = some_readings(schema);
    test::Shown shown(batch);
    plugin::Report report;
    report.begin(batch, validator->promises());
    ingest_report table = report.table();
    EXPECT_TRUE(validator->validate(shown.batch(), table).ok());
    report.apply_edits(batch);
    return {test::told(report), std::move(batch)};
}

Seen see_there(const plugin::Library& library, const char* options, const model::Schema& schema) {
    model::Batch batch = some_readings(schema);
    SharedRegion shared;
    test::Shown shown(batch);
    shared.put_batch(shown.batch());
    put(shared.region().options, options);
    EXPECT_EQ(ask_child(library.file(), shared.fd()), 0);
    EXPECT_EQ(shared.region().code, INGEST_OK);
    plugin::Report report;
    const plugin::Promises promises(library.manifest(), schema);
    report.begin(batch, promises);
    replay(shared.region(), report.table());
    EXPECT_EQ(report.misbehaviours(), 0U) << report.first_misbehaviour();
    report.apply_edits(batch);
    return {test::told(report), std::move(batch)};
}

struct Case {
    const char* plugin;
    const char* options;
    std::size_t findings;
};

class Isolated : public ::testing::TestWithParam<Case> {};

TEST_P(Isolated, SaysInAChildProcessWhatItSaysHere) {
    const auto library =
        test::load(test::built(std::string("plugins/") + GetParam().plugin + ".so"));
    const auto schema = test::sensor_schema();
    const Seen here = see_here(*library, GetParam().options, *schema);
    const Seen there = see_there(*library, GetParam().options, *schema);
    EXPECT_EQ(here.told.size(), GetParam().findings);
    EXPECT_EQ(there.told, here.told);
    EXPECT_TRUE(there.batch == here.batch);
}

INSTANTIATE_TEST_SUITE_P(
    ShippedPlugins, Isolated,
    ::testing::Values(Case{"range", R"({"temperature":{"max":100},"humidity":{"min":0}})", 2},
                      Case{"equipment-id",
                           R"({"pattern":"^[A-Z]+-[A-Z0-9]+-[0-9]{3}$","uppercase":true})", 1}),
    [](const auto& param) { return std::string(param.param.plugin).substr(0, 5); });

}  // namespace
}  // namespace ingest
