/* How a plugin of a later minor reads what a host of any minor gives to it: the growth rule of
 * status.h, from the plugin's side. */
#ifndef INGEST_ABI_FUTURE_LATER_H
#define INGEST_ABI_FUTURE_LATER_H

#include <stddef.h>
#include <string.h>

#include "ingest/plugin.h"

/* Copies the struct at `from` into `copy` of `room` bytes; what the host did not have is zero. */
static inline void take(void *copy, size_t room, const void *from)
{
    uint32_t size;
    memcpy(&size, from, sizeof size);
    memset(copy, 0, room);
    memcpy(copy, from, size < room ? size : room);
}

/* Whether a struct that the host lets the plugin write into reaches to the end of `field`. */
#define REACHES(pointer, type, field)                                                   \
    ((pointer)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

static inline ingest_str text_of(const char *text)
{
    const ingest_str made = {text, strlen(text)};
    return made;
}

static inline int is(ingest_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

#endif
