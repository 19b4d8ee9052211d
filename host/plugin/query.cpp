#include "plugin/query.h"

#include <cstring>

#include "plugin/host_callback.h"

namespace ingest::plugin {
namespace {

// Far more than any body has; 100 rows of it stay below what a column can hold.
constexpr std::uint64_t value_bytes_max = 16 << 20;

// The host's side of ingest_rows. What a plugin may not do is answered with UNSUPPORTED and leaves
// the batch as it was.
class RowWriter {
public:
    RowWriter(model::Batch& out, std::uint32_t limit) : out_(out), limit_(limit) {}

    ingest_rows table() noexcept {
        ingest_rows table{};
        table.struct_size = sizeof table;
        table.ctx = this;
        table.begin_row = &HostCallback<&begin_row>::call;
        table.set_utf8 = &HostCallback<&set_utf8>::call;
        table.set_f64 = &HostCallback<&set_f64>::call;
        table.set_i64 = &HostCallback<&set_i64>::call;
        table.set_bytes = &HostCallback<&set_bytes>::call;
        return table;
    }

private:
    static RowWriter& self(void* ctx) noexcept { return *static_cast<RowWriter*>(ctx); }

    bool is(std::int32_t column, model::ColumnType type) const noexcept {
        return !out_.empty() && column >= 0 &&
               static_cast<std::size_t>(column) < out_.schema().size() &&
               out_.schema()[static_cast<std::size_t>(column)].type == type;
    }

    static std::int32_t begin_row(void* ctx) {
        RowWriter& writer = self(ctx);
        if (writer.out_.rows() >= writer.limit_) return INGEST_UNSUPPORTED;
        writer.out_.add_row();
        return INGEST_OK;
    }
    static std::int32_t set_utf8(void* ctx, std::int32_t column, ingest_str value) {
        model::Batch& out = self(ctx).out_;
        if (!self(ctx).is(column, model::ColumnType::utf8) || value.size > value_bytes_max ||
            (value.size > 0 && value.data == nullptr)) {
            return INGEST_UNSUPPORTED;
        }
        const auto at = static_cast<std::size_t>(column);
        if (out.has(at, out.rows() - 1)) return INGEST_UNSUPPORTED;
        out.set_utf8(at, {value.size == 0 ? "" : value.data, value.size});
        return INGEST_OK;
    }
    static std::int32_t set_f64(void* ctx, std::int32_t column, double value) {
        if (!self(ctx).is(column, model::ColumnType::float64)) return INGEST_UNSUPPORTED;
        self(ctx).out_.set_float64(static_cast<std::size_t>(column), value);
        return INGEST_OK;
    }
    static std::int32_t set_i64(void* ctx, std::int32_t column, std::int64_t value) {
        model::Batch& out = self(ctx).out_;
        const auto at = static_cast<std::size_t>(column);
        if (self(ctx).is(column, model::ColumnType::boolean)) {
            if (value != 0 && value != 1) return INGEST_UNSUPPORTED;
            out.set_boolean(at, value == 1);
            return INGEST_OK;
        }
        if (!self(ctx).is(column, model::ColumnType::int64) &&
            !self(ctx).is(column, model::ColumnType::timestamp)) {
            return INGEST_UNSUPPORTED;
        }
        out.set_int64(at, value);
        return INGEST_OK;
    }
    static std::int32_t set_bytes(void* ctx, std::int32_t column, const std::uint8_t* bytes,
                                  std::uint64_t size) {
        Uuid id;
        if (!self(ctx).is(column, model::ColumnType::uuid) || size != id.size() ||
            bytes == nullptr) {
            return INGEST_UNSUPPORTED;
        }
        std::memcpy(id.data(), bytes, id.size());
        self(ctx).out_.set_uuid(static_cast<std::size_t>(column), id);
        return INGEST_OK;
    }

    model::Batch& out_;
    std::uint32_t limit_;
};

}  // namespace

std::unique_ptr<Query> Query::create(const Library& library, std::string_view options_json,
                                     const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    failure = make_instance(*library.query(), library.callee(), library.host(), options_json,
                            schema.arrow(), self);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Query>(new Query(*library.query(), self, library.callee()));
}

Query::~Query() { end_instance(callee_, table_.destroy, self_); }

Answer Query::latest(std::string_view equipment_id, std::uint32_t limit, std::int64_t deadline_ns,
                     model::Batch& out) {
    out.clear();
    RowWriter writer(out, limit);
    ingest_rows rows = writer.table();
    Answer answer = ask(callee_, {"latest", deadline_ns}, [&](ingest_error* error) {
        return table_.latest(self_, {equipment_id.data(), equipment_id.size()}, limit, deadline_ns,
                             &rows, error);
    });
    if (!answer.ok()) out.clear();
    return answer;
}

}  // namespace ingest::plugin
