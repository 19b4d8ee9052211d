#include <dlfcn.h>

#include <gmock/gmock.h>

#include "abi/drive.h"

// This program exports the same name as the plugin `lookup`: see its CMakeLists.txt.
extern "C" const char* ingest_test_whose() { return "the process's"; }

// How the host loads libraries: what other code of the process sees of them, and for how long.
namespace ingest {
namespace {

std::unique_ptr<plugin::Library> lookup() {
    return test::load(test::built("tests/abi-plugins/lookup.so"));
}

TEST(Loading, NobodySeesAPluginsSymbols) {
    const auto library = lookup();
    EXPECT_EQ(::dlsym(RTLD_DEFAULT, INGEST_ENTRY_SYMBOL), nullptr) << "RTLD_GLOBAL?";
}

// RTLD_DEEPBIND would give each plugin an allocator of its own under sanitizers and jemalloc.
TEST(Loading, NamesAreLookedUpInTheProcessFirst) {
    EXPECT_EQ(lookup()->identity().description, "the process's") << "RTLD_DEEPBIND?";
}

TEST(Loading, CodeStaysWhenItsLibraryIsLetGo) {
    auto library = lookup();
    const auto get_interface = library->identity().get_interface;
    library.reset();
    Dl_info where{};
    ASSERT_NE(::dladdr(reinterpret_cast<const void*>(get_interface), &where), 0) << "dlclose?";
    EXPECT_NE(get_interface({INGEST_VALIDATOR_ID, sizeof INGEST_VALIDATOR_ID - 1}), nullptr);
}

// A missing function is told when the plugin is loaded, not in the middle of a request.
TEST(Loading, BindsAllAtOnce) {
    const auto library = plugin::Library::load(test::built("tests/faulty/undefined-symbol.so"));
    ASSERT_FALSE(library) << "RTLD_LAZY?";
    EXPECT_THAT(library.error().message, ::testing::HasSubstr("undefined symbol"));
}

}  // namespace
}  // namespace ingest
