#include "app/loader_environment.h"

#include <gmock/gmock.h>

namespace ingest::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LoaderEnvironment, NamesWhatTellsTheLoaderSomething) {
    const char* const environment[] = {"PATH=/bin",       "LD_PRELOAD=x.so", "LD_LIBRARY_PATH=",
                                       "OLD_PRELOAD=y",   "LD_AUDIT=a.so",   "LDFLAGS=-s",
                                       "SOME=LD_PRELOAD", nullptr};
    EXPECT_THAT(loader_variables(environment), ElementsAre("LD_AUDIT", "LD_PRELOAD"));
}

TEST(LoaderEnvironment, HasNoneByItself) {
    const char* const environment[] = {"PATH=/bin", "LD_SOMETHING", nullptr};
    EXPECT_THAT(loader_variables(environment), IsEmpty());
}

}  // namespace
}  // namespace ingest::app
