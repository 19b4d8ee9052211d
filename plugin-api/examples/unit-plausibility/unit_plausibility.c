/* Finds values that were sent in another unit: outside of the band of what is plausible, but inside
 * of it when read as °F instead of °C, or kPa instead of bar. */
#include <stdlib.h>

#include <ingest/sdk/plugin.h>

enum { checks_max = 16, then_warn, then_reject, then_convert };

/* value in `to` = (value in `from` - zero) * factor */
struct conversion {
    const char *from;
    const char *to;
    double zero;
    double factor;
};

static const struct conversion conversions[] = {
    {"°F", "°C", 32.0, 5.0 / 9.0},
    {"K", "°C", 273.15, 1.0},
    {"kPa", "bar", 0.0, 0.01},
    {"hPa", "bar", 0.0, 0.001},
    {"psi", "bar", 0.0, 0.0689475729},
    {"m/s", "mm/s", 0.0, 1000.0},
    {"in/s", "mm/s", 0.0, 25.4},
};

struct check {
    int32_t column;
    double min;
    double max;
    const struct conversion *conversion;
};

struct plausibility {
    int then;
    size_t n;
    struct check checks[checks_max];
};

static const struct conversion *find_conversion(const char *from, const char *to) {
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; ++i) {
        if (strcmp(conversions[i].from, from) == 0 && strcmp(conversions[i].to, to) == 0) {
            return &conversions[i];
        }
    }
    return NULL;
}

static int is_taken(const struct plausibility *made, int32_t column) {
    for (size_t i = 0; i < made->n; ++i) {
        if (made->checks[i].column == column) return 1;
    }
    return 0;
}

static void read_check(ingest_reader *options, const struct ArrowSchema *schema, size_t index,
                       struct plausibility *made) {
    char place[64], pointer[80], name[128], unit[16], sent[16];
    struct check check = {-1, 0, 0, NULL};
    snprintf(place, sizeof place, "/checks/%zu", index);

    snprintf(pointer, sizeof pointer, "%s/min", place);
    check.min = ingest_need_f64(options, pointer);
    snprintf(pointer, sizeof pointer, "%s/max", place);
    check.max = ingest_need_f64(options, pointer);
    if (check.min >= check.max) ingest_wrong(options, pointer, "must be above min");

    snprintf(pointer, sizeof pointer, "%s/unit", place);
    ingest_need_utf8(options, pointer, unit, sizeof unit);
    snprintf(pointer, sizeof pointer, "%s/sent_in", place);
    ingest_need_utf8(options, pointer, sent, sizeof sent);
    check.conversion = find_conversion(sent, unit);
    if (check.conversion == NULL) {
        ingest_wrong(options, pointer,
                     "must be °F or K for °C; kPa, hPa or psi for bar; m/s or in/s for mm/s");
    }

    snprintf(pointer, sizeof pointer, "%s/column", place);
    ingest_need_utf8(options, pointer, name, sizeof name);
    if (options->code != INGEST_OK) return;
    check.column = ingest_find_column(schema, name);
    if (check.column < 0) {
        ingest_wrong(options, pointer, "there is no such column");
    } else if (strcmp(ingest_format(schema, check.column), "g") != 0) {
        ingest_wrong(options, pointer, "is not a column of the type double");
    } else if (is_taken(made, check.column)) {
        ingest_wrong(options, pointer, "has a check already");
    }
    made->checks[made->n++] = check;
}

static int32_t create(const ingest_host *host, ingest_str json, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    ingest_reader options = ingest_read(host, json, error);
    struct plausibility made = {then_warn, 0, {{0, 0, 0, NULL}}};
    char then[16];
    ingest_get_utf8(&options, "/then", "warn", then, sizeof then);
    if (strcmp(then, "reject") == 0) {
        made.then = then_reject;
    } else if (strcmp(then, "convert") == 0) {
        made.then = then_convert;
    } else if (strcmp(then, "warn") != 0) {
        ingest_wrong(&options, "/then", "must be warn, reject or convert");
    }
    const uint64_t n = ingest_get_size(&options, "/checks");
    if (n == 0) ingest_wrong(&options, "/checks", "must have at least one check");
    if (n > checks_max) ingest_wrong(&options, "/checks", "must have at most 16 checks");
    for (size_t i = 0; i < n && options.code == INGEST_OK; ++i) {
        read_check(&options, schema, i, &made);
    }
    if (options.code != INGEST_OK) return options.code;

    struct plausibility *kept = malloc(sizeof *kept);
    if (kept == NULL) return ingest_fail(error, INGEST_FATAL, "out of memory");
    *kept = made;
    *self = kept;
    return INGEST_OK;
}

static void destroy(void *self) { free(self); }

static int within(const struct check *check, double value) {
    return value >= check->min && value <= check->max;
}

static void tell(const struct plausibility *self, const struct check *check, double value,
                 double converted, int64_t row, ingest_report *report) {
    char message[256];
    const struct conversion *units = check->conversion;
    snprintf(message, sizeof message,
             "is %g %s, which is not plausible; was it %s? Then it is %g %s%s", value, units->to,
             units->from, converted, units->to,
             self->then == then_convert ? ", which was stored" : "");
    if (self->then == then_reject) {
        ingest_reject(report, row, check->column, "unit", message);
    } else {
        ingest_warn(report, row, check->column, "unit", message);
    }
    if (self->then == then_convert) ingest_set_f64(report, row, check->column, converted);
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    const struct plausibility *plausibility = self;
    (void)error;
    for (size_t i = 0; i < plausibility->n; ++i) {
        const struct check *check = &plausibility->checks[i];
        for (int64_t row = 0; row < ingest_rows_of(batch); ++row) {
            if (!ingest_has(batch, check->column, row)) continue;
            const double value = ingest_f64(batch, check->column, row);
            const double converted = (value - check->conversion->zero) * check->conversion->factor;
            if (!within(check, value) && within(check, converted)) {
                tell(plausibility, check, value, converted, row, report);
            }
        }
    }
    return INGEST_OK;
}

static const ingest_validator table = {sizeof table, 0, create, validate, destroy};

static const char manifest[] =
    "{ \"kind\": \"validator\","
    "  \"options\": ["
    "    { \"name\": \"then\", \"type\": \"string\", \"default\": \"warn\","
    "      \"enum\": [\"warn\", \"reject\", \"convert\"],"
    "      \"description\": \"keep the value and tell, refuse the reading, or store the value "
    "converted and tell\" },"
    "    { \"name\": \"checks\", \"type\": \"array\", \"required\": true,"
    "      \"description\": \"at most 16, one a column\","
    "      \"items\": { \"name\": \"check\", \"type\": \"object\", \"options\": ["
    "        { \"name\": \"column\", \"type\": \"string\", \"required\": true,"
    "          \"description\": \"a column of doubles\" },"
    "        { \"name\": \"unit\", \"type\": \"string\", \"required\": true,"
    "          \"description\": \"what the column is in: °C, bar or mm/s\" },"
    "        { \"name\": \"sent_in\", \"type\": \"string\", \"required\": true,"
    "          \"description\": \"what it is mistaken for: °F, K; kPa, hPa, psi; m/s, in/s\" },"
    "        { \"name\": \"min\", \"type\": \"number\", \"required\": true,"
    "          \"description\": \"least plausible value\" },"
    "        { \"name\": \"max\", \"type\": \"number\", \"required\": true,"
    "          \"description\": \"greatest plausible value\" } ] } } ],"
    "  \"reads\": [\"*\"],"
    "  \"writes\": [\"*\"],"
    "  \"issues\": [ { \"code\": \"unit\","
    "    \"description\": \"the value is plausible in another unit only\" } ] }";

INGEST_EXPORT("unit-plausibility", "1.0.0", "Finds values that were sent in another unit", manifest,
              INGEST_VALIDATOR_ID, table)
