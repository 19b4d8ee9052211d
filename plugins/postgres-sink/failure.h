#pragma once

#include <ingest/sdk/sink.hpp>

namespace ingest::postgres_sink {

// Translates the exception in flight to what the host is told. `timed_out`: the connection was
// cut because its time was up. Call it only from a catch block.
sdk::Error failure_in_flight(bool timed_out);

}  // namespace ingest::postgres_sink
