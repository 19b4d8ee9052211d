"""One run of one workload against one host."""
import os
import time
import urllib.parse

from . import bodies, ledger, processes, wrk

HOST = "host"  # its name among the processes


class Workload:
    """`batch` readings a request over `connections`; its bodies are in a file in `directory`."""

    def __init__(self, directory, batch, connections, fields=bodies.FIELDS):
        self.batch = batch
        self.connections = connections
        self.path = os.path.join(directory, "batch-%d-%d" % (batch, fields))
        if not os.path.exists(self.path):
            bodies.write(self.path, batch, fields)

    def __str__(self):
        return "batch %d, %d connections" % (self.batch, self.connections)


class Target:
    """A host, and the processes that serve it: {name: process id}, the host's own under HOST if it
    is known."""

    def __init__(self, url, watched=None, pid=None):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("%s is not http://HOST[:PORT]" % url)
        self.url = "http://" + parts.netloc
        self.host = parts.hostname
        self.port = parts.port or 80
        if pid is None and processes.is_here(self.host):
            pid = processes.listener(self.port)
        self.pid = pid
        self.watched = {**({HOST: pid} if pid else {}), **(watched or {})}
        for name, process in self.watched.items():
            if not os.path.exists("/proc/%d" % process):
                raise ValueError("%s: there is no process %d" % (name, process))

    def settled(self, seconds):
        return ledger.settle(self.host, self.port, seconds)

    def cpu_seconds(self):
        snapshot = processes.Snapshot()
        return {name: snapshot.cpu_seconds(pid) for name, pid in self.watched.items()}


def run(target, workload, seconds, warmup, settle_seconds):
    """Its figures, as they go to JSON. `wrong` says what is: nothing when all is well; it is None
    where the server has no ledger to compare with."""
    url = target.url + bodies.path_of(workload.batch)
    if warmup:
        wrk.run(url, workload.path, workload.connections, warmup)
    ledger_before = target.settled(settle_seconds)
    speed = [processes.speed()]  # not sooner: a backlog of the warmup would slow it down
    cpu_before = target.cpu_seconds()
    begin = time.monotonic()
    answers = wrk.run(url, workload.path, workload.connections, seconds)
    pss = processes.pss_mb(target.pid) if target.pid else None
    ledger_after = target.settled(settle_seconds)
    delivering = time.monotonic() - begin
    # Only now, with the backlog delivered: that is work on these readings too.
    cpu_after = target.cpu_seconds()
    speed.append(processes.speed())

    readings = answers.acknowledged * workload.batch
    cpu = {name: cpu_after[name] - cpu_before[name] for name in cpu_after}
    return {
        "batch": workload.batch, "connections": workload.connections, "seconds": answers.seconds,
        "statuses": answers.statuses, "errors": answers.errors, "readings": readings,
        "requests_s": answers.acknowledged / answers.seconds,
        "readings_s": readings / answers.seconds,
        # Until every sink had them all. Too low by the 0.2 s that it takes to be sure of that.
        "delivered_s": readings / delivering if ledger_after else None,
        "p50_ms": answers.p50_ms, "p99_ms": answers.p99_ms, "p999_ms": answers.p999_ms,
        "share_202": answers.statuses.get(202, 0) / max(1, answers.acknowledged),
        "cpu_s": cpu,
        "cpu_s_per_1m": {name: spent * 1e6 / readings for name, spent in cpu.items()
                         } if readings else {},
        "pss_mb": pss, "speed": speed,
        "wrong": _wrong(answers, workload, ledger_before, ledger_after),
    }


def _wrong(answers, workload, before, after):
    if not answers.acknowledged:
        return ["nothing was acknowledged"]
    if before is None:
        return None
    if after is None:
        return ["the ledger is gone"]
    unknown = (workload.connections + answers.unknown) * workload.batch
    return ledger.disagreements(before, after, answers.acknowledged * workload.batch, unknown)
