#include <iostream>

#include "app/commands.h"
#include "app/config/config.h"
#include "app/control.h"

namespace ingest::app {

// Has the host that serves from the spool read its configuration anew. Which spool that is may be
// all that is right in the file: then the host says what is wrong with the rest.
int run_reload(const Arguments& arguments) {
    std::filesystem::path dir = arguments.dir;
    config::Diagnostics diagnostics;
    if (dir.empty()) {
        config::Loaded loaded = config::load(arguments.config);
        diagnostics = std::move(loaded.diagnostics);
        if (!loaded.document.is_map()) {
            std::cerr << diagnostics.text();
            return 2;
        }
        dir = loaded.config.spool.dir;
    }
    const auto told = ask_for_reload(dir, arguments.wait);
    if (!told) {
        std::cerr << diagnostics.text() << "ingest-host: " << told.error().message << '\n';
        return diagnostics.empty() ? 1 : 2;
    }
    (told->status == 0 ? std::cout : std::cerr) << told->text;
    return told->status;
}

}  // namespace ingest::app
