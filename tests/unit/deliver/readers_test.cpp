#include "deliver/readers.h"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "support/batches.h"

namespace ingest::deliver {
namespace {

// Without instances there are no threads: what is asked waits in the queue.
TEST(Readers, AnswersWithAnErrorWhenTooManyWait) {
    const auto schema = test::sensor_schema();
    Readers readers({std::chrono::seconds(5), 2}, *schema, {});
    int answered = 0;
    const auto count = [&](std::unique_ptr<model::Batch> batch) {
        EXPECT_EQ(batch, nullptr);
        ++answered;
    };
    readers.latest("A", 1, count);
    readers.latest("B", 1, count);
    EXPECT_EQ(answered, 0);
    readers.latest("C", 1, count);
    EXPECT_EQ(answered, 1);
    readers.stop();
    EXPECT_EQ(answered, 3) << "stopping answers those that wait";
    readers.latest("D", 1, count);
    EXPECT_EQ(answered, 4);
}

// A store that is slow to answer, and counts.
struct SlowStore {
    std::promise<void> asked;
    std::promise<void> release;
    int answers = 0;

    std::unique_ptr<plugin::Query> instance() {
        static const ingest_query table{
            sizeof(ingest_query), 0, nullptr,
            [](void* self, ingest_str, std::uint32_t, std::int64_t, ingest_rows*,
               ingest_error*) noexcept -> std::int32_t {
                auto& store = *static_cast<SlowStore*>(self);
                if (store.answers++ == 0) {
                    store.asked.set_value();
                    store.release.get_future().wait();
                }
                return INGEST_OK;
            },
            [](void*) noexcept {}};
        return std::make_unique<plugin::Query>(table, this);
    }
};

TEST(Readers, AnswersWhatWaitsBeforeItFinishes) {
    const auto schema = test::sensor_schema();
    SlowStore store;
    std::vector<std::unique_ptr<plugin::Query>> instances;
    instances.push_back(store.instance());
    Readers readers({std::chrono::seconds(60), 10}, *schema, std::move(instances));
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    const auto count = [&](std::unique_ptr<model::Batch> batch) { ++(batch ? good : bad); };
    readers.latest("A", 1, count);
    store.asked.get_future().wait();
    readers.latest("B", 1, count);
    readers.latest("C", 1, count);
    std::thread finishing([&] { readers.finish(); });
    store.release.set_value();
    finishing.join();
    EXPECT_EQ(good, 3);
    readers.latest("D", 1, count);
    EXPECT_EQ(bad, 1);
}

}  // namespace
}  // namespace ingest::deliver
