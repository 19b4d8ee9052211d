#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <list>

#include "server_fixture.h"
#include "support/temp_dir.h"

namespace ingest::http {
namespace {

// What is written to the standard output while it is there.
class Output {
public:
    Output() : before_(::dup(STDOUT_FILENO)) {
        const int file = ::open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(file, STDOUT_FILENO);
        ::close(file);
    }
    ~Output() {
        ::dup2(before_, STDOUT_FILENO);
        ::close(before_);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    struct Told {
        int lines = 0;
        int suppressed = 0;
    };
    // Of the lines with this text.
    Told told(const std::string& text) const {
        Told sum;
        std::ifstream file(path());
        for (std::string line; std::getline(file, line);) {
            if (line.find(text) == std::string::npos) continue;
            ++sum.lines;
            const std::string name = "lines_suppressed=";
            const std::size_t at = line.find(name);
            if (at != std::string::npos) {
                sum.suppressed += std::atoi(line.c_str() + at + name.size());
            }
        }
        return sum;
    }

private:
    std::filesystem::path path() const { return directory_.path() / "output"; }
    const test::TempDir directory_;
    const int before_;
};

// Each turn is a change, which the client makes as often as it likes.
TEST_F(ServerTest, AClientAtItsBoundDoesNotFillTheLog) {
    options.limits.connections_per_address_max = 2;
    const Output output;
    start();
    std::list<RawClient> held;
    const auto open_one = [&] {
        held.emplace_back(server->port());
        held.back().send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto answer = held.back().receive();
        EXPECT_TRUE(answer && answer->status == 200);
    };
    open_one();
    open_one();
    int turns = 0;
    Output::Told told;
    // Until a line says how many there were not.
    EXPECT_TRUE(soon([&] {
        const auto refused = connect().receive();
        EXPECT_TRUE(refused && refused->status == 503);
        ++turns;
        EXPECT_TRUE(soon([&] {
            return server->counters().connections_refused == static_cast<std::uint64_t>(turns);
        }));
        told = output.told("connections are refused");
        held.pop_front();
        EXPECT_TRUE(soon([&] { return server->counters().connections_open == 1; }));
        open_one();
        return told.suppressed > 0;
    }));
    EXPECT_LT(told.lines, turns);
    EXPECT_EQ(told.lines + told.suppressed, turns);
}

}  // namespace
}  // namespace ingest::http
