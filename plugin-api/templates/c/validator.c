#include <stdlib.h>

#include <ingest/sdk/plugin.h>

/* Refuses the value that a sensor sends when it has not measured: a DS18B20 thermometer, for
 * example, says 85 after its supply failed. An instance per core, without state between them. */
struct my_plugin_validator {
    int32_t field;
    double value;
};

static int32_t create(const ingest_host *host, ingest_str json, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    char field[64]; /* no field of the configuration has a longer name */
    ingest_reader options = ingest_read(host, json, error);
    ingest_need_utf8(&options, "/field", field, sizeof field);
    const double value = ingest_need_f64(&options, "/value");
    if (options.code != INGEST_OK) return options.code;
    const int32_t column = ingest_find_column(schema, field);
    if (column < 0 || strcmp(ingest_format(schema, column), "g") != 0) {
        return ingest_fail(error, INGEST_CONFIG, "/field: there is no field '%s' of type double",
                           field);
    }
    struct my_plugin_validator *made = malloc(sizeof *made);
    if (made == NULL) return ingest_fail(error, INGEST_INTERNAL, "out of memory");
    made->field = column;
    made->value = value;
    *self = made;
    return INGEST_OK;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    const struct my_plugin_validator *rule = self;
    (void)error;
    for (int64_t row = 0; row < ingest_rows_of(batch); ++row) {
        if (!ingest_has(batch, rule->field, row)) continue;
        if (ingest_f64(batch, rule->field, row) == rule->value) {
            ingest_reject(report, row, rule->field, "not_measured",
                          "is what the sensor says when it has not measured");
        }
    }
    return INGEST_OK;
}

static void destroy(void *self) { free(self); }

static const ingest_validator table = {sizeof table, 0, create, validate, destroy};

INGEST_EXPORT("my-plugin", "0.1.0", "Refuses the value of a sensor that has not measured",
              "{"
              "  \"kind\": \"validator\","
              "  \"options\": ["
              "    { \"name\": \"field\", \"type\": \"string\", \"default\": \"temperature\","
              "      \"description\": \"the field that the sensor measures\" },"
              "    { \"name\": \"value\", \"type\": \"number\", \"default\": 85,"
              "      \"description\": \"what the sensor says when it has not measured\" } ],"
              "  \"reads\": [\"*\"],"
              "  \"issues\": [ { \"code\": \"not_measured\","
              "                \"description\": \"the sensor has not measured\" } ]"
              "}",
              INGEST_VALIDATOR_ID, table)
