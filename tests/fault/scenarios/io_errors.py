"""Errors of the spool's own system calls, as a failing or a full disk gives them."""
import os

import e2e
import own_stores
from harness import RETRY_SOON, expect, poll
from injection import SHORT_IO, Strace, need_strace

SUMMARY = "EIO, ENOSPC, EINTR and short calls on the spool's files, once, for a while, for ever"
SHORT = {"cycles": 1}
LONG = {"cycles": 20}

CONNECTIONS = 64


def run(fault):
    need_strace()
    trials = Trials(fault)
    kinds = (sync_fails_once, syncs_fail_for_a_while, syncs_fail_for_ever, no_space_for_a_while,
             interrupted, short_calls, reads_fail_now_and_then)
    for _ in range(fault.cycles):
        for kind in kinds:
            fault.add(kind.__name__, 1)
            kind(trials)
    fault.verify(postgres=trials.database_url, redis=(trials.redis_url, trials.queue))


class Trials:
    """Hosts with a spool each, delivering to the same stores."""

    def __init__(self, fault):
        self.fault = fault
        self.random = fault.random
        self.database_url, _ = fault.database()
        self.redis_url, self.queue, _ = fault.queue()
        self.config = fault.config(
            spool="segment_size: 256KiB\nsize_max: 1GiB", database=RETRY_SOON, redis=RETRY_SOON)
        self._count = 0

    def host(self):
        self._count += 1
        directory = self.fault.subdirectory("trial-%d" % self._count)
        return self.fault.host(self.config, directory=directory)

    def start(self, host, strace=None, delivering=True, **environment):
        host.environment = {**(own_stores.store_environment(self.database_url, self.redis_url,
                                                            self.queue)
                               if delivering else own_stores.NO_STORES),
                            **(Strace.ENVIRONMENT if strace else {}), **environment}
        host.prefix = strace.prefix if strace else []
        return host.start()

    def strace(self, host, *rules, paths=()):
        return Strace(os.path.join(host.directory, "strace.log"), *rules, paths=paths)

    def load(self, host):
        return self.fault.load(host.port, connections=CONNECTIONS)

    def end(self, host, strace=None):
        """As it comes: told to stop, or killed. Nothing waits for an answer any more."""
        if self.random.random() < 0.5:
            host.kill()
        else:
            expect(host.stop() == 0, "the host did not end well")
        if strace:
            self.fault.add("faults_injected", strace.injected())

    def go_on_without_fault(self, host):
        self.start(host)
        load = self.load(host)
        self.fault.wait_for_answers(load, 100)
        load.stop()
        expect(not load.refusals, "without a fault it refuses: %s" % load.refusals[:3])
        self.fault.settle(host)
        self.end(host)


def expect_honest(load):
    """No request went without an answer, and who was refused was told when to come again."""
    expect(not load.no_answer, "no answer: %s" % load.no_answer[:3])
    for status, retry_after, body in load.refusals:
        expect(status == 503 and retry_after and int(retry_after) > 0,
               "refused with %d, Retry-After %s: %s" % (status, retry_after, body))


def sync_fails_once(trials):
    """The group is refused, a new segment begins, all others do not notice."""
    host = trials.host()
    log = os.path.join(host.directory, "spool", "segment-%020d.log" % 0)
    when = trials.random.randrange(1, 9)
    strace = trials.strace(host, "fdatasync:error=EIO:when=%d" % when, paths=[log])
    trials.start(host, strace)
    load = trials.load(host)
    poll(lambda: load.refusals or load.error, "a request was refused")
    trials.fault.wait_for_answers(load, 300)
    load.stop()
    expect_honest(load)
    expect(len(load.refusals) <= CONNECTIONS, "more were refused than one group can have held")
    spool = trials.fault.settle(host)["spool"]
    expect((spool["state"], spool["failed_groups"]) == ("accepting", 1), str(spool))
    expect("cannot sync " in host.log(), "the log does not say why")
    trials.end(host, strace)
    trials.go_on_without_fault(host)


def syncs_fail_for_a_while(trials):
    """Few enough for a new segment, or too many: accepting or failed, and honest."""
    host = trials.host()
    first = trials.random.randrange(10, 60)
    last = first + trials.random.randrange(6)
    strace = trials.strace(host, "fdatasync,fsync:error=EIO:when=%d..%d" % (first, last))
    trials.start(host, strace)
    load = trials.load(host)
    trials.fault.wait_for_answers(load, 1500)
    load.stop()
    expect_honest(load)
    state = trials.fault.settle(host)["spool"]["state"]
    expect(state in ("accepting", "failed"), state)
    trials.fault.add("failed_for_good" if state == "failed" else "went_on", 1)
    trials.end(host, strace)
    trials.go_on_without_fault(host)


def syncs_fail_for_ever(trials):
    """Nothing is accepted any more, all else works, and a start on a good disk mends it."""
    host = trials.host()
    calls = trials.random.choice(("fdatasync", "fdatasync,fsync"))
    when = trials.random.randrange(10, 40)
    strace = trials.strace(host, "%s:error=EIO:when=%d+" % (calls, when))
    trials.start(host, strace)
    load = trials.load(host)
    poll(lambda: host.ledger()["spool"]["state"] == "failed", "the spool gave up")
    refused = len(load.refusals)
    poll(lambda: len(load.refusals) > refused + CONNECTIONS or load.error, "requests are refused")
    load.stop()
    expect_honest(load)
    expect_only_reads_work(host)
    trials.fault.settle(host)
    expect("cannot sync " in host.log(), "the log does not say why")
    trials.end(host, strace)
    trials.go_on_without_fault(host)


def expect_only_reads_work(host):
    client = host.client()
    answer = client.ingest(e2e.reading())
    expect(answer.status == 503 and int(answer.headers["Retry-After"]) > 0,
           "%d %s" % (answer.status, answer.body))
    answer = client.get("/api/v1/sensors/PUMP-A0-000/latest")
    expect(answer.status == 200, "latest: %d %s" % (answer.status, answer.body))
    answer = client.get("/health")
    expect(answer.json["status"] == "unhealthy" and answer.json["database"] == "connected",
           "health: %s" % answer.body)
    expect(client.get("/health/ready").status == 503, "it claims to be ready")
    client.close()


def no_space_for_a_while(trials):
    """Refused while there is none, accepted again by itself."""
    host = trials.host()
    first = trials.random.randrange(20, 80)
    last = first + trials.random.randrange(6)
    strace = trials.strace(host, "pwrite64:error=ENOSPC:when=%d..%d" % (first, last))
    trials.start(host, strace)
    load = trials.load(host)
    poll(lambda: load.refusals or load.error, "a request was refused")
    accepted = load.accepted
    poll(lambda: load.accepted > accepted + 300 or load.error, "it accepts again by itself")
    load.stop()
    expect_honest(load)
    spool = trials.fault.settle(host)["spool"]
    expect(spool["state"] == "accepting", str(spool))
    trials.end(host, strace)
    trials.go_on_without_fault(host)


def unharmed(trials, start):
    """A start that writes a backlog, one that reads and delivers it; `start` adds the fault."""
    host = trials.host()
    for delivering in (False, True):
        ended = start(host, delivering)
        load = trials.load(host)
        trials.fault.wait_for_answers(load, 500)
        load.stop()
        expect_honest(load)
        expect(not load.refusals, "refused: %s" % load.refusals[:3])
        ledger = trials.fault.settle(host) if delivering else trials.fault.check_ledger(host)
        spool = ledger["spool"]
        for fault in ("failed_groups", "cursor_errors", "torn_tail_bytes", "quarantined_bytes",
                      "lost"):
            expect(spool[fault] == 0, "%s: %s" % (fault, spool))
        trials.end(host, ended)


def interrupted(trials):
    """EINTR in every third write and read: nothing happens at all."""
    def start(host, delivering):
        rules = ["pwrite64:error=EINTR:when=1+3"]
        if delivering:
            rules.append("pread64:error=EINTR:when=1+3")
        strace = trials.strace(host, *rules, paths=stored(host))
        trials.start(host, strace, delivering)
        return strace
    unharmed(trials, start)


def stored(host):
    """The spool's files at present. Libraries are read by the same calls, so they are named."""
    directory = os.path.join(host.directory, "spool")
    return [os.path.join(directory, name) for name in os.listdir(directory)] \
        if os.path.isdir(directory) else []


def short_calls(trials):
    """Most writes and reads move only a part: nothing happens at all."""
    def start(host, delivering):
        # The sanitizer wants to be loaded first, and need not be.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        trials.start(host, None, delivering, LD_PRELOAD=SHORT_IO, ASAN_OPTIONS=asan)
    unharmed(trials, start)


def reads_fail_now_and_then(trials):
    """EIO in every fifth read: tried again, nothing is given up."""
    def start(host, delivering):
        strace = None
        if delivering:
            when = trials.random.randrange(1, 6)
            strace = trials.strace(host, "pread64:error=EIO:when=%d+5" % when, paths=stored(host))
        trials.start(host, strace, delivering)
        return strace
    unharmed(trials, start)
