#pragma once

#include <chrono>
#include <string>

#include <ingest/sdk/sink.hpp>

namespace ingest::sqlite_sink {

struct Options {
    std::string path;  // absolute
    std::string table = "sensor_data";
    std::chrono::milliseconds busy_timeout{5000};
};

// Throws sdk::Error for options that can never work.
Options read_options(const sdk::Options& given);

}  // namespace ingest::sqlite_sink
