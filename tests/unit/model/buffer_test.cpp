#include "model/buffer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

// Memory that a buffer may not free: it is on the stack.
class LentBufferTest : public ::testing::Test {
protected:
    LentBufferTest() { buffer_.lend(block_.data(), block_.size()); }

    alignas(Buffer::alignment) std::array<std::byte, 2 * Buffer::alignment> block_{};
    Buffer buffer_;
};

TEST_F(LentBufferTest, IsUsedUntilItIsTooSmall) {
    const std::string bytes(block_.size(), 'x');
    buffer_.append(bytes.data(), bytes.size());
    EXPECT_TRUE(buffer_.lent());
    EXPECT_EQ(buffer_.data(), block_.data());
    buffer_.append("y", 1);
    EXPECT_FALSE(buffer_.lent());
    EXPECT_NE(buffer_.data(), block_.data());
    EXPECT_EQ(text(buffer_), bytes + "y");
    EXPECT_EQ(buffer_.capacity() % Buffer::alignment, 0U);
    buffer_.append(bytes.data(), bytes.size());  // and once more, from memory of its own
    EXPECT_EQ(text(buffer_), bytes + "y" + bytes);
}

TEST_F(LentBufferTest, ShrinkingLeavesItZero) {
    buffer_.append("abc", 3);
    buffer_.resize(0);
    EXPECT_TRUE(std::ranges::all_of(block_, [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST_F(LentBufferTest, MovesAndSwapsWithMemoryOfItsOwn) {
    Buffer own;
    own.append("own", 3);
    buffer_.append("lent", 4);
    std::swap(own, buffer_);
    EXPECT_EQ(text(own), "lent");
    EXPECT_TRUE(own.lent());
    EXPECT_EQ(text(buffer_), "own");
    EXPECT_FALSE(buffer_.lent());
    const Buffer moved(std::move(own));
    EXPECT_TRUE(moved.lent());
    EXPECT_EQ(moved.data(), block_.data());
    buffer_ = Buffer();
    EXPECT_EQ(buffer_.capacity(), 0U);
}

}  // namespace
}  // namespace ingest::model
