#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include <ingest/sdk/sink.hpp>

#include "connection.h"
#include "message.h"
#include "options.h"
#include "push.h"
#include "sigpipe.h"

namespace ingest::redis_sink {

namespace {

// What is sent before its answers are awaited. Bounds this sink's memory.
constexpr size_t pipeline_bytes = 1024 * 1024;

constexpr Verdict untried{INGEST_OK, ""};
constexpr Verdict working{INGEST_OK, ""};
constexpr Verdict paused{INGEST_RETRY, "paused: the queue has max_length messages or more"};
constexpr Verdict late{INGEST_RETRY, "the server is too slow for the deadline"};
constexpr Verdict broken{INGEST_RETRY, "out of memory, or a fault of this sink"};

}  // namespace

// Pushes readings on a Redis list. Owns one connection, opened by the first write and again after a
// failure. One worker's, but health() from any thread.
class RedisSink {
public:
    RedisSink(sdk::Host host, const sdk::Options& options, sdk::Schema schema)
        : host_(host),
          options_(read_options(options)),
          format_(schema),
          push_(options_.queue) {}

    void write(std::span<const sdk::Batch> batches) {
        const SigpipeBlocked no_sigpipe;
        try {
            deadline_ns_ = batches.empty() ? 0 : batches.front().deadline_ns();
            connect();
            wait_for_consumers();
            if (batches.empty()) {
                connection_->ping();
            } else {
                push(batches);
            }
            change_state(working, "");
        } catch (const Failure& failure) {
            if (&failure.verdict() != &paused) connection_.reset();
            change_state(failure.verdict(), failure.what());
            throw sdk::Error(failure.verdict().code, failure.what());
        } catch (...) {
            connection_.reset();
            change_state(broken, "");
            throw;
        }
    }

    sdk::Health health() const noexcept {
        const Verdict* state = state_.load(std::memory_order_acquire);
        if (state == &untried) return {};
        const bool up = state == &working || state == &paused;
        return {up ? INGEST_HEALTH_CONNECTED : INGEST_HEALTH_DISCONNECTED, state->text};
    }

private:
    void connect() {
        if (connection_) return connection_->set_timeout(time_left());
        connection_.emplace(options_.endpoint, time_left());
        length_ = options_.max_length;  // not known: to be asked for
    }

    // Above max_length the readings stay where they are safe, in the host's log. The length is
    // that of the last answer, so a list that is short enough costs no question.
    void wait_for_consumers() {
        if (options_.max_length == 0 || length_ < options_.max_length) return;
        length_ = connection_->length(options_.queue);
        if (length_ < options_.max_length) return;
        throw Failure(paused, "the queue " + options_.queue + " has " + std::to_string(length_) +
                                  " messages and max_length is " +
                                  std::to_string(options_.max_length) +
                                  ": waiting for its consumers");
    }

    void push(std::span<const sdk::Batch> batches) {
        pipeline_.clear();
        push_ = Push(options_.queue);
        int answers = 0;
        for (const sdk::Batch& batch : batches) {
            for (int64_t row = 0; row < batch.rows(); ++row) {
                message_.clear();
                format_.append(message_, batch, row);
                push_.add(message_);
                if (!push_.full()) continue;
                push_.take(pipeline_);
                ++answers;
                if (pipeline_.size() >= pipeline_bytes) exchange(answers);
            }
        }
        if (!push_.empty()) {
            push_.take(pipeline_);
            ++answers;
        }
        if (answers > 0) exchange(answers);
    }

    // Sends the pipeline and reads its answers.
    void exchange(int& answers) {
        connection_->set_timeout(time_left());
        connection_->append(pipeline_);
        pipeline_.clear();
        for (; answers > 0; --answers) length_ = connection_->read_integer();
    }

    std::chrono::milliseconds time_left() const {
        if (deadline_ns_ == 0) return options_.timeout;
        const std::chrono::nanoseconds left(deadline_ns_ - host_.now_ns());
        const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(left);
        if (left_ms.count() <= 0) throw Failure(late, "the deadline of the write has passed");
        return std::min(left_ms, options_.timeout);
    }

    // Logs on a change only: the host tries again for as long as an outage lasts.
    void change_state(const Verdict& state, std::string_view message) {
        if (state_.exchange(&state, std::memory_order_acq_rel) == &state) return;
        if (&state == &working) {
            host_.info("connected to " + options_.endpoint.name() + ", queue " + options_.queue);
        } else {
            const std::string_view text = message.empty() ? state.text : message;
            state.code == INGEST_FATAL ? host_.error(text) : host_.warn(text);
        }
    }

    const sdk::Host host_;
    const Options options_;
    const MessageFormat format_;
    std::optional<Connection> connection_;
    int64_t length_ = 0;       // of the list, when last heard of
    int64_t deadline_ns_ = 0;  // of the write under way; 0 = none
    Push push_;
    std::string message_;
    std::string pipeline_;
    std::atomic<const Verdict*> state_{&untried};
};

INGEST_SINK(RedisSink, "redis-sink", "1.0.0",
            "Pushes readings as JSON on a Redis list (LPUSH), for consumers that BRPOP.",
            R"({
  "kind": "sink",
  "reads": ["*"],
  "options": [
    {"name": "url", "type": "string", "required": true, "secret": true,
     "description": "redis://[user][:password]@host[:port][/db] or unix:///path[?db=N], )"
            R"(percent-encoded. No TLS: for rediss:// put stunnel between."},
    {"name": "queue", "type": "string", "default": "sensor_data_queue",
     "description": "Key of the list."},
    {"name": "timeout_ms", "type": "integer", "default": 5000, "minimum": 1, "maximum": 3600000,
     "description": "Longest wait for a connection, and for each answer of the server."},
    {"name": "max_length", "type": "integer", "default": 0, "minimum": 0,
     "description": "While the list has so many messages or more, readings wait in the )"
            R"(host's spool. 0 = no limit."}
  ]
})");

}  // namespace ingest::redis_sink
