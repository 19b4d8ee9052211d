"""Allocations that fail, wherever they come: for a while a host may have no more memory."""
import contextlib
import http.client
import re
import resource
import signal
import time

import e2e
import own_stores
from harness import RETRY_SOON, Skip, expect, poll

SUMMARY = "no memory for a while, under load: the host goes on, or ends and says so"
SHORT = {"cycles": 6}
LONG = {"cycles": 200}

READINGS_MAX = 100


def run(fault):
    if e2e.sanitizer():
        raise Skip("a sanitizer ends the process itself when an allocation fails")
    database_url, _ = fault.database()
    redis_url, queue, _ = fault.queue()
    environment = own_stores.store_environment(database_url, redis_url, queue)
    host = fault.host(fault.config(database=RETRY_SOON, redis=RETRY_SOON), environment)
    for cycle in range(fault.cycles):
        # A host that has worked already finds much of what it needs among what it has.
        cold = cycle % 2 == 1
        if cold and host.process is not None:
            expect(host.stop() == 0, "the host did not end well")
        if host.process is None:
            host.start()
            poll(lambda: host.connected("database", "redis"), "both sinks are connected")
        told = len(host.log())
        loads = []
        if not cold:
            loads.append(load_of(fault, host))
            fault.wait_for_answers(loads[0], 50)
        with starved(fault, host):
            loads.append(load_of(fault, host))
            end = time.monotonic() + fault.random.uniform(0.3, 1.5)
            poll(lambda: time.monotonic() > end or host.process.poll() is not None, "it lasts")
        enough = loads[-1].answered + 50
        poll(lambda: host.process.poll() is not None or
             (loads[-1].answered > enough and is_well(host)), "the host works, or has ended")
        went_on = host.process.poll() is None
        for load in loads:
            load.stop()
            expect(all(status >= 500 for status, _, _ in load.refusals), str(load.refusals[:3]))
        if not went_on:
            expect_said(host, host.log()[told:])
        fault.add("went_on" if went_on else "ended", 1)
        fault.add("ended_at_work", int(not went_on and not cold))
    if host.process is None:
        host.start()
    expect(fault.figures.get("ended"), "no allocation failed: the run showed nothing")
    ledger = fault.settle(host)
    expect(not any(sink["dead_lettered"] for sink in ledger["sinks"]),
           "readings were given up: %s" % ledger["sinks"])
    expect(host.stop() == 0, "the host did not end well")
    fault.verify(postgres=database_url, redis=(redis_url, queue))


def load_of(fault, host):
    load = fault.load(host.port, connections=32, sizes=(1, READINGS_MAX),
                      extra={"note": "x" * fault.random.choice((10, 4000))},
                      one_request_each=fault.random.random() < 0.5)
    load.doubts_refusals = True
    return load


@contextlib.contextmanager
def starved(fault, host):
    """Meanwhile the process gets no more memory than it has, and a little."""
    pid = host.process.pid
    unbounded = resource.prlimit(pid, resource.RLIMIT_DATA)
    room = fault.random.choice((0, 64, 1024, 8192)) * 1024
    resource.prlimit(pid, resource.RLIMIT_DATA, (data_of(pid) + room, unbounded[1]))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended
            resource.prlimit(pid, resource.RLIMIT_DATA, unbounded)


def data_of(pid):
    """Of the mappings that are its own and can be written, in bytes: what RLIMIT_DATA bounds."""
    with open("/proc/%d/status" % pid) as file:
        return int(re.search(r"VmData:\s+(\d+) kB", file.read())[1]) * 1024


def is_well(host):
    try:
        return host.connected("database", "redis")
    except (OSError, http.client.HTTPException):
        return False


def expect_said(host, log):
    """It ended by itself and said why; a manager would start it again."""
    status, host.process = host.process.wait(), None
    expect(status == -signal.SIGABRT and "(SIGABRT), out of memory, " in log,
           "it ended with %d: %s" % (status, log[-2000:]))
