#include <ingest/sdk/sink.hpp>

namespace ingest::bench {

// Takes everything and forgets it at once: with it as the only sink, what is measured is the host.
class NullSink {
public:
    NullSink(sdk::Host, const sdk::Options&, sdk::Schema) {}

    void write(std::span<const sdk::Batch>) {}
    sdk::Health health() const noexcept { return {INGEST_HEALTH_CONNECTED, "forgetting"}; }
};

INGEST_SINK(NullSink, "null-sink", "1.0.0", "Forgets all readings. For benchmarks.",
            R"({"kind": "sink", "reads": [], "options": []})");

}  // namespace ingest::bench
