#include "plugin/crash_report.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <new>

#include <gmock/gmock.h>

#include "plugin/library.h"
#include "plugin/sink.h"
#include "plugin/validator.h"
#include "support/batches.h"

// Each test lets a child process die of a plugin, and reads what the child wrote.
namespace ingest::plugin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// With a sanitizer the process ends with its report, or with the signal, as without this one.
bool died_of(int status, int signal) {
    return (WIFSIGNALED(status) && WTERMSIG(status) == signal) ||
           (WIFEXITED(status) && WEXITSTATUS(status) != 0);
}
auto death_by(int signal) {
    return [signal](int status) { return died_of(status, signal); };
}

const Library& crashing() {
    static const auto library =
        Library::load(std::filesystem::path(std::getenv("INGEST_BUILD_DIR")) / "tests" / "faulty" /
                      "crashing.so");
    return *library.value();
}

// Then an allocation that fails is its report.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitizer_allocates = true;
#else
constexpr bool sanitizer_allocates = false;
#endif

std::string options(const char* fault) { return R"({"fault": ")" + std::string(fault) + R"("})"; }

// What a child does: the log goes to stderr, where the test reads it.
void validate(const char* fault, log::Format format = log::Format::json) {
    log::Options log;
    log.format = format;
    install_crash_report(log, STDERR_FILENO);
    const auto schema = test::sensor_schema();
    Answer failure;
    const auto validator = Validator::create(crashing(), options(fault), *schema, failure);
    ingest_report report{};
    validator->validate(ingest_batch{}, report);
    std::exit(0);
}

void call_a_sink(const char* fault) {
    install_crash_report({}, STDERR_FILENO);
    const auto schema = test::sensor_schema();
    Answer failure;
    const auto sink = Sink::create(crashing(), options(fault), *schema, failure);
    sink->write({});
}

void write(const char* fault) {
    call_a_sink(fault);
    std::exit(0);
}

class CrashReport : public ::testing::Test {
protected:
    CrashReport() { GTEST_FLAG_SET(death_test_style, "fast"); }
};

TEST_F(CrashReport, NamesThePluginTheFunctionAndTheFile) {
    EXPECT_EXIT(
        validate("segv"), death_by(SIGSEGV),
        AllOf(HasSubstr(R"("level":"ERROR","service":"sensor-ingestion-service")"),
              HasSubstr(R"("message":"crashed with signal 11 (SIGSEGV) while plugin 'crashing' )"
                        R"(was in validate","plugin":"crashing","function":"validate","file":"/)"),
              HasSubstr(R"(/tests/faulty/crashing.so","lost":"nothing: acknowledged readings )"
                        R"(are in the spool"})")));
}

TEST_F(CrashReport, IsALineOfTheTextLogToo) {
    EXPECT_EXIT(validate("segv", log::Format::text), death_by(SIGSEGV),
                AllOf(HasSubstr("Z ERROR plugin: crashed with signal 11 (SIGSEGV) while plugin "
                                "'crashing' was in validate plugin=crashing function=validate "),
                      Not(HasSubstr("@")), Not(HasSubstr("1970-"))));
}

TEST_F(CrashReport, KnowsEverySignalThatCodeDiesOf) {
    EXPECT_EXIT(write("abort"), death_by(SIGABRT),
                HasSubstr("signal 6 (SIGABRT) while plugin 'crashing' was in write"));
    EXPECT_EXIT(validate("raise"), death_by(SIGSEGV),
                HasSubstr("SIGSEGV) while plugin 'crashing'"));
    EXPECT_EXIT(validate("trap"), death_by(SIGILL), HasSubstr("SIGILL) while plugin 'crashing'"));
    EXPECT_EXIT(validate("terminate"), death_by(SIGABRT),
                HasSubstr("SIGABRT) while plugin 'crashing' was in validate"));
}

TEST_F(CrashReport, IsWrittenThoughTheStackIsUsedUp) {
    EXPECT_EXIT(validate("overflow"), death_by(SIGSEGV),
                HasSubstr("SIGSEGV) while plugin 'crashing' was in validate"));
    EXPECT_EXIT(std::thread([] { validate("overflow"); }).join(), death_by(SIGSEGV),
                HasSubstr("SIGSEGV) while plugin 'crashing' was in validate"));
}

TEST_F(CrashReport, KnowsAPluginsOwnThreads) {
    EXPECT_EXIT(validate("thread-segv"), death_by(SIGSEGV),
                HasSubstr("SIGSEGV) in a thread of plugin 'crashing'"));
    EXPECT_EXIT(validate("thread-throw"), death_by(SIGABRT),
                HasSubstr("SIGABRT) in a thread of plugin 'crashing'"));
}

// Allocates what no machine has room for.
void exhaust_memory() {
    volatile std::size_t too_much = PTRDIFF_MAX / 2;
    ::operator delete(::operator new(too_much));
}

TEST_F(CrashReport, TakesAnAllocationThatFailsInTheHostForACrash) {
    if (sanitizer_allocates) GTEST_SKIP() << "a sanitizer ends the process itself";
    const auto exhaust_behind_a_call = [] {
        call_a_sink("none");
        try {
            exhaust_memory();
        } catch (const std::bad_alloc&) {
            std::exit(7);
        }
    };
    const auto told = HasSubstr(R"("message":"crashed with signal 6 (SIGABRT), out of memory, )"
                                R"(while no plugin was being called")");
    EXPECT_EXIT(exhaust_behind_a_call(), death_by(SIGABRT), told);
    const auto exhaust_in_a_thread = [] {
        install_crash_report({}, STDERR_FILENO);
        crashing();
        std::thread(exhaust_memory).join();
    };
    EXPECT_EXIT(exhaust_in_a_thread(), death_by(SIGABRT), told);
    const auto throw_in_a_thread = [] {
        install_crash_report({}, STDERR_FILENO);
        std::thread([] { throw std::bad_alloc(); }).join();
    };
    EXPECT_EXIT(throw_in_a_thread(), death_by(SIGABRT), told);
}

TEST_F(CrashReport, LeavesAnAllocationThatFailsInAPluginToIt) {
    if (sanitizer_allocates) GTEST_SKIP() << "a sanitizer ends the process itself";
    for (const char* fault : {"no-memory", "thread-no-memory"}) {
        EXPECT_EXIT(validate(fault), ::testing::ExitedWithCode(0), Not(HasSubstr("memory")));
    }
}

// What a child does under an ExitReport; the end that it came to itself is 7.
void validate_no_exit(const char* fault) {
    install_crash_report({}, STDERR_FILENO);
    {
        const ExitReport report;
        const auto schema = test::sensor_schema();
        Answer failure;
        const auto validator = Validator::create(crashing(), options(fault), *schema, failure);
        ingest_report nothing{};
        validator->validate(ingest_batch{}, nothing);
    }
    std::exit(7);
}

TEST_F(CrashReport, TakesExitForACrash) {
    using ::testing::ExitedWithCode;
    EXPECT_EXIT(validate_no_exit("exit"), ExitedWithCode(1),
                AllOf(HasSubstr(R"("message":"ended by exit() while plugin 'crashing' was in )"
                                R"(validate","plugin":"crashing","function":"validate",)"),
                      Not(HasSubstr("destroyed"))));
    EXPECT_EXIT(validate_no_exit("quick-exit"), ExitedWithCode(1),
                HasSubstr("ended by exit() while plugin 'crashing' was in validate"));
    EXPECT_EXIT(validate_no_exit("thread-exit"), ExitedWithCode(1),
                HasSubstr("ended by exit() in a thread of plugin 'crashing'"));
}

TEST_F(CrashReport, LeavesAnExitAloneThatIsDue) {
    EXPECT_EXIT(validate_no_exit("none"), ::testing::ExitedWithCode(7),
                AllOf(HasSubstr("destroyed"), Not(HasSubstr("exit()"))));
    EXPECT_EXIT(validate_no_exit("fork-exit"), ::testing::ExitedWithCode(7),
                Not(HasSubstr("exit()")))
        << "of a child that the plugin forked";
}

TEST_F(CrashReport, BlamesNoPluginForWhatIsNotItsOwn) {
    const auto crash_after_a_call = [] {
        call_a_sink("none");
        std::abort();
    };
    EXPECT_EXIT(crash_after_a_call(), death_by(SIGABRT),
                AllOf(HasSubstr("SIGABRT) while no plugin was being called\""),
                      HasSubstr(R"("plugin":"","function":"","file":"")")));
    const auto crash_elsewhere = [] {
        install_crash_report({}, STDERR_FILENO);
        crashing();
        std::thread([] { std::abort(); }).join();
    };
    EXPECT_EXIT(crash_elsewhere(), death_by(SIGABRT),
                HasSubstr("while no plugin was being called"));
}

TEST_F(CrashReport, IsOneLineThoughThreadsCrashTogether) {
    const auto crash_together = [] {
        install_crash_report({}, STDERR_FILENO);
        std::atomic<int> ready{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (++ready; ready < 8;) std::this_thread::yield();
                ::raise(SIGSEGV);
            });
        }
        for (std::thread& thread : threads) thread.join();
    };
    EXPECT_EXIT(crash_together(), death_by(SIGSEGV),
                AllOf(HasSubstr("crashed with signal 11"),
                      Not(MatchesRegex(".*crashed with.*\n.*crashed with.*"))));
}

}  // namespace
}  // namespace ingest::plugin
