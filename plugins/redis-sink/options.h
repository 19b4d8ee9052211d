#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <ingest/sdk/sink.hpp>

#include "url.h"

namespace ingest::redis_sink {

struct Options {
    Endpoint endpoint;
    std::string queue = "sensor_data_queue";
    std::chrono::milliseconds timeout{5000};  // to connect, and for each answer
    int64_t max_length = 0;                   // of the list; 0 = none
};

// Throws sdk::Error, without secrets, for options that can never work.
Options read_options(const sdk::Options& given);

}  // namespace ingest::redis_sink
