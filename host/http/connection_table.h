#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_map>

#include "base/mutex.h"
#include "http/address.h"

namespace ingest::http {

// How many connections there are, in all and by address. Any thread.
class ConnectionTable {
public:
    struct Options {
        std::size_t connections_max = 4096;
        std::size_t per_address_max = 256;
    };
    ConnectionTable(const Options& options, std::uint64_t seed)
        : options_(options), by_address_(64, AddressHash{seed}) {}

    void change_bounds(const Options& options) {
        MutexLock lock(mutex_);
        options_ = options;
    }

    // False: a bound is reached and the connection does not count.
    bool enter(const Address& address) {
        MutexLock lock(mutex_);
        if (open_ >= options_.connections_max) return false;
        std::size_t& of_address = by_address_[address];
        if (of_address >= options_.per_address_max) return false;
        ++of_address;
        ++open_;
        return true;
    }

    void leave(const Address& address) {
        MutexLock lock(mutex_);
        const auto at = by_address_.find(address);
        if (--at->second == 0) by_address_.erase(at);
        if (--open_ == 0) empty_.notify_all();
    }

    // False when there still are connections at `deadline`.
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline) {
        MutexLock lock(mutex_);
        while (open_ != 0) {
            if (!empty_.wait_until(mutex_, deadline)) return open_ == 0;
        }
        return true;
    }

    std::size_t open() const {
        MutexLock lock(mutex_);
        return open_;
    }

private:
    mutable Mutex mutex_;
    Options options_ INGEST_GUARDED_BY(mutex_);
    Condition empty_;
    std::unordered_map<Address, std::size_t, AddressHash> by_address_ INGEST_GUARDED_BY(mutex_);
    std::size_t open_ INGEST_GUARDED_BY(mutex_) = 0;
};

}  // namespace ingest::http
