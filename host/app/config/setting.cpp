#include "app/config/setting.h"

#include <algorithm>

#include "base/check.h"

namespace ingest::app::config {

Setting& Setting::member(std::string_view name) {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const Setting& one) { return one.key == name; });
    check(found != members.end(), "a setting is asked for before it was read");
    return *found;
}

}  // namespace ingest::app::config
