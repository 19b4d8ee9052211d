/* Validators that leave the process other than they found it, and faults of `create`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sound.h"

enum {
    leaks,
    leaks_fd,
    leaves_thread,
    changes_locale,
    catches_signal,
    changes_directory,
    changes_environment,
    changes_umask,
    writes_to_stdout,
    divides_by_option,
    needs_column,
    slow_create,
    slow_loading,
    crashes_on_loading,
    quits_on_loading,
    prints_on_loading,
    says_nothing /* when it refuses its options */
};

static void *wait_for_ever(void *nothing) {
    (void)nothing;
    while (1) pause();
    return NULL;
}

static void start_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_ever, NULL) == 0) pthread_detach(thread);
}

static int has_text(ingest_str options, const char *text) {
    return memmem(options.data, options.size, text, strlen(text)) != NULL;
}

/* As a sound plugin does: what is no JSON, or of another type, is refused. */
static int32_t read_divisor(const ingest_host *host, ingest_str options, ingest_error *error) {
    const ingest_options *reader = host->get_service(host->ctx, text_of(INGEST_OPTIONS_ID));
    int64_t divisor = 1;
    if (reader == NULL) return INGEST_OK;
    const int32_t code = reader->get_i64(host->ctx, options, text_of("/divisor"), &divisor);
    if (code == INGEST_CONFIG) strcpy(error->message, "/divisor: must be an integer");
    return code == INGEST_CONFIG ? INGEST_CONFIG : INGEST_OK;
}

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    const int zero = has_text(options, "\"divisor\":0");
    if (FAULT == leaks) memset(malloc(65536), 1, 65536);
    if (FAULT == leaks_fd && open("/dev/null", O_RDONLY) < 0) return INGEST_INTERNAL;
    if (FAULT == leaves_thread) start_thread();
    if (FAULT == changes_locale) setlocale(LC_ALL, "C.UTF-8");
    if (FAULT == catches_signal) signal(SIGTERM, SIG_IGN);
    if (FAULT == changes_directory && chdir("/") != 0) return INGEST_INTERNAL;
    if (FAULT == changes_environment) setenv("TZ", "Europe/Berlin", 1);
    if (FAULT == changes_umask) umask(0);
    if (FAULT == writes_to_stdout) {
        printf("hello\n");
        fflush(stdout);
    }
    if (FAULT == divides_by_option) {
        const volatile int divisor = zero ? 0 : 1;
        if (100 / divisor == 0) return INGEST_INTERNAL;
    }
    if (FAULT == says_nothing && zero) return INGEST_CONFIG;
    if (FAULT == slow_create) sleep(2);
    if (FAULT == needs_column) {
        const int64_t column = column_of(schema, "temperature");
        const struct ArrowSchema *found = column < 0 ? NULL : schema->children[column];
        if (((const volatile struct ArrowSchema *)found)->format == NULL) return INGEST_CONFIG;
    }
    const int32_t code = read_divisor(host, options, error);
    return code == INGEST_OK ? sound_create(host, options, schema, self, error) : code;
}

__attribute__((constructor)) static void load(void) {
    if (FAULT == slow_loading) sleep(2);
    if (FAULT == crashes_on_loading) abort();
    if (FAULT == quits_on_loading) _exit(3);
    if (FAULT == prints_on_loading) {
        printf("{\"plugin\": 1}\n");
        fflush(stdout);
    }
}

static const void *get_interface(ingest_str id) {
    static const ingest_validator table = {sizeof table, 0, create, sound_validate, sound_destroy};
    return is_id(id, INGEST_VALIDATOR_ID) ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    return describe("{\"kind\":\"validator\",\"options\":[{\"name\":\"divisor\","
                    "\"type\":\"integer\",\"minimum\":0,\"maximum\":9,\"default\":1}]}",
                    get_interface);
}
