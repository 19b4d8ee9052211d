#include "app/passed_socket.h"

#include <gtest/gtest.h>

namespace ingest::app {
namespace {

constexpr pid_t self = 1234;

TEST(PassedSocket, IsDescriptorThreeOfTheProcessThatIsNamed) {
    const auto found = find_passed_socket({"1234", "1"}, self);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, 3);
}

TEST(PassedSocket, NothingIsPassed) {
    for (const PassedSockets& passed :
         {PassedSockets{}, {"1234", std::nullopt}, {std::nullopt, "1"}, {"1234", "0"},
          {"1235", "1"}, {"1235", "2"}, {"1235", "nonsense"}}) {
        const auto found = find_passed_socket(passed, self);
        ASSERT_TRUE(found);
        EXPECT_FALSE(*found);
    }
}

TEST(PassedSocket, WhatCannotBeServedIsAnError) {
    for (const PassedSockets& passed :
         {PassedSockets{"1234", "2"}, {"1234", "nonsense"}, {"1234", "-1"}, {"1234", ""},
          {"1234", "1x"}, {"me", "1"}}) {
        EXPECT_FALSE(find_passed_socket(passed, self)) << *passed.pid << ' ' << *passed.count;
    }
}

}  // namespace
}  // namespace ingest::app
