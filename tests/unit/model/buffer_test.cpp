#include "model/buffer.h"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace ingest::model {
namespace {

std::string_view text(const Buffer& buffer) { return {buffer.as<char>(), buffer.size()}; }

TEST(BufferTest, GrowsAlignedAndPadded) {
    Buffer buffer;
    for (int i = 0; i < 1000; ++i) {
        buffer.append("abc", 3);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0U);
        ASSERT_EQ(buffer.capacity() % 64, 0U);
        for (std::size_t k = buffer.size(); k < buffer.capacity(); ++k) {
            ASSERT_EQ(buffer.data()[k], std::byte{0});
        }
    }
    EXPECT_EQ(buffer.size(), 3000U);
    EXPECT_EQ(text(buffer).substr(2994), "abcabc");
}

TEST(BufferTest, ShrinkingZeroesWhatIsCutOff) {
    Buffer buffer;
    buffer.append("abcdef", 6);
    buffer.resize(2);
    buffer.resize(6);
    EXPECT_EQ(text(buffer), std::string_view("ab\0\0\0\0", 6));
}

TEST(BufferTest, Moves) {
    Buffer from;
    from.append("abc", 3);
    Buffer to(std::move(from));
    EXPECT_EQ(text(to), "abc");
    Buffer third;
    third.append("z", 1);
    third = std::move(to);
    EXPECT_EQ(text(third), "abc");
}

}  // namespace
}  // namespace ingest::model
