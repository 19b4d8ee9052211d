#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/error.h"
#include "deliver/dead_letter_file.h"
#include "deliver/slice.h"
#include "plugin/sink.h"

namespace ingest::deliver {

// A letter with its reading in the schema that its sink was made for.
struct ReplayedLetter {
    LetterId id;
    spool::SharedBatch reading;  // shared: a sink's batches are made of the log's records
};

// Writes letters to their sink again. What it refuses is halved until each letter that it still
// refuses is alone. One thread, the instance's.
class Replay {
public:
    struct Events {
        // The sink has these durably. An error ends the replay.
        std::function<Result<void>(std::span<const ReplayedLetter>)> stored;
        std::function<void(const ReplayedLetter&, const std::string& reason)> refused;
    };
    Replay(plugin::Sink& sink, std::chrono::milliseconds write_timeout, Events events)
        : sink_(sink), write_timeout_(write_timeout), events_(std::move(events)) {}

    // An error: the sink takes nothing at the moment, or until somebody acts. What was not told as
    // stored by then is as before, though the sink may have some of it.
    Result<void> write(std::span<const ReplayedLetter> letters);

private:
    plugin::Sink& sink_;
    const std::chrono::milliseconds write_timeout_;
    const Events events_;
    SliceBatches batches_;
};

}  // namespace ingest::deliver
