"""What is due to each plugin of tests/plugins/faulty in a running host.

docs/plugin-faults.md is made of this: `python3 plugin_faults.py` prints it.
tests/e2e/plugin_faults_test.py runs every one of them, and compares the document.
"""
from typing import NamedTuple

# How it ends. What the reader of the document is told, with what a plugin's own `detail` fills in.
REFUSED = ("not loaded: `check` and `serve` say why, with file, line and column, and end with "
           "status 2: \"%s\"")
SERVES = "works; %s"
FAILS = ("each call counts as a failure: the readings are refused with 503 and nothing is kept, or "
         "they pass with `on_error: pass`; the log says \"%s\"")
MISBEHAVES = "counts as a misbehaviour, and the log says \"%s\"; %s"
CRASHES = ("takes the process down with %s; the log names the plugin, and that it was in %s; "
           "nothing acknowledged is lost")
EXITS = ("`exit()` is as bad as a crash: the process ends with status 1 without running "
         "destructors; the log names the plugin, and that it was %s; nothing acknowledged is lost")
HANGS = ("%s; the log and `stuck_calls` in `/health` name the plugin and `%s`; the drain ends at "
         "its deadline and 5 s, with status 1")
SINK_DOWN = ("its readings wait in the spool, with retries; it is disconnected in `/health`; the "
             "log says \"%s\"; other sinks do not notice")
SINK_HANGS = ("after 5 s it is disconnected in `/health`; its readings wait in the spool; other "
              "sinks do not notice; the drain ends at its deadline and 5 s, with status 1")

NOTHING = "nobody notices"


class Fault(NamedTuple):
    plugin: str
    does: str
    outcome: str
    detail: tuple = ()
    options: str = ""  # that it takes
    fields: str = ""   # of the reading, instead of the usual ones
    reading: dict = {}  # changes of the one that shows it
    sink: bool = False
    log: str = ""  # what the log says besides

    def host(self):
        """What the running host does, in words."""
        return self.outcome % self.detail if self.detail else self.outcome


def refused(plugin, does, reason, **more):
    return Fault(plugin, does, REFUSED, (reason,), **more)


def serves(plugin, does, note=NOTHING, **more):
    return Fault(plugin, does, SERVES, (note,), **more)


def crashes(plugin, does, signal, function, **more):
    return Fault(plugin, does, CRASHES, (signal, function), **more)


TRIGGER = {"equipment_id": "CRASH-A1-001"}
OVERFLOWING = {"equipment_id": "A" * 4000}
WITHOUT_DIVISOR = "{ divisor: 0 }"

FAULTS = (
    # The library and its description.
    refused("no-entry", "exports another symbol", "does not export ingest_plugin_entry_v1"),
    refused("undefined-symbol", "needs a function that nobody has", "undefined symbol"),
    refused("needs-missing-library", "is linked with a library that is not there",
            "libingest-missing-library.so"),
    refused("entry-throws", "throws from the entry function",
            "ingest_plugin_entry_v1 threw an exception across the ABI"),
    refused("returns-null", "says that it cannot run here", "says that it cannot run here"),
    refused("size-zero", "its description has size 0", "has a struct_size of 0 bytes"),
    refused("size-huge", "its description has a size of 1 GiB",
            "has a struct_size of 1073741824 bytes"),
    refused("newer-host", "needs a host of a later ABI", "update the host"),
    refused("other-name", "has another id than its file's name",
            "name the file after the plugin"),
    refused("bad-manifest", "its manifest is not JSON", "manifest"),
    refused("get-interface-throws", "throws from get_interface",
            "get_interface threw an exception across the ABI"),
    refused("any-interface", "has a table for whatever it is asked for",
            "its ingest_sink has a struct_size of"),
    refused("no-table", "has no table", "has not got that interface"),
    refused("null-function", "its table lacks a function", "lacks a function"),
    refused("reserved-set", "sets a member that is reserved", "in `reserved`, where 0 is due"),
    serves("changes-its-mind", "describes itself anew each time", "it is asked once"),
    serves("exports-pqexec", "exports `PQexec` too",
           "its symbols are its own: libraries are loaded with RTLD_LOCAL"),
    serves("exports-spdlog", "exports all that it has of spdlog",
           "its symbols are its own: libraries are loaded with RTLD_LOCAL"),
    serves("executable-stack", "asks for executable stacks", "and gets them for all threads"),
    crashes("crashes-on-loading", "aborts when it is loaded", "SIGABRT", "loading"),
    Fault("exits-on-loading", "calls exit(0) when it is loaded", EXITS, ("in loading",)),
    Fault("quits-on-loading", "calls _exit(3) when it is loaded",
          "the process ends with status 3 and without a word, which nothing in it can prevent; "
          "`ingest-host plugins` loads it in a process of its own and says so"),
    serves("prints-on-loading", "writes to stdout when it is loaded", "its words are in the log",
           log='{"plugin": 1}'),
    serves("slow-loading", "takes 2 s to load", "the log says so",
           log="a plugin does not return from loading"),
    # Creating.
    refused("throws-in-create", "throws from `create`", "threw an exception across the ABI"),
    refused("says-nothing", "refuses its options without a word", "gave no reason, only the code",
            options=WITHOUT_DIVISOR),
    crashes("crashes-in-create", "crashes in `create`", "SIGSEGV", "create"),
    crashes("divides-by-option", "divides by an option that is 0", "SIGFPE", "create",
            options=WITHOUT_DIVISOR),
    crashes("needs-column", "looks at a column that is not there", "SIGSEGV", "create",
            fields="{ rpm: { type: integer } }"),
    serves("slow-create", "takes 2 s to be created", "the log says so",
           log="a plugin does not return from create"),
    serves("leaks", "leaks 64 KiB for each instance"),
    serves("leaks-fd", "leaks a file descriptor for each instance"),
    serves("leaves-thread", "leaves a thread running", "nobody notices, at the end neither"),
    serves("changes-locale", "changes the process's locale", "the host uses none"),
    serves("catches-signal", "ignores SIGTERM", "the host takes the signal all the same"),
    serves("changes-directory", "changes the working directory",
           "relative paths in the configuration begin there from then on"),
    serves("changes-environment", "changes TZ", "times are UTC"),
    serves("changes-umask", "sets umask 0", "the sinks' new files get the modes asked for"),
    serves("writes-to-stdout", "writes to stdout", "its words are in the log", log="hello"),
    Fault("hangs-in-create", "does not return from `create`",
          "it does not start; the log names the plugin and `create`; a signal that cannot be "
          "ignored is needed"),
    # Validating.
    Fault("throws-int", "throws an int", FAILS, ("threw an exception across the ABI",)),
    Fault("garbage-code", "returns 4711", FAILS, ("returned the unknown code 4711",)),
    Fault("row-minus-one", "reports row -1", MISBEHAVES,
          ("issue: row -1 of 1", "the finding is ignored")),
    Fault("row-too-high", "reports a row that is not there", MISBEHAVES,
          ("issue: row 1 of 1", "the finding is ignored")),
    Fault("undeclared-code", "reports a code that its manifest does not list", MISBEHAVES,
          ("has a code that the manifest does not list: surprise", "the finding counts")),
    Fault("writes-undeclared-column", "changes a column that its manifest does not name",
          MISBEHAVES, ("column 1 'equipment_id' is not in the manifest's writes",
                       "nothing is changed")),
    serves("writes-into-batch", "writes 0 over each temperature",
           "the 0 is stored: memory is shared, and the host does not compare"),
    serves("reads-past-end", "reads behind a buffer"),
    serves("reads-before-start", "reads before a buffer"),
    serves("remembers-trial", "remembers readings that are only tried"),
    serves("unstable-verdict", "refuses every second time"),
    serves("rows-on-stack", "copies all rows to its stack", "requests have few rows"),
    serves("divides-by-rows", "divides by the number of rows",
           "a validator is not called without rows"),
    serves("leaks-in-validate", "leaks 4 KiB a call", "memory grows"),
    crashes("segfault", "writes to a wild address", "SIGSEGV", "validate"),
    crashes("aborts", "aborts", "SIGABRT", "validate"),
    crashes("stack-overflow", "calls itself for ever", "SIGSEGV", "validate"),
    crashes("crashes-on-null", "aborts when a field is null", "SIGABRT", "validate",
            reading={"temperature": None}),
    crashes("short-buffer", "copies ids to a buffer of 256 bytes", "a signal", "validate",
            reading=OVERFLOWING),
    crashes("crashes-in-thread", "crashes in a thread of its own", "SIGSEGV",
            "a thread of its own", reading=TRIGGER),
    Fault("exits", "calls exit(3)", EXITS, ("in validate",)),
    Fault("exits-in-thread", "calls exit(0) in a thread of its own", EXITS,
          ("in a thread of its own",), reading=TRIGGER),
    serves("sleeps", "takes 5 s a call",
           "slowly; the log and `stuck_calls` in `/health` name it meanwhile",
           log="a plugin does not return from validate"),
    Fault("hangs", "does not return from `validate`", HANGS,
          ("its core answers no longer", "validate"), reading=TRIGGER),
    # Ending.
    serves("throws-in-destroy", "throws from `destroy`", "the log says so at the end",
           log="a plugin failed to destroy an instance"),
    crashes("crashes-in-destroy", "crashes in `destroy`", "SIGSEGV", "destroy"),
    Fault("hangs-in-destroy", "does not return from `destroy`",
          "works; the drain ends at its deadline and 5 s, with status 1"),
    Fault("hangs-at-exit", "does not return from a destructor of its library",
          "works; SIGALRM ends the process 10 s after it has stopped"),
    # Sinks.
    serves("slow-sink-create", "takes 2 s to be created", "the log says so", sink=True,
           log="a plugin does not return from create"),
    Fault("sink-throws", "throws from `write`", SINK_DOWN, ("threw an exception across the ABI",),
          sink=True),
    Fault("sink-says-garbage", "returns -5 from `write`", SINK_DOWN,
          ("returned the unknown code -5",), sink=True),
    Fault("sink-says-nothing", "asks to be called again, and does not say why", SINK_DOWN,
          ("gave no reason, only the code",), sink=True),
    Fault("sink-not-idempotent", "refuses what it is given after the first write",
          "what it refuses is kept as dead letters; other sinks do not notice", sink=True),
    Fault("garbage-health", "its health is 42", "delivers, and is never connected in `/health`",
          sink=True),
    Fault("health-waits", "its health waits for a write of 3 s",
          "works; `/health` answers at once, because it looks at what was last known", sink=True),
    Fault("hanging-sink", "does not return from `write`", SINK_HANGS, sink=True),
    Fault("sink-ignores-deadline", "takes 30 s for a write", SINK_HANGS,
          sink=True),
    Fault("sink-hangs-in-health", "does not return from `health`", SINK_HANGS, sink=True),
    crashes("sink-crashes", "crashes in `write`", "SIGSEGV", "write", reading=TRIGGER, sink=True),
    Fault("sink-exits", "calls exit(0) in `write`", EXITS, ("in write",), reading=TRIGGER,
          sink=True),
    crashes("sink-crashes-in-flush", "crashes in `flush`", "SIGSEGV", "flush", sink=True),
    serves("flush-rejects", "rejects a flush", "the log says so at the end", sink=True,
           log="a sink could not flush at its end"),
)

BY_NAME = {fault.plugin: fault for fault in FAULTS}
# Does what unit tests tell it in an option, and nothing without.
NOT_HERE = {"crashing"}

HEAD = """# Plugins that are wrong, and what the host does

A plugin is code in the host's process: it can end the process, and nothing can take a thread out of
it. What the host can do is to refuse what is visibly wrong, to count and name what goes wrong in a
call, to keep one sink's trouble from the others, and to lose nothing when the process dies: what
was acknowledged is in the spool.

Each of these plugins is wrong in one way (`tests/plugins/faulty`), and
`tests/e2e/plugin_faults_test.py` runs it in the real binary. This table is printed by
`tests/support/plugin_faults.py`; the test fails when it is not up to date.

| plugin | what it does wrong | what the running host does |
|---|---|---|
"""

TAIL = """
**Exported symbols.** The ABI asks for one. A plugin that exports more is loaded all the same: with
`RTLD_LOCAL` nobody else is bound to its symbols, the host exports none for it to replace, and one
whose build hides nothing would otherwise not run for a fault that hurts nobody. The exception are
GNU-unique symbols (statics of inline functions and templates without hidden visibility): plugins
that have the same one share it. The SDK's CMake function hides everything.

**Where the counts are.** `GET /api/v1/plugins` has `failures` and `misbehaviours` of each
validator. The log tells of the first one, and again each time their number has doubled.

**Not seen.** A plugin that calls `_exit()` or is told `kill -9` ends the process without a word, as
somebody outside could. A start that hangs in a plugin ends by SIGKILL only.
"""


def document():
    rows = "".join("| `%s` | %s | %s |\n" % (fault.plugin, fault.does, fault.host())
                   for fault in FAULTS)
    return HEAD + rows + TAIL


if __name__ == "__main__":
    print(document(), end="")
