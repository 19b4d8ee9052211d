#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace ingest::postgres_sink {

// What the configuration says, checked. Immutable; one per instance.
struct Options {
    // For libpq, in its keyword = 'value' form, without connect_timeout. Holds the password: never
    // in a message.
    std::string conninfo;
    std::string table;  // quoted for SQL, with its schema where one was given
    bool create_table = true;
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds statement_timeout{30};
};

// Throws sdk::Error (CONFIG), naming the option, never showing a secret. Connects to nothing.
Options parse_options(std::string_view json);

}  // namespace ingest::postgres_sink
