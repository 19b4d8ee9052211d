#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "unit/decode/decoding.h"

namespace {

std::atomic<long> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* bytes = std::aligned_alloc(alignment, rounded)) return bytes;
    throw std::bad_alloc();
}

}  // namespace

// The forms that this room and its libraries use; those of arrays end in these.
void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return counted(size, alignof(std::max_align_t));
}
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::align_val_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept { std::free(bytes); }

namespace ingest::decode {
namespace {

TEST(Allocation, HappensForTheFirstGoodDocumentsOnly) {
    Options options;
    options.unknown_fields = UnknownFields::keep;
    Decoding it(options);
    std::string text = R"({"source": {"a": 1}, "readings": [)";
    for (int i = 0; i < 100; ++i) {
        text += (i == 0 ? "" : ",") +
                reading(R"(, "site": "\u00e4", "timestamp": "2026-01-31T08:00:00Z", "x": {"y": 1},
                    "humidity": 12345678901234567890.5)");
    }
    text += "]}";
    it.many(text, "key");
    const std::string_view body = it.hold(text);
    const std::string one = reading() + std::string(padding, ' ');
    for (int i = 0; i < 2; ++i) {
        const long before = allocations;
        it.decoder.batch(body, {received_at_us, "key", it.ids}, it.batch, it.decoded);
        EXPECT_EQ(it.decoded.index.size(), 100U);
        it.decoder.single(std::string_view(one).substr(0, one.size() - padding),
                          {received_at_us, "", it.ids}, it.batch, it.decoded);
        EXPECT_EQ(allocations - before, 0);
        EXPECT_EQ(it.decoded.index.size(), 1U);
        EXPECT_EQ(it.decoded.refused_rows, 0U);
    }
    EXPECT_GT(allocations, 0);
}

TEST(Allocation, NeitherForCsv) {
    Decoding it;
    std::string text = "equipment_id,site,temperature,vibration,pressure,timestamp\n";
    for (int i = 0; i < 100; ++i) text += "A,\"a \"\"b\"\"\",1,2,3,2026-01-31T08:00:00Z\r\n";
    it.csv(text, "key");
    const std::string_view body = it.hold(text);
    const long before = allocations;
    it.decoder.csv(body, {received_at_us, "key", it.ids}, it.batch, it.decoded);
    EXPECT_EQ(allocations - before, 0);
    EXPECT_EQ(it.decoded.index.size(), 100U);
    EXPECT_EQ(it.decoded.refused_rows, 0U);
}

}  // namespace
}  // namespace ingest::decode
