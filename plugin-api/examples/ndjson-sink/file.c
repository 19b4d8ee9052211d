#define _DEFAULT_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* RETRY for what may pass by itself, FATAL for what a person has to repair. Both come again. */
static int32_t failed(ingest_error *error, const char *what, const char *path) {
    const int reason = errno;
    const int passing = reason == EIO || reason == ENOSPC || reason == EDQUOT || reason == EINTR ||
                        reason == EMFILE || reason == ENFILE || reason == ENOMEM;
    return ingest_fail(error, passing ? INGEST_RETRY : INGEST_FATAL, "cannot %s %s: %s", what,
                       path, strerror(reason));
}

void close_file(struct file *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    file->descriptor = -1;
}

static int32_t close_failed(struct file *file, ingest_error *error, const char *what,
                            const char *path) {
    const int32_t code = failed(error, what, path);
    close_file(file);
    return code;
}

/* The name is durable when its directory is. */
static int sync_directory_of(const char *path) {
    char directory[4096];
    const char *slash = strrchr(path, '/');
    const size_t size = slash == path ? 1 : (size_t)(slash - path);
    memcpy(directory, path, size);
    directory[size] = '\0';
    const int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    const int result = fsync(descriptor);
    close(descriptor);
    return result;
}

/* The bytes up to and with the last '\n'; -1 when it cannot be read. */
static off_t whole_lines(int descriptor, off_t size) {
    char block[4096];
    while (size > 0) {
        const size_t want = size < (off_t)sizeof block ? (size_t)size : sizeof block;
        const ssize_t got = pread(descriptor, block, want, size - (off_t)want);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if ((size_t)got != want) {
            errno = EIO; /* somebody else makes it shorter meanwhile */
            return -1;
        }
        for (size_t i = want; i > 0; --i) {
            if (block[i - 1] == '\n') return size - (off_t)want + (off_t)i;
        }
        size -= (off_t)want;
    }
    return 0;
}

int32_t open_file(struct file *file, const char *path, ingest_error *error) {
    struct stat status;
    if (file->descriptor >= 0) return INGEST_OK;
    /* Not blocking: a pipe in its place would wait for a reader. */
    file->descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (file->descriptor < 0) return failed(error, "open", path);
    if (fstat(file->descriptor, &status) != 0) return close_failed(file, error, "look at", path);
    if (!S_ISREG(status.st_mode)) {
        close_file(file);
        return ingest_fail(error, INGEST_FATAL, "%s is no regular file", path);
    }
    if (flock(file->descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return close_failed(file, error, "lock", path);
        close_file(file);
        return ingest_fail(error, INGEST_RETRY,
                           "another writer has %s: a second worker, or a host that is ending",
                           path);
    }
    /* Its size once the lock is held. */
    if (fstat(file->descriptor, &status) != 0) return close_failed(file, error, "look at", path);
    file->durable = whole_lines(file->descriptor, status.st_size);
    if (file->durable < 0) return close_failed(file, error, "read", path);
    if (file->durable != status.st_size && ftruncate(file->descriptor, file->durable) != 0) {
        return close_failed(file, error, "cut the last line of", path);
    }
    if (fsync(file->descriptor) != 0 || sync_directory_of(path) != 0) {
        return close_failed(file, error, "sync", path);
    }
    return INGEST_OK;
}

int32_t append_to_file(struct file *file, const char *path, const char *data, size_t size,
                       ingest_error *error) {
    size_t done = 0;
    while (done < size) {
        const ssize_t written = write(file->descriptor, data + done, size - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) break;
        done += (size_t)written;
    }
    if (done == size && fsync(file->descriptor) == 0) {
        file->durable += (off_t)size;
        return INGEST_OK;
    }
    const int32_t code = failed(error, done == size ? "sync" : "write to", path);
    /* Part of it would be there twice, because all of it comes again. If even this fails, lines may
     * be there twice, and the next open cuts a torn one. */
    if (ftruncate(file->descriptor, file->durable) != 0) errno = 0;
    close_file(file);
    return code;
}
