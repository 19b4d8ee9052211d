#include "app/ingest_check/options_source.h"

#include <filesystem>

#include "app/config/document.h"
#include "app/config/options.h"

namespace ingest::app::ingest_check {
namespace {

namespace fs = std::filesystem;

// Without the newline at its end, which whoever prints it adds.
Error told(const config::Diagnostics& diagnostics) {
    std::string text = diagnostics.text();
    if (text.ends_with('\n')) text.pop_back();
    return Error{std::move(text)};
}

}  // namespace

Result<conformance::OptionsSource> options_source(const Arguments& arguments) {
    const bool from_file = arguments.options.starts_with('@');
    const fs::path path = from_file ? arguments.options.substr(1) : "--options";
    config::Diagnostics diagnostics(path.string());
    std::optional<std::string> yaml = arguments.options;
    if (from_file) yaml = config::read_file(path, diagnostics);
    config::Node options;
    options.kind = config::Node::Kind::map;
    if (arguments.has_options && yaml) {
        const fs::path dir = from_file ? fs::absolute(path).parent_path() : fs::current_path();
        auto parsed = config::parse(*yaml, {config::process_environment(), dir}, diagnostics);
        if (parsed) options = std::move(*parsed);
        if (diagnostics.empty() && !options.is_map() && !options.is_null()) {
            diagnostics.add(options.mark, "the options are " + config::describe(options),
                            "give a map: { name: value }; a file's name begins with @");
        }
    }
    if (!diagnostics.empty()) return told(diagnostics);
    conformance::OptionsSource source;
    source.given = arguments.has_options;
    source.json = [options, name = path.string()](
                      const plugin::Manifest& manifest) -> Result<std::string> {
        config::Diagnostics wrong(name);
        const auto json = config::options_to_json(options, manifest.options, "options", wrong);
        if (!wrong.empty()) return told(wrong);
        return json.dump();
    };
    return source;
}

}  // namespace ingest::app::ingest_check
