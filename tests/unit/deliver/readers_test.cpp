#include "deliver/readers.h"

#include <future>

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

}  // namespace
}  // namespace ingest::deliver
