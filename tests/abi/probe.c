/* What abidiff looks at: a library whose functions mention every struct of the ABI. Never run. */
#include "ingest/plugin.h"

void probe_entry(ingest_plugin_entry_fn entry, const ingest_plugin *plugin);
void probe_host(const ingest_host *host, const ingest_options *options, const ingest_error *error);
void probe_batch(const ingest_batch *batch, const struct ArrowSchema *schema,
                 const struct ArrowArray *array);
void probe_validator(const ingest_validator *validator, const ingest_report *report);
void probe_sink(const ingest_sink *sink, const ingest_health *health);
void probe_query(const ingest_query *query, const ingest_rows *rows);

void probe_entry(ingest_plugin_entry_fn entry, const ingest_plugin *plugin)
{
    (void)entry;
    (void)plugin;
}

void probe_host(const ingest_host *host, const ingest_options *options, const ingest_error *error)
{
    (void)host;
    (void)options;
    (void)error;
}

void probe_batch(const ingest_batch *batch, const struct ArrowSchema *schema,
                 const struct ArrowArray *array)
{
    (void)batch;
    (void)schema;
    (void)array;
}

void probe_validator(const ingest_validator *validator, const ingest_report *report)
{
    (void)validator;
    (void)report;
}

void probe_sink(const ingest_sink *sink, const ingest_health *health)
{
    (void)sink;
    (void)health;
}

void probe_query(const ingest_query *query, const ingest_rows *rows)
{
    (void)query;
    (void)rows;
}
