#include "app/exit_terms.h"

namespace ingest::app {
namespace {

// Between two writes of a sink whose commit no client waits for.
constexpr std::chrono::milliseconds write_interval{2};

}  // namespace

bool is_awaited(const config::Config& config, const config::Sink& sink) noexcept {
    return config.ack == config::Ack::sink && config.storage &&
           &config.sinks[*config.storage] == &sink;
}

deliver::LaneOptions lane_options(const config::Config& config, const config::Sink& sink) {
    deliver::LaneOptions options;
    options.name = sink.name;
    options.write_rows_max = sink.batch_rows_max;
    options.write_timeout = sink.write_timeout;
    options.retry = {sink.retry_delay_min, sink.retry_delay_max};
    if (!is_awaited(config, sink)) options.write_interval = write_interval;
    return options;
}

deliver::LaneEvents lane_events(const config::Config& config, const config::Sink& sink,
                                intake::AckBoard* acks) {
    deliver::LaneEvents events;
    if (!is_awaited(config, sink)) return events;
    events.settled = [acks](spool::Range range, bool stored, std::uint64_t cursor) {
        acks->settled(range, stored, cursor);
    };
    events.live = [acks](bool live) { acks->set_live(live); };
    return events;
}

bool is_required(const config::Sink& sink) noexcept {
    return sink.ready == config::Sink::Ready::required;
}

}  // namespace ingest::app
