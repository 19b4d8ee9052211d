/* Attempts to get away by files. What they would make and change lies in the directories of the
 * environment, ESCAPES_OUTSIDE and ESCAPES_SPOOL. The plugin's own file, the configuration and the
 * system's files are opened and not written, and a directory that is made there is removed. */
#define _GNU_SOURCE
#include "escapes.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { path_max = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

typedef struct {
    char text[path_max];
} Path;

static Path in(const char *variable, const char *name) {
    Path path;
    const char *directory = getenv(variable);
    snprintf(path.text, sizeof path.text, "%s/%s", directory == NULL ? "/no/such" : directory,
             name);
    return path;
}
static Path outside(const char *name) { return in("ESCAPES_OUTSIDE", name); }
static Path of_victim(const char *name) {
    Path path;
    snprintf(path.text, sizeof path.text, "/proc/%d/%s", victim(), name);
    return path;
}

static int opens(Path path, int flags) {
    const int file = open(path.text, flags | O_CLOEXEC, 0600);
    const int failed = outcome(file);
    if (file >= 0) close(file);
    return failed;
}
static int makes(const char *directory) {
    const int failed = outcome(mkdir(directory, 0700));
    if (failed == 0) rmdir(directory);
    return failed;
}

static int new_file(void) { return opens(outside("new"), O_CREAT | O_EXCL | O_WRONLY); }
static int overwrite(void) { return opens(outside("there"), O_WRONLY); }
static int append(void) { return opens(outside("there"), O_WRONLY | O_APPEND); }
static int unnamed_file(void) { return opens(outside("."), O_TMPFILE | O_RDWR); }
static int cut_off(void) { return outcome(truncate(outside("cut").text, 0)); }
static int take_away(void) { return outcome(unlink(outside("removable").text)); }
static int give_name(void) {
    return outcome(rename(outside("there").text, outside("renamed").text));
}
static int new_directory(void) { return outcome(mkdir(outside("directory").text, 0700)); }
static int take_directory(void) { return outcome(rmdir(outside("empty").text)); }
static int point(void) { return outcome(symlink("/etc/passwd", outside("pointer").text)); }
static int second_name(void) {
    return outcome(link(outside("cut").text, outside("second").text));
}
static int pipe_file(void) { return outcome(mkfifo(outside("pipe").text, 0600)); }
static int device_file(void) { return outcome(mknod(outside("device").text, S_IFSOCK, 0)); }
static int socket_file(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const Path path = outside("socket");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path.text);
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int failed = outcome(bind(made, (const struct sockaddr *)&address, sizeof address));
    close(made);
    return failed;
}
static int move_out(void) {
    const Path from = in("ESCAPES_SPOOL", "escapes");
    const int file = open(from.text, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return -1; /* that should work */
    close(file);
    const int failed = outcome(rename(from.text, outside("moved").text));
    unlink(from.text);
    return failed;
}
static int own_file(void) { return opens(in("ESCAPES_PLUGINS", "escapes.so"), O_WRONLY); }
static int configuration(void) { return opens(in("ESCAPES_CONFIG", "config.yaml"), O_WRONLY); }

static int settings(void) { return opens((Path){"/proc/sys/kernel/core_pattern"}, O_WRONLY); }
static int accounts(void) { return opens((Path){"/etc/passwd"}, O_WRONLY); }
static int etc_file(void) { return makes("/etc/ingest-escapes"); }
static int library(void) { return makes("/usr/lib/ingest-escapes"); }
static int memory(void) { return opens(of_victim("mem"), O_RDWR); }
static int environment(void) { return opens(of_victim("environ"), O_RDONLY); }
static int favour(void) { return opens(of_victim("oom_score_adj"), O_WRONLY); }

const Attempt file_attempts[] = {
    {"new_file", new_file}, {"overwrite", overwrite}, {"append", append},
    {"unnamed_file", unnamed_file}, {"cut_off", cut_off}, {"take_away", take_away},
    {"new_directory", new_directory}, {"take_directory", take_directory}, {"point", point},
    {"second_name", second_name}, {"pipe_file", pipe_file}, {"device_file", device_file},
    {"socket_file", socket_file}, {"move_out", move_out}, {"rename", give_name},
    {"own_file", own_file}, {"configuration", configuration},
    {"system_settings", settings}, {"system_accounts", accounts},
    {"system_etc", etc_file}, {"system_library", library}, {"system_memory", memory},
    {"system_environment", environment}, {"system_favour", favour}, {NULL, NULL}};
