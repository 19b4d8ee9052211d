#include <ingest/sdk/sink.hpp>

#include "postgres-sink/query.h"
#include "postgres-sink/sink.h"

INGEST_SINK_WITH_QUERY(ingest::postgres_sink::Sink, ingest::postgres_sink::Query, "postgres-sink",
                       "1.0.0", "stores readings in a PostgreSQL table and answers from it", R"({
  "kind": "sink",
  "options": [
    {"name": "url", "type": "string", "required": true, "secret": true,
     "description": "postgresql://user:password@host:port/database, as libpq reads it: )"
     R"(several hosts and its parameters are allowed; a driver in the scheme )"
     R"((postgresql+asyncpg://) is ignored"},
    {"name": "table", "type": "string", "default": "sensor_data",
     "description": "the table, or schema.table"},
    {"name": "create_table", "type": "boolean", "default": true,
     "description": "create the table if it does not exist, and add a nullable column for )"
     R"(a field that it lacks; nothing else is ever changed"},
    {"name": "connect_timeout_s", "type": "integer", "default": 5, "minimum": 2, "maximum": 3600,
     "description": "seconds to wait for a connection, for each address of the server"},
    {"name": "statement_timeout_s", "type": "integer", "default": 30, "minimum": 1, "maximum": 3600,
     "description": "seconds that one write or question may take; a server that does not )"
     R"(answer is given up 5 seconds later"}
  ],
  "reads": ["*"]
})");
