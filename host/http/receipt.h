#pragma once

#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>

#include "http/io.h"

namespace ingest::http {

// What a session waits on while its answer depends on other threads. Completed on the session's
// own core; holds the waiting coroutine itself, so a wait costs no allocation. Owned by a session,
// used again for each request.
class Receipt {
public:
    // Suspends until complete(). REQUIRES: nobody waits already.
    Task<> wait() {
        auto keep = Keep{this};
        return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(keep, use_task);
    }

    bool waiting() const noexcept { return waiting_.has_value(); }

    // Resumes the session inside this call. REQUIRES: waiting(), on the core's thread.
    void complete() {
        Waiting resumed = std::move(*waiting_);
        waiting_.reset();
        resumed();
    }

private:
    using Waiting =
        asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

    struct Keep {
        Receipt* receipt;
        void operator()(Waiting&& waiting) const { receipt->waiting_.emplace(std::move(waiting)); }
    };

    std::optional<Waiting> waiting_;
};

}  // namespace ingest::http
