#include "trace/exporter.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <ingest/sdk/destination.hpp>
#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"

namespace ingest::trace {
namespace {

// How long spans wait for others to go with them.
constexpr std::chrono::seconds gathering{1};

// Of one request; the end of the process waits for that long.
constexpr long request_timeout_ms = 2'000;

// In place of libcurl's own, which asks for it with each address that it is about to connect to.
curl_socket_t open_socket(void* refused, curlsocktype, curl_sockaddr* address) {
    if (sdk::is_link_local(address->addr)) {
        *static_cast<bool*>(refused) = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype, address->protocol);
}

std::size_t forget(const char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

Exporter::Exporter(std::string endpoint, Resource resource)
    : endpoint_(std::move(endpoint)), resource_(std::move(resource)) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl_ = curl_easy_init();
    waiting_.reserve(waiting_max);
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "trace");
        run();
    });
}

Exporter::~Exporter() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_.join();
    curl_easy_cleanup(curl_);
    curl_global_cleanup();
}

void Exporter::offer(Span span) {
    const MutexLock lock(mutex_);
    if (waiting_.size() >= waiting_max) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    waiting_.push_back(std::move(span));
    if (waiting_.size() == 1 || waiting_.size() == batch_max) changed_.notify_all();
}

Exporter::Counts Exporter::counts() const noexcept {
    return {exported_.load(std::memory_order_relaxed), dropped_.load(std::memory_order_relaxed)};
}

// Empty: it is over.
std::vector<Span> Exporter::next_batch() {
    const MutexLock lock(mutex_);
    while (waiting_.empty() && !stopping_) changed_.wait(mutex_);
    const auto until = std::chrono::steady_clock::now() + gathering;
    while (waiting_.size() < batch_max && !stopping_) {
        if (!changed_.wait_until(mutex_, until)) break;
    }
    const auto end = waiting_.begin() +
                     static_cast<std::ptrdiff_t>(std::min(waiting_.size(), batch_max));
    std::vector<Span> batch(std::move_iterator(waiting_.begin()), std::move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

void Exporter::run() {
    for (;;) {
        const std::vector<Span> batch = next_batch();
        if (batch.empty()) return;
        const std::string failure = send(to_otlp(resource_, batch));
        tell(failure, batch.size());
        const MutexLock lock(mutex_);
        if (stopping_ && !failure.empty()) {  // the rest would only keep the end waiting
            dropped_.fetch_add(waiting_.size(), std::memory_order_relaxed);
            return;
        }
    }
}

// What went wrong; empty: nothing.
std::string Exporter::send(const std::string& body) {
    CURL* curl = static_cast<CURL*>(curl_);
    if (curl == nullptr) return "libcurl cannot be used";
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields(
        curl_slist_append(nullptr, "Content-Type: application/json"), &curl_slist_free_all);
    curl_easy_setopt(curl, CURLOPT_URL, endpoint_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &forget);
    bool refused = false;
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &refused);
    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK && refused) return std::string(sdk::link_local_refused);
    if (code != CURLE_OK) return curl_easy_strerror(code);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {};
    return "it answered " + std::to_string(status);
}

void Exporter::tell(const std::string& failure, std::size_t spans) {
    const bool failed = !failure.empty();
    (failed ? dropped_ : exported_).fetch_add(spans, std::memory_order_relaxed);
    if (failed == failing_) return;
    failing_ = failed;
    if (failed) {
        log::warn("trace", "the collector does not take spans; they are dropped",
                  {{"endpoint", endpoint_}, {"reason", failure}});
    } else {
        log::info("trace", "the collector takes spans again", {{"endpoint", endpoint_}});
    }
}

}  // namespace ingest::trace
