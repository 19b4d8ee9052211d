/* Linked into a plugin, it shows that the plugin's code ran, be it ever so early: when it is loaded
 * it makes the file CANARY_MARK. */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void sing(void) {
    const int file = open(CANARY_MARK, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
}
