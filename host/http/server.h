#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/gate.h"
#include "base/error.h"
#include "base/ip_network.h"
#include "http/listening_socket.h"
#include "http/tls_context.h"
#include "ingest/front.h"
#include "model/batch.h"
#include "observe/health.h"
#include "observe/http_counts.h"
#include "observe/ledger.h"
#include "observe/plugins.h"
#include "trace/tracer.h"

// The HTTP API over TCP. This header is all that `app` sees; Asio and Beast stay behind it.
namespace ingest::http {

// A connection may have an answer of this size on its way, head included, whatever others hold.
inline constexpr std::size_t small_answer_max = 8 * 1024;

// The bounds of one connection and of all of them. Over a bound: the fitting 4xx and close.
struct Limits {
    std::size_t request_line_max = 4 * 1024;
    std::size_t headers_max = 8 * 1024;
    std::size_t fields_max = 64;
    std::size_t body_max = 1024 * 1024;
    std::chrono::milliseconds handshake_timeout{5'000};  // of TLS
    // At a time, over all cores, which share them evenly. Of more, the oldest is closed.
    std::size_t handshakes_max = 256;
    std::chrono::milliseconds header_timeout{5'000};  // from a request's first byte
    std::chrono::milliseconds body_timeout{10'000};
    std::size_t body_rate_min = 1024;  // bytes a second, over each body_rate_window
    std::chrono::milliseconds body_rate_window{2'000};
    std::chrono::milliseconds idle_timeout{30'000};  // before a request's first byte
    std::chrono::milliseconds write_timeout{10'000};  // and a second more for each 16 KiB
    // For a client to read a last answer: while it sends nothing more, and in all.
    std::chrono::milliseconds linger_timeout{1'000};
    std::chrono::milliseconds linger_timeout_max{5'000};
    std::size_t connections_max = 4096;
    std::size_t connections_per_address_max = 256;  // an IPv6 /64 counts as one address
    std::uint32_t requests_per_connection_max = 10'000;  // 0: any number
    // From the end of a request's body to its answer; one more gets 503.
    std::size_t in_flight_requests_max = 2048;
    // Bodies from admission to acceptance.
    std::size_t in_flight_bytes_max = 64 * 1024 * 1024;
    // Of that, one client: a key, else an address, as rate limits have them. At least body_max.
    std::size_t in_flight_bytes_per_client_max = 16 * 1024 * 1024;
    // What the outcome of one request holds at most (intake::Outcome::bytes), and its answer until
    // the client has it. Outcomes together are bounded by in_flight_bytes_max and this once per
    // core.
    std::size_t outcome_bytes_max = 4 * 1024 * 1024;
    // Of all answers without an outcome that are not small, while they are made and sent: of
    // queries and to who watches. One client has a quarter. One more gets 503.
    std::size_t answers_max = 16 * 1024 * 1024;
};

struct Cors {
    std::vector<std::string> origins;  // "https://a.example", or "*" alone; empty: off
    std::uint32_t max_age_seconds = 600;
};

// Token buckets per key, else per client address, filled at so many a minute and that deep.
struct RateLimit {
    bool enabled = false;
    std::uint32_t per_minute = 60;           // requests
    std::uint32_t readings_per_minute = 0;  // 0: any number
    friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

struct Options {
    std::string listener = "http";  // its name in the log, and that of its threads
    unsigned threads = 1;  // cores, at least 1
    SharedTls tls;  // null: plain HTTP
    Limits limits;
    Cors cors;
    RateLimit rate_limit;
    access::SharedGate gate;  // null: everybody is let in
    std::vector<IpNetwork> trusted_proxies;
    std::string service = "sensor-ingestion-service";
    std::string version;
    // The ids that are stored are upper-case, so a lookup upper-cases what it is asked for.
    bool uppercase_ids = true;
    bool audit = false;  // log who sent which readings, and who was refused
    // In a drain: for a request that may be on its way to a connection that is idle here.
    std::chrono::milliseconds idle_grace_max{1'000};
};

// A document that GET serves as it is.
struct Asset {
    std::string path;  // "/docs", "/api/v1/openapi.json"
    std::string content_type;
    std::string_view bytes;
    // What `bytes` lie in; null: they outlive the server. Shared: clients take their time with it.
    std::shared_ptr<const std::string> owner = nullptr;
};

struct LatestAnswer {
    enum class Kind {
        rows,         // `rows` is filled, newest first; empty is an answer too
        unavailable,  // the storage cannot be asked at the moment: 503
        unsupported,  // no sink answers queries: 501
    };
    Kind kind = Kind::unavailable;
    std::optional<model::Batch> rows;
};

// What the server asks of the rest of the house. All of it outlives the server. Functions are
// called on core threads, several at a time, and must not block; an empty one is as if it
// answered "nothing to say" (healthy, ready, no overload, unsupported).
struct Services {
    // An empty one: no readings are taken or given, the paths of sensors are not there.
    // In start() and change(), once per core. The front is used by that core's thread only, and
    // destroyed on the main thread: after the core's has ended, or has taken the next front.
    std::function<std::unique_ptr<intake::Front>(unsigned core)> make_front;
    std::function<observe::Health()> health;
    std::function<observe::Readiness()> readiness;
    // For /internal/ledger, which only peers on this machine get; empty: nobody.
    std::function<observe::Ledger()> ledger;
    // For /api/v1/plugins; an empty one: none are loaded.
    std::function<observe::Plugins()> plugins;
    // For /metrics, with what the server counted; an empty one: it is not there. The text is in
    // observe::exposition_type.
    std::function<std::string(const observe::HttpCounts&)> metrics;
    trace::Tracer* tracer = nullptr;  // null: nothing is traced
    // Asked after the header of an ingest request, before its body is read.
    std::function<std::optional<intake::Overload>()> overload;
    // `done` may be called on any thread, also inside the call, at most once, and also after the
    // server is gone (then it does nothing).
    std::function<void(std::string equipment_id, std::uint32_t limit,
                       std::function<void(LatestAnswer)> done)>
        latest;
    std::vector<Asset> assets;
};

// Owns the listener, the core threads with their fronts, and every connection. Made and destroyed
// on the main thread; everything in between happens on the cores. Sessions end in drain(), at the
// latest at its deadline; the threads and fronts end in the destructor, which drains with a
// deadline of zero if nobody did.
class Server {
public:
    // Starts the threads and accepts what comes to `socket`, also before this returns. An error
    // says what could not be had and what to do.
    static Result<std::unique_ptr<Server>> start(ListeningSocket socket, const Options& options,
                                                 Services services);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const noexcept;

    // Readiness goes 503 and no more connections are accepted, but those that queue at a socket of
    // our own. Each connection gets one more answer, with `Connection: close`; one that asks
    // nothing is closed after a second, or a quarter of the time if that is less. At the deadline
    // the rest is cut off: a request that still waits for its ack then gets no answer. Returns when
    // all sessions have ended. Main thread, once or more.
    void drain(std::chrono::milliseconds deadline);

    // Every request that begins from now on is served on these terms and by a new front; those
    // under way keep their terms, and are accepted by the front that is there when their body is.
    // Of the options, `threads`, `service`, `version` and `tls` stay what they were. Returns when
    // all cores have done so and the former fronts are gone. Main thread, not after drain().
    void change(const Options& options, const std::vector<Asset>& assets);

    // Connections that are accepted from now on speak TLS by this, or plain HTTP (null); those that
    // are there go on as they began. Any thread.
    void replace_tls(SharedTls tls);

    observe::HttpCounts counters() const;  // any thread

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ingest::http
