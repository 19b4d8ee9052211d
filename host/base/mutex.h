#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// A mutex that clang's thread-safety analysis understands (-Wthread-safety). The attributes can
// only be written through macros, the one exception outside plugin-api. Under g++ they vanish.
#if defined(__clang__)
#define INGEST_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define INGEST_THREAD_ANNOTATION(x)
#endif
#define INGEST_GUARDED_BY(x) INGEST_THREAD_ANNOTATION(guarded_by(x))
#define INGEST_REQUIRES(x) INGEST_THREAD_ANNOTATION(requires_capability(x))

namespace ingest {

class INGEST_THREAD_ANNOTATION(capability("mutex")) Mutex {
public:
    void lock() INGEST_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
    void unlock() INGEST_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

private:
    friend class Condition;
    std::mutex mutex_;
};

class INGEST_THREAD_ANNOTATION(scoped_lockable) MutexLock {
public:
    explicit MutexLock(Mutex& mutex) INGEST_THREAD_ANNOTATION(acquire_capability(mutex))
        : mutex_(mutex) {
        mutex_.lock();
    }
    ~MutexLock() INGEST_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

// Waits on a Mutex that the caller holds. Wake-ups may be spurious: wait in a loop.
class Condition {
public:
    void wait(Mutex& mutex) INGEST_REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        condition_.wait(lock);
        lock.release();
    }
    // False when `deadline` passed.
    bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
        INGEST_REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
        lock.release();
        return in_time;
    }
    void notify_one() noexcept { condition_.notify_one(); }
    void notify_all() noexcept { condition_.notify_all(); }

private:
    std::condition_variable condition_;
};

}  // namespace ingest
