#include "model/schema.h"

namespace ingest::model {
namespace {

const char* format_of(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::int64: return "l";
        case ColumnType::float64: return "g";
        case ColumnType::utf8: return "u";
        case ColumnType::boolean: return "b";
        case ColumnType::timestamp: return "tsu:UTC";
        case ColumnType::uuid: break;
    }
    return "w:16";
}

// The ABI's structs are owned by the host: nobody else may release them.
void release_schema(ArrowSchema*) {}

}  // namespace

struct Schema::ArrowTree {
    std::vector<ArrowSchema> children;
    std::vector<ArrowSchema*> pointers;
    ArrowSchema root;
};

Schema::Schema(std::vector<Field> fields) {
    columns_.reserve(fields.size() + column_first_field);
    columns_.push_back({"reading_id", ColumnType::uuid, true});
    columns_.push_back({"equipment_id", ColumnType::utf8, true});
    columns_.push_back({"timestamp", ColumnType::timestamp, true});
    columns_.push_back({"received_at", ColumnType::timestamp, true});
    for (Field& field : fields) columns_.push_back(std::move(field));

    arrow_ = std::make_unique<ArrowTree>();
    arrow_->children.reserve(columns_.size());
    for (const Field& column : columns_) {
        arrow_->children.push_back({format_of(column.type), column.name.c_str(), nullptr,
                                    column.required ? 0 : ARROW_FLAG_NULLABLE, 0, nullptr, nullptr,
                                    &release_schema, nullptr});
    }
    for (ArrowSchema& child : arrow_->children) arrow_->pointers.push_back(&child);
    arrow_->root = {"+s",    "reading",
                    nullptr, 0,
                    static_cast<std::int64_t>(columns_.size()), arrow_->pointers.data(),
                    nullptr, &release_schema,
                    nullptr};
}

Schema::~Schema() = default;

const ArrowSchema* Schema::arrow() const noexcept { return &arrow_->root; }

std::optional<std::size_t> Schema::find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i].name == name) return i;
    return std::nullopt;
}

bool Schema::same_layout(const Schema& other) const noexcept {
    if (size() != other.size()) return false;
    for (std::size_t i = 0; i < size(); ++i) {
        const Field& a = columns_[i];
        const Field& b = other.columns_[i];
        if (a.name != b.name || a.type != b.type || a.required != b.required) return false;
    }
    return true;
}

std::string to_text(const Schema& schema) {
    std::string text = "schema 1\n";
    for (std::size_t i = column_first_field; i < schema.size(); ++i) {
        const Field& field = schema[i];
        text += std::to_string(static_cast<int>(field.type));
        text += field.required ? " r " : " o ";
        text += field.name;
        text += '\n';
    }
    return text;
}

Result<std::unique_ptr<Schema>> schema_from_text(std::string_view text) {
    constexpr std::string_view head = "schema 1\n";
    if (!text.starts_with(head)) return Error{"not a schema of version 1"};
    text.remove_prefix(head.size());
    std::vector<Field> fields;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos || end < 5 || text[1] != ' ' || text[3] != ' ') {
            return Error{"a schema line is malformed"};
        }
        if (text[2] != 'r' && text[2] != 'o') return Error{"a schema line is malformed"};
        if (text[0] < '0' || text[0] > '5') return Error{"a schema line has an unknown type"};
        fields.push_back({std::string(text.substr(4, end - 4)),
                          static_cast<ColumnType>(text[0] - '0'), text[2] == 'r'});
        text.remove_prefix(end + 1);
    }
    return std::make_unique<Schema>(std::move(fields));
}

}  // namespace ingest::model
