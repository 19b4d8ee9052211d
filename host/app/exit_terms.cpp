#include "app/exit_terms.h"

#include "base/time_text.h"

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
                                intake::AckBoard* acks, trace::Tracer* tracer) {
    deliver::LaneEvents events;
    if (tracer != nullptr) {
        events.wrote = [tracer, name = sink.name](spool::Range range, std::uint64_t write_us,
                                                  const plugin::Answer& answer) {
            const std::int64_t now = now_us();
            tracer->wrote({.sink = name,
                           .first = range.first,
                           .end = range.end,
                           .begin_us = now - static_cast<std::int64_t>(write_us),
                           .end_us = now,
                           .failure = answer.ok() ? "" : answer.message});
        };
    }
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
