#pragma once

#include <memory>

#include "base/mutex.h"
#include "http/tls_context.h"

namespace ingest::http {

// What new connections begin their TLS with; null: they speak plain HTTP. Any thread.
class TlsSlot {
public:
    SharedTls get() const {
        MutexLock lock(mutex_);
        return context_;
    }
    void put(SharedTls context) {
        MutexLock lock(mutex_);
        context_.swap(context);  // what was there may be freed behind the lock
    }

private:
    mutable Mutex mutex_;
    SharedTls context_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::http
