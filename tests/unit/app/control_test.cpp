#include "app/control.h"

#include <future>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "support/temp_dir.h"

namespace ingest::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ControlTest : public ::testing::Test {
protected:
    void open() {
        auto opened = ControlSocket::open(dir_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        control_ = std::move(*opened);
    }
    std::future<Result<Told>> ask(std::chrono::seconds patience = 20s) {
        return std::async(std::launch::async,
                          [this, patience] { return ask_for_reload(dir_.path(), patience); });
    }
    std::vector<Asker> take() {
        pollfd polled{control_->descriptor(), POLLIN, 0};
        EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
        return control_->take();
    }
    // A connection that says what the test wants.
    int connected(std::string_view words) {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{AF_UNIX, {}};
        (dir_.path() / "control").string().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::send(socket, words.data(), words.size(), 0),
                  static_cast<ssize_t>(words.size()));
        return socket;
    }

    const test::TempDir dir_;
    std::unique_ptr<ControlSocket> control_;
};

TEST_F(ControlTest, WhoAsksIsTold) {
    open();
    auto asked = ask();
    auto askers = take();
    ASSERT_EQ(askers.size(), 1U);
    askers[0].tell(2, "a.yaml:1:1: no\n");
    askers.clear();
    const auto told = asked.get();
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(told->status, 2);
    EXPECT_EQ(told->text, "a.yaml:1:1: no\n");
}

TEST_F(ControlTest, OnlyItsOwnUserMayKnock) {
    open();
    struct stat found {};
    ASSERT_EQ(::stat((dir_.path() / "control").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(ControlTest, WithoutAHost) {
    EXPECT_THAT(ask().get().error().message, HasSubstr("no host answers at"));
    open();
    control_.reset();
    EXPECT_FALSE(std::filesystem::exists(dir_.path() / "control"));
    EXPECT_THAT(ask_for_reload(dir_.path() / "nowhere", 1s).error().message,
                HasSubstr("cannot open"));
}

TEST_F(ControlTest, AHostThatEndsWithoutAWord) {
    open();
    auto asked = ask();
    take().clear();
    EXPECT_THAT(asked.get().error().message, HasSubstr("ended before it said"));
}

TEST_F(ControlTest, AHostThatStops) {
    open();
    auto asked = ask();
    pollfd polled{control_->descriptor(), POLLIN, 0};
    ASSERT_EQ(::poll(&polled, 1, 20'000), 1);
    control_.reset();
    const auto told = asked.get();
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(told->status, 1);
    EXPECT_THAT(told->text, HasSubstr("stopping"));
}

TEST_F(ControlTest, AHostThatTakesItsTime) {
    open();
    EXPECT_THAT(ask(1s).get().error().message, HasSubstr("within 1 s"));
}

TEST_F(ControlTest, OtherWordsAreRefused) {
    open();
    const int socket = connected("restart");
    EXPECT_TRUE(take().empty());
    char answer[100];
    const ssize_t size = ::recv(socket, answer, sizeof answer, 0);
    EXPECT_EQ(std::string(answer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
              "2\nthe host does not know this command\n");
    ::close(socket);
}

TEST_F(ControlTest, TheSocketOfADeadProcessIsReplaced) {
    open();
    std::filesystem::rename(dir_.path() / "control", dir_.path() / "kept");
    control_.reset();
    std::filesystem::rename(dir_.path() / "kept", dir_.path() / "control");
    EXPECT_THAT(ask().get().error().message, HasSubstr("no host answers at"));
    open();
    auto asked = ask();
    for (Asker& asker : take()) asker.tell(0, "");
    EXPECT_TRUE(asked.get());
}

TEST_F(ControlTest, NeedsADirectoryThatCanBeWritten) {
    EXPECT_FALSE(ControlSocket::open(dir_.path() / "nowhere"));
    std::filesystem::create_directories(dir_.path() / "control" / "full");
    EXPECT_FALSE(ControlSocket::open(dir_.path()));
}

}  // namespace
}  // namespace ingest::app
