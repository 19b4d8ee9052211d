#pragma once

/* What a plugin that somebody took over would try, for the plugin `escapes`. Each attempt changes
 * nothing on the machine when it is let through: it fails for its arguments then, or what it gets
 * is given back at once. */
typedef struct {
    const char *name;
    int (*make)(void); /* 0, or the errno value that it failed with */
} Attempt;

extern const Attempt call_attempts[]; /* system calls; they end with a name that is NULL */
extern const Attempt file_attempts[]; /* files */

int outcome(long result); /* of a call that says -1 and sets errno */
/* A number from the environment of the host: ESCAPES_VICTIM, a process that may be harmed. */
int victim(void);
