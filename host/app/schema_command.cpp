#include <iostream>

#include "app/commands.h"
#include "app/config/config.h"
#include "app/config/schema.h"
#include "app/plugin_listing.h"

namespace ingest::app {

int run_schema(const Arguments& arguments) {
    const auto dirs = dirs_to_search(arguments);
    if (!dirs) return 2;
    const nlohmann::ordered_json listing = listing_of(search_plugins(*dirs));
    for (const nlohmann::ordered_json& refused : listing["refused"]) {
        std::cerr << "ingest-host: the schema is without the options of "
                  << refused["id"].get<std::string>() << ", which cannot be used: "
                  << refused["reason"].get<std::string>() << '\n';
    }
    const auto schema = config::to_schema(config::outline(), listing["plugins"]);
    std::cout << schema.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
    return 0;
}

}  // namespace ingest::app
