#pragma once

#include "app/config/config.h"
#include "app/config/reader.h"

namespace ingest::app::config {

// `reading` of the configuration file: the fields that a reading has.
void read_reading(MapReader& map, Reading& reading);

}  // namespace ingest::app::config
