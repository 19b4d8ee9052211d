/* The plugin ABI, all of it. C11 and C++17 or later. */
#ifndef INGEST_PLUGIN_H
#define INGEST_PLUGIN_H

#include "ingest/plugin/batch.h"
#include "ingest/plugin/entry.h"
#include "ingest/plugin/host.h"
#include "ingest/plugin/options.h"
#include "ingest/plugin/query.h"
#include "ingest/plugin/sink.h"
#include "ingest/plugin/status.h"
#include "ingest/plugin/validator.h"

#endif
