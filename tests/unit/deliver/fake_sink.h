#pragma once

#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <ingest/plugin/sink.h>

#include "plugin/sink.h"

namespace ingest::deliver {

// A destination that tests steer: remembers which positions of the log it took and in which order,
// and fails as told. Any number of instances (workers) write to it.
class FakeDestination {
public:
    // Decides one write: `rows` are the positions. Null: everything is taken.
    using Decide = std::function<std::int32_t(const std::vector<std::uint64_t>& rows,
                                              std::string& message)>;

    std::unique_ptr<plugin::Sink> instance() {
        return std::make_unique<plugin::Sink>(table(), this);
    }
    void decide(Decide decide) {
        const std::lock_guard lock(mutex_);
        decide_ = std::move(decide);
    }
    std::vector<std::uint64_t> taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    int writes() const {
        const std::lock_guard lock(mutex_);
        return writes_;
    }
    int flushes() const {
        const std::lock_guard lock(mutex_);
        return flushes_;
    }

private:
    static FakeDestination& self(void* p) { return *static_cast<FakeDestination*>(p); }

    static std::int32_t write(void* p, const ingest_batch* const* batches, std::uint64_t n,
                              ingest_error* error) noexcept {
        std::vector<std::uint64_t> rows;
        for (std::uint64_t i = 0; i < n; ++i)
            for (std::int64_t row = 0; row < batches[i]->data->length; ++row)
                rows.push_back(batches[i]->sequence + static_cast<std::uint64_t>(row));
        Decide decide;
        {
            const std::lock_guard lock(self(p).mutex_);
            ++self(p).writes_;
            decide = self(p).decide_;
        }
        std::string message;
        const std::int32_t code = decide ? decide(rows, message) : INGEST_OK;
        std::snprintf(error->message, sizeof error->message, "%s", message.c_str());
        const std::lock_guard lock(self(p).mutex_);
        self(p).state_ = code == INGEST_OK || code == INGEST_REJECT ? INGEST_HEALTH_CONNECTED
                                                                    : INGEST_HEALTH_DISCONNECTED;
        auto& taken = self(p).taken_;
        if (code == INGEST_OK) taken.insert(taken.end(), rows.begin(), rows.end());
        return code;
    }
    static std::int32_t flush(void* p, std::int64_t, ingest_error*) noexcept {
        const std::lock_guard lock(self(p).mutex_);
        ++self(p).flushes_;
        return INGEST_OK;
    }
    static void health(void* p, ingest_health* out) noexcept {
        const std::lock_guard lock(self(p).mutex_);
        out->state = self(p).state_;
        out->message[0] = '\0';
    }
    static void destroy(void*) noexcept {}

    static const ingest_sink& table() {
        static const ingest_sink the_table{sizeof(ingest_sink), 0,      nullptr, &write,
                                           &health,             &flush, &destroy};
        return the_table;
    }

    mutable std::mutex mutex_;
    Decide decide_;
    std::vector<std::uint64_t> taken_;
    int writes_ = 0;
    int flushes_ = 0;
    std::int32_t state_ = INGEST_HEALTH_UNKNOWN;
};

}  // namespace ingest::deliver
