#pragma once

#include "app/config/config.h"
#include "deliver/lane.h"
#include "ingest/ack_board.h"
#include "trace/tracer.h"

// What a configuration comes to for the rooms behind the spool, in their words. Pure.
namespace ingest::app {

// Whether clients wait for this sink's commit.
bool is_awaited(const config::Config& config, const config::Sink& sink) noexcept;

bool is_required(const config::Sink& sink) noexcept;  // for readiness

deliver::LaneOptions lane_options(const config::Config& config, const config::Sink& sink);

// `acks` outlives the lane, if clients wait for it; so does `tracer`, unless it is null.
deliver::LaneEvents lane_events(const config::Config& config, const config::Sink& sink,
                                intake::AckBoard* acks, trace::Tracer* tracer);

}  // namespace ingest::app
