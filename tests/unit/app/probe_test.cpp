#include "app/probe.h"

#include <gmock/gmock.h>

namespace ingest::app {
namespace {

using ::testing::HasSubstr;

TEST(Probe, RefusesWhatIsNoUrl) {
    for (const char* url : {"", "127.0.0.1:8001", "https://127.0.0.1:0x1/", "ftp://127.0.0.1/",
                            "http://host.example/", "http://127.0.0.1:port/",
                            "http://127.0.0.1:99999/"}) {
        const auto probed = probe(url);
        ASSERT_FALSE(probed) << url;
        EXPECT_THAT(probed.error().message, HasSubstr("is not http://")) << url;
    }
}

TEST(Probe, SaysThatNobodyAnswers) {
    const auto probed = probe("http://127.0.0.1:1/health");
    ASSERT_FALSE(probed);
    EXPECT_THAT(probed.error().message, HasSubstr("no host answers at 127.0.0.1:1"));
}

}  // namespace
}  // namespace ingest::app
