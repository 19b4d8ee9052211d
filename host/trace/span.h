#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "trace/context.h"

namespace ingest::trace {

struct Attribute {
    std::string name;
    std::variant<std::string, std::int64_t> value;
};

// Something that took time, when it is over. Times are microseconds since the epoch.
struct Span {
    enum class Kind { internal = 1, server = 2, client = 3 };  // OTLP's numbers

    Context context;
    std::optional<SpanId> parent;
    std::string name;
    Kind kind = Kind::internal;
    std::int64_t begin_us = 0;
    std::int64_t end_us = 0;
    std::vector<Attribute> attributes;
    std::string failure;  // why it did not work; empty: it did
};

}  // namespace ingest::trace
