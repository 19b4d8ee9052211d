#include "app/loader_environment.h"

#include <algorithm>
#include <string_view>

#include <unistd.h>

#include "base/log.h"

namespace ingest::app {

std::vector<std::string> loader_variables(const char* const* environment) {
    std::vector<std::string> names;
    for (; *environment != nullptr; ++environment) {
        const std::string_view variable = *environment;
        const std::size_t equals = variable.find('=');
        if (!variable.starts_with("LD_") || equals == std::string_view::npos) continue;
        if (equals + 1 < variable.size()) names.emplace_back(variable.substr(0, equals));
    }
    std::ranges::sort(names);
    return names;
}

void warn_of_loader_variables() {
    std::string all;
    for (const std::string& name : loader_variables(environ)) {
        all += (all.empty() ? "" : ", ") + name;
    }
    if (all.empty()) return;
    log::warn("app",
              "the environment tells the loader which libraries to load, or where from: they run "
              "in this process and nobody has verified them; unset what you did not mean to set",
              {{"variables", all}});
}

}  // namespace ingest::app
