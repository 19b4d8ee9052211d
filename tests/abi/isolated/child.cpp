// child PLUGIN.so REGION_FD: makes an instance of the validator in a process of its own, shows it
// the batch in the region, and leaves there what it said. Exit code 0: it was asked.
#include <sys/mman.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "abi/isolated/region.h"
#include "plugin/library.h"

namespace ingest::test::isolated {
namespace {

template <std::size_t bytes>
void put(Text<bytes>& to, ingest_str from) {
    to.size = std::min<std::uint64_t>(from.size, bytes);
    std::copy_n(from.data, to.size, to.data.data());
}

// Arrow structs of this process over the buffers that both see.
class Mapped {
public:
    explicit Mapped(Region& region) {
        for (std::size_t i = 0; i < region.n_columns; ++i) {
            SharedColumn& shared = region.columns[i];
            for (std::size_t b = 0; b < 3; ++b) {
                buffers_[i][b] = reinterpret_cast<std::byte*>(&region) + shared.buffers[b];
            }
            ArrowSchema& schema = schemas_[i];
            schema.format = shared.format.data.data();
            schema.name = shared.name.data.data();
            schema.flags = shared.flags;
            ArrowArray& array = arrays_[i];
            array.length = region.rows;
            array.null_count = shared.null_count;
            array.n_buffers = shared.n_buffers;
            array.buffers = buffers_[i].data();
            schema_pointers_[i] = &schema;
            array_pointers_[i] = &array;
        }
        root_schema_.format = "+s";
        root_schema_.n_children = root_.n_children = static_cast<std::int64_t>(region.n_columns);
        root_schema_.children = schema_pointers_.data();
        root_.children = array_pointers_.data();
        root_.length = region.rows;
        root_.n_buffers = 1;
        root_.buffers = no_validity_.data();
        batch.struct_size = sizeof batch;
        batch.schema = &root_schema_;
        batch.data = &root_;
    }
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;

    ingest_batch batch{};

private:
    std::array<std::array<const void*, 3>, columns_max> buffers_{};
    std::array<ArrowSchema, columns_max> schemas_{};
    std::array<ArrowArray, columns_max> arrays_{};
    std::array<ArrowSchema*, columns_max> schema_pointers_{};
    std::array<ArrowArray*, columns_max> array_pointers_{};
    std::array<const void*, 1> no_validity_{};
    ArrowSchema root_schema_{};
    ArrowArray root_{};
};

ReportCall* next_call(void* ctx, ReportCall::Function function, std::int64_t row,
                      std::int32_t column) {
    Region& region = *static_cast<Region*>(ctx);
    if (region.n_calls == calls_max) return nullptr;
    ReportCall& call = region.calls[region.n_calls++];
    call.function = function;
    call.row = row;
    call.column = column;
    return &call;
}

std::int32_t issue(void* ctx, std::int64_t row, std::int32_t column, std::int32_t severity,
                   ingest_str code, ingest_str message) {
    ReportCall* call = next_call(ctx, ReportCall::issue, row, column);
    if (call == nullptr) return INGEST_UNSUPPORTED;
    call->severity = severity;
    put(call->code, code);
    put(call->text, message);
    return INGEST_OK;
}

std::int32_t set_utf8(void* ctx, std::int64_t row, std::int32_t column, ingest_str value) {
    ReportCall* call = next_call(ctx, ReportCall::set_utf8, row, column);
    if (call == nullptr) return INGEST_UNSUPPORTED;
    put(call->text, value);
    return INGEST_OK;
}

std::int32_t set_f64(void* ctx, std::int64_t row, std::int32_t column, double value) {
    ReportCall* call = next_call(ctx, ReportCall::set_f64, row, column);
    if (call == nullptr) return INGEST_UNSUPPORTED;
    call->f64 = value;
    return INGEST_OK;
}

std::int32_t set_i64(void* ctx, std::int64_t row, std::int32_t column, std::int64_t value) {
    ReportCall* call = next_call(ctx, ReportCall::set_i64, row, column);
    if (call == nullptr) return INGEST_UNSUPPORTED;
    call->i64 = value;
    return INGEST_OK;
}

std::int32_t set_null(void* ctx, std::int64_t row, std::int32_t column) {
    return next_call(ctx, ReportCall::set_null, row, column) == nullptr ? INGEST_UNSUPPORTED
                                                                        : INGEST_OK;
}

int run(const char* file, int fd) {
    void* memory = ::mmap(nullptr, region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 2;
    Region& region = *static_cast<Region*>(memory);
    const auto library = plugin::Library::load(file);
    if (!library) {
        std::cerr << library.error().message << '\n';
        return 2;
    }
    Mapped mapped(region);
    const ingest_validator& table = *(*library)->validator();
    ingest_error error{};
    error.struct_size = sizeof error;
    void* self = nullptr;
    const ingest_str options{region.options.data.data(), region.options.size};
    region.code =
        table.create((*library)->host(), options, mapped.batch.schema, &self, &error);
    if (region.code == INGEST_OK) {
        ingest_report report{sizeof report, 0,        &region,  &issue,
                             &set_utf8,     &set_f64, &set_i64, &set_null};
        region.code = table.validate(self, &mapped.batch, &report, &error);
        table.destroy(self);
    }
    if (region.code != INGEST_OK) std::cerr << error.message << '\n';
    return 0;
}

}  // namespace
}  // namespace ingest::test::isolated

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    return ingest::test::isolated::run(argv[1], std::atoi(argv[2]));
}
