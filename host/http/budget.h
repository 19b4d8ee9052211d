#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/mutex.h"
#include "http/address.h"

namespace ingest::http {

// So much of something that requests hold, over all cores, and no more; and of that, one client its
// share. Any thread.
class Budget {
public:
    using Held = std::atomic<std::size_t>;  // by one client
    enum class Taken {
        yes,
        none_left,
        no_share_left,
    };
    struct Options {
        std::size_t most = 0;
        // A client that holds nothing may go beyond it once, so that nothing is too large for ever.
        std::size_t per_client_most = SIZE_MAX;
    };

    explicit Budget(const Options& options) noexcept
        : most_(options.most), per_client_most_(options.per_client_most) {}

    void change_bounds(const Options& options) noexcept {
        most_.store(options.most, std::memory_order_relaxed);
        per_client_most_.store(options.per_client_most, std::memory_order_relaxed);
    }

    bool take(std::size_t amount) noexcept {
        if (taken_.fetch_add(amount, std::memory_order_relaxed) + amount <=
            most_.load(std::memory_order_relaxed))
            return true;
        give(amount);
        return false;
    }
    void give(std::size_t amount) noexcept { taken_.fetch_sub(amount, std::memory_order_relaxed); }

    Taken take(Held& client, std::size_t amount) noexcept {
        const std::size_t before = client.fetch_add(amount, std::memory_order_relaxed);
        const bool has_share =
            before == 0 || before + amount <= per_client_most_.load(std::memory_order_relaxed);
        if (has_share && take(amount)) return Taken::yes;
        client.fetch_sub(amount, std::memory_order_relaxed);
        return has_share ? Taken::none_left : Taken::no_share_left;
    }
    void give(Held& client, std::size_t amount) noexcept {
        client.fetch_sub(amount, std::memory_order_relaxed);
        give(amount);
    }

    std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
    bool full() const noexcept { return taken() >= most_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> most_;
    std::atomic<std::size_t> per_client_most_;
    std::atomic<std::size_t> taken_{0};
};

// What one client holds of the budgets of the same names in Shared. Any thread.
struct ClientShare {
    Budget::Held in_flight{0};
    Budget::Held outcomes{0};
    Budget::Held answers{0};
};

// The shares of the clients that connections have requests of; so there are never more than
// connections. Any thread.
class ClientShares {
public:
    explicit ClientShares(std::uint64_t seed) : by_client_(64, AddressHash{seed}) {}

    ClientShare& enter(const Address& client) {
        MutexLock lock(mutex_);
        Entry& entry = by_client_[client];
        ++entry.users;
        return entry.share;  // nodes of the table stay where they are
    }
    // REQUIRES: what this user took is given back.
    void leave(const Address& client) {
        MutexLock lock(mutex_);
        const auto at = by_client_.find(client);
        if (--at->second.users == 0) by_client_.erase(at);
    }
    std::size_t size() const {
        MutexLock lock(mutex_);
        return by_client_.size();
    }

private:
    struct Entry {
        ClientShare share;
        std::size_t users = 0;
    };
    mutable Mutex mutex_;
    std::unordered_map<Address, Entry, AddressHash> by_client_ INGEST_GUARDED_BY(mutex_);
};

// The share of the client whose request a connection has now. Kept for the next one, which nearly
// always is of the same client, so that the table's lock costs a connection, not a request. One
// thread at a time.
class ShareLease {
public:
    explicit ShareLease(ClientShares& shares) noexcept : shares_(shares) {}
    ~ShareLease() { end(); }
    ShareLease(const ShareLease&) = delete;
    ShareLease& operator=(const ShareLease&) = delete;

    // REQUIRES: nothing is held of that of another client.
    ClientShare& of(const Address& client) {
        if (client_ != client) {
            end();
            share_ = &shares_.enter(client);
            client_ = client;
        }
        return *share_;
    }

private:
    void end() noexcept {
        if (client_) shares_.leave(*client_);
        client_.reset();
    }

    ClientShares& shares_;
    std::optional<Address> client_;
    ClientShare* share_ = nullptr;
};

}  // namespace ingest::http
