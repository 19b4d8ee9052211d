"""A backlog costs disk, not memory, and not time at the start."""
import json
import os
import re
import shutil
import subprocess
import time

import e2e
import own_stores
from harness import RETRY_SOON, expect, poll

SUMMARY = "memory, and the time of a start, with a backlog of 256 MiB a cycle"
SHORT = {"cycles": 1}
LONG = {"cycles": 4}

MIB = 1 << 20
BACKLOG_BYTES = 256 * MIB
MEMORY_MAX = 256 * MIB
# A start reads the heads of all segments and the whole of the last one, which has 64 MiB.
START_READ_MAX = 192 * MIB
# As large as requests may be by default: http.batch.readings_max, and what is kept of unknown
# members, less a name.
READINGS_MAX = 100
TEXT_BYTES = 4000


def run(fault):
    config = fault.config(database=RETRY_SOON, redis=RETRY_SOON)
    with open(config) as file:
        text = file.read()
    text = text.replace("unknown_fields: ignore ", "unknown_fields: keep ")
    # All of the load is one client.
    text, count = re.subn(r"in_flight_bytes_per_address: \w+", "in_flight_bytes_per_address: 64MiB",
                          text)
    expect(count == 1, "config.yaml has no in_flight_bytes_per_address")
    host = fault.host(fault.write("config.yaml", text), own_stores.NO_STORES)
    backlog = fault.cycles * BACKLOG_BYTES
    fault.figures.update(memory_checked=not e2e.sanitizer(), backlog_mib=backlog // MIB)
    start_with_backlog(fault, host, backlog)

    fault.begin_journal()
    database_url, _ = fault.database()
    redis_url, queue, _ = fault.queue()
    grow_backlog(fault, host, backlog)
    host.environment = own_stores.store_environment(database_url, redis_url, queue)
    drain(fault, host)
    fault.verify(postgres=database_url, redis=(redis_url, queue))


def start_with_backlog(fault, host, backlog):
    """The first reading is accepted before the backlog was looked at. Nothing is delivered."""
    spool = os.path.join(host.directory, "spool")
    subprocess.run([os.path.join(e2e.BUILD, "tests", "fill_spool"), spool, str(backlog),
                    str(TEXT_BYTES), "database", "redis"], stdout=subprocess.DEVNULL, check=True)
    begin = time.monotonic()
    host.start(wait=False)
    load = fault.load(host.port, connections=1)
    poll(lambda: load.accepted or host.process.poll() is not None,
         "the first reading is accepted; its log: " + host.log_path)
    fault.figures["start_s"] = round(time.monotonic() - begin, 2)
    with open("/proc/%d/io" % host.process.pid) as file:
        read = int(file.readline().split()[1])  # rchar: all that read() returned
    load.stop()
    fault.figures["start_read_mib"] = read // MIB
    expect(read < START_READ_MAX, "a start read %d MiB" % (read // MIB))
    note_memory(fault, host, "start")
    expect(fault.check_ledger(host)["spool"]["used_bytes"] >= backlog, "the backlog is not there")
    host.kill()
    shutil.rmtree(spool)


def grow_backlog(fault, host, backlog):
    """All sinks down, the largest requests, from 64 connections."""
    host.start()
    load = largest_load(fault, host)
    poll(lambda: host.ledger()["spool"]["used_bytes"] >= backlog or load.error,
         "the backlog has %d MiB" % (backlog // MIB), 600)
    finish(load)
    note_memory(fault, host, "outage")
    fault.check_ledger(host)
    host.kill()


def drain(fault, host):
    """The backlog goes out, and for a while more comes in."""
    host.start()
    load = largest_load(fault, host)
    fault.wait_for_answers(load, 200)
    finish(load)
    fault.settle(host, seconds=600)
    note_memory(fault, host, "drain")
    expect(host.stop() == 0, "the host did not end well")


def largest_load(fault, host):
    return fault.load(host.port, sizes=(1, READINGS_MAX), extra={"note": "x" * TEXT_BYTES})


def finish(load):
    load.stop()
    expect(not load.refusals and not load.no_answer,
           "%s %s" % (load.refusals[:3], load.no_answer[:3]))


def note_memory(fault, host, phase):
    """The most that was resident since the process began."""
    with open("/proc/%d/status" % host.process.pid) as file:
        most = int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) * 1024
    bound = [line["sum"] for line in map(json.loads, host.log().splitlines())
             if line["message"] == "bounds on memory, in bytes"][-1]
    fault.figures.update({"memory_mib_" + phase: most // MIB, "memory_mib_bound": bound // MIB})
    if not fault.figures["memory_checked"]:
        return
    expect(most < MEMORY_MAX, "%s: %d MiB were resident" % (phase, most // MIB))
    expect(most <= bound, "%s: %d bytes were resident, and %d is the bound" % (phase, most, bound))
