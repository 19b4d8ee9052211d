#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include "app/ingest_check/arguments.h"
#include "app/ingest_check/options_source.h"
#include "app/ingest_check/print.h"

namespace ingest::app::ingest_check {
namespace {

int refuse(const Error& error) {
    std::cerr << "ingest-check: " << error.message << '\n';
    return 2;
}

int run(const std::vector<std::string_view>& words) {
    const auto arguments = parse_arguments(words);
    if (!arguments) {
        return refuse(Error{arguments.error().message + "; see ingest-check --help"});
    }
    if (arguments->help) {
        std::cout << usage();
        return 0;
    }
    auto options = options_source(*arguments);
    if (!options) return refuse(options.error());
    conformance::Request request{arguments->file, std::move(*options), {}};
    if (!arguments->json) {
        request.tell = [](const conformance::CheckResult& result) {
            std::cout << line_of(result) << std::flush;
        };
    }
    const auto results = conformance::run_checks(request);
    if (!results) return refuse(results.error());
    std::cout << (arguments->json ? document_of(arguments->file, *results) : summary_of(*results));
    return any_failed(*results) ? 1 : 0;
}

}  // namespace
}  // namespace ingest::app::ingest_check

int main(int argc, char** argv) {
    try {
        return ingest::app::ingest_check::run({argv + 1, argv + argc});
    } catch (const std::exception& e) {
        // Out of memory, or a library's exception that its room should have caught.
        std::cerr << "ingest-check: " << e.what() << '\n';
    }
    return 2;
}
