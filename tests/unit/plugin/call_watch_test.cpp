#include "plugin/call_watch.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "plugin/library.h"
#include "plugin/validator.h"
#include "support/batches.h"

namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t second = 1'000'000'000;

class CallTimesTest : public ::testing::Test {
protected:
    std::vector<CallTimes::Event> look(const std::vector<MarkedCall>& calls, double seconds) {
        return times_.look(calls, static_cast<std::int64_t>(seconds * second));
    }

    // Never freed, as the host's.
    inline static const Callee& callee_ = *new Callee{"range", "/plugins/range.so"};
    const MarkedCall call_{7, &callee_, "validate", 0};
    CallTimes times_{{std::chrono::seconds(1), std::chrono::seconds(10)}};
};

TEST_F(CallTimesTest, ShortCallsAreNotToldOf) {
    EXPECT_THAT(look({call_}, 100), IsEmpty());
    EXPECT_THAT(look({call_}, 100.9), IsEmpty());
    EXPECT_THAT(look({}, 101.5), IsEmpty());
    const MarkedCall next{8, &callee_, "validate", 0};
    EXPECT_THAT(look({next}, 102), IsEmpty());
    EXPECT_THAT(times_.stuck(), IsEmpty());
}

TEST_F(CallTimesTest, ALongOneIsToldOfEachTimeItsTimeHasDoubled) {
    std::vector<double> told;
    for (double now = 100; now < 120; now += 0.25) {
        for (const auto& event : look({call_}, now)) {
            EXPECT_FALSE(event.returned);
            told.push_back(event.call.seconds);
        }
    }
    EXPECT_THAT(told, ::testing::ElementsAre(1, 2, 4, 8, 16));
    ASSERT_EQ(times_.stuck().size(), 1U);
    EXPECT_EQ(times_.stuck()[0].plugin, "range");
    EXPECT_EQ(times_.stuck()[0].function, "validate");
    EXPECT_EQ(times_.stuck()[0].seconds, 19.75);
}

TEST_F(CallTimesTest, ItsReturnIsToldOnce) {
    look({call_}, 100);
    look({call_}, 103);
    const auto events = look({}, 104);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(events[0].returned);
    EXPECT_EQ(events[0].call.seconds, 4);
    EXPECT_THAT(times_.stuck(), IsEmpty());
    EXPECT_THAT(look({}, 105), IsEmpty());
}

TEST_F(CallTimesTest, ACallWithADeadlineHasUntilThenAndSome) {
    const MarkedCall write{9, &callee_, "write", 130 * second};
    EXPECT_THAT(look({write}, 100), IsEmpty());
    EXPECT_THAT(look({write}, 139.9), IsEmpty());
    ASSERT_EQ(look({write}, 140).size(), 1U);
    EXPECT_THAT(look({write}, 179), IsEmpty());
    ASSERT_EQ(look({write}, 180).size(), 1U) << "twice as long";
}

TEST_F(CallTimesTest, ADeadlineLongPastIsToldOfAtOnceButNotAtEachLook) {
    const MarkedCall write{9, &callee_, "write", second};
    EXPECT_EQ(look({write}, 100).size(), 1U);
    EXPECT_THAT(look({write}, 100.25), IsEmpty());
    EXPECT_EQ(look({write}, 101).size(), 1U);
}

// A plugin that blocks until it is told not to, by a byte in a pipe.
class BlockingPlugin : public ::testing::Test {
protected:
    BlockingPlugin() {
        if (::pipe(pipe_) != 0) throw std::runtime_error("no pipe");
        const std::filesystem::path build(std::getenv("INGEST_BUILD_DIR"));
        library_ = Library::load(build / "tests" / "faulty" / "crashing.so").value();
        const std::string options = R"({"fault": "read )" + std::to_string(pipe_[0]) + R"("})";
        Answer failure;
        validator_ = Validator::create(*library_, options, *schema_, failure);
    }
    ~BlockingPlugin() override {
        ::close(pipe_[0]);
        ::close(pipe_[1]);
    }
    void call() {
        ingest_report report{};
        EXPECT_TRUE(validator_->validate(ingest_batch{}, report).ok());
    }
    void let_return() { EXPECT_EQ(::write(pipe_[1], "x", 1), 1); }

    int pipe_[2] = {-1, -1};
    std::unique_ptr<model::Schema> schema_ = test::sensor_schema();
    std::unique_ptr<Library> library_;
    std::unique_ptr<Validator> validator_;
};

// The test's own deadline is that of CTest.
template <class Condition>
void wait_until(Condition&& condition) {
    while (!condition()) std::this_thread::yield();
}

TEST_F(BlockingPlugin, IsNoticedAndForgotten) {
    using std::chrono::milliseconds;
    ::testing::internal::CaptureStdout();
    {
        CallWatch watch({{milliseconds(5), milliseconds(5)}, milliseconds(1)});
        for (int i = 0; i < 3; ++i) {
            // Asleep, so that the call has to wake it.
            wait_until([] { return watch_sleeps.load(); });
            std::thread caller([this] { call(); });
            wait_until([&] { return !watch.stuck().empty(); });
            EXPECT_EQ(watch.stuck().at(0).plugin, "crashing");
            EXPECT_EQ(watch.stuck().at(0).function, "validate");
            EXPECT_GT(watch.stuck().at(0).seconds, 0);
            let_return();
            caller.join();
            wait_until([&] { return watch.stuck().empty(); });
        }
    }
    const std::string log = ::testing::internal::GetCapturedStdout();
    EXPECT_THAT(log, HasSubstr("ERROR plugin: a plugin does not return from validate "
                               "plugin=crashing function=validate seconds="));
    EXPECT_THAT(log, HasSubstr("INFO plugin: a plugin returned from validate at last"));
}

TEST(CallWatch, EndsWhileItSleepsAndWhileItLooks) {
    using std::chrono::milliseconds;
    { const CallWatch watch({}); }
    const CallWatch watch({{}, milliseconds(1)});
    wait_until([] { return watch_sleeps.load(); });
}

TEST(CallWatch, DoesNotWakeWhileNothingIsCalled) {
    using std::chrono::milliseconds;
    const CallWatch watch({{}, milliseconds(1)});
    wait_until([] { return watch_sleeps.load(); });
    // Only a call sets it back, once the look after it was set found none.
    for (int i = 0; i < 100'000; ++i) std::this_thread::yield();
    EXPECT_TRUE(watch_sleeps.load());
    {
        const CallMark mark(nameless_callee(), {"validate"});
        EXPECT_FALSE(watch_sleeps.load());
    }
    wait_until([] { return watch_sleeps.load(); });
}

}  // namespace
}  // namespace ingest::plugin
