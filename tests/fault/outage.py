"""An outage of one store under a constant load: what holds in each, and what is measured."""
import contextlib
import threading
import time

import e2e
import own_stores
import private_servers
from audit import stores
from harness import expect, percentile, poll

CONNECTIONS = 64
SIZES = (1, 10)
# Of what the machine did without faults, so that a backlog can be made good meanwhile.
LOAD_SHARE = 0.4
# Above what waited at most without a fault: what a sink that has caught up may still have before
# it. A tenth of one write.
WAITING_SLACK = 100
WATCH_SECONDS = 0.1
# For faults that are shorter than the default timeouts.
IMPATIENT = {
    "database": "write_timeout: 1s\nretry: { delay_min: 100ms, delay_max: 1s }",
    "redis": "write_timeout: 1s\nretry: { delay_min: 100ms, delay_max: 1s }",
    "query": "timeout: 1s",
}
SINKS = ("database", "redis")


class Watch:
    """Asks a host for ledger and health again and again, in a thread of its own."""

    class Sample:
        def __init__(self, ledger, health):
            self.at = time.monotonic()
            self.sinks = {sink["name"]: sink for sink in ledger["sinks"]}
            self.health = health

    def __init__(self, host):
        self._host = host
        self._stopping = threading.Event()
        self._error = None
        self.samples = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            with contextlib.closing(self._host.client()) as client:
                while not self._stopping.wait(WATCH_SECONDS):
                    health = client.get("/health")
                    expect(health.status == 200, "/health: %d" % health.status)
                    ledger = client.get("/internal/ledger").json
                    self.samples.append(self.Sample(ledger, health.json))
        except Exception as error:  # shown by the next who looks
            self._error = error

    def next(self):
        """A sample of which every part was asked for after this call."""
        seen = len(self.samples)

        def has_come():
            self.check()
            return len(self.samples) > seen + 1

        poll(has_come, "the host tells its ledger and health")
        return self.samples[seen + 1]

    def check(self):
        """Raises what ended it."""
        if self._error is not None:
            raise self._error

    def between(self, begin, end):
        return [sample for sample in self.samples if begin <= sample.at <= end]

    def stop(self):
        self._stopping.set()
        self._thread.join()


class Outages:
    """A host with a PostgreSQL and a Redis of its own, under load while outages come and go."""

    def __init__(self, fault, links=None):
        """`links`: of the sinks' names, where a server is to be reached through one."""
        self.fault = fault
        links = links or {}
        self.postgres = self._server(private_servers.PrivatePostgres, "postgres",
                                     links.get("database"), user="postgres")
        self.redis = self._server(private_servers.PrivateRedis, "redis", links.get("redis"))
        config = fault.config(spool="size_max: 8GiB", **(IMPATIENT if fault.seconds < 10 else {}))
        self.queue = "sensor_data_queue"
        self.host = fault.host(config, own_stores.store_environment(
            self.postgres.url, self.redis.url, self.queue))
        self.taken = None  # directory of a Redis whose messages are no longer in the queue

    def _server(self, kind, name, link, user=None):
        where = ("127.0.0.1", ()) if link is None else (link.address, link.prefix(user))
        server = kind(self.fault.subdirectory(name), e2e.free_port(), *where)
        self.fault.stack.callback(server.end)
        return server.start()

    @contextlib.contextmanager
    def under_load(self):
        """Then everything is compared."""
        host = self.host.start()
        poll(lambda: host.connected(*SINKS), "both sinks are connected")
        rate = LOAD_SHARE * self._readings_per_second()
        self.fault.figures["offered_per_s"] = round(rate)
        self.watch = Watch(host)
        self.fault.stack.callback(self.watch.stop)
        self.load = self.fault.load(host.port, connections=CONNECTIONS, sizes=SIZES, rate=rate)
        self.fault.wait_for_answers(self.load, 20 * CONNECTIONS)  # the first ones are slow
        yield
        self.load.stop()
        self.watch.stop()
        self.watch.check()
        self._check_answers()
        ledger = self.fault.settle(host)
        for sink in ledger["sinks"]:
            expect(sink["dead_lettered"] == 0, "an outage made dead letters: %s" % sink)
        expect(host.stop() == 0, "the host did not end well")
        self.fault.verify(postgres=self.postgres.url, redis=(self.redis.url, self.queue),
                          taken=self._taken() if self.taken else ())

    def _taken(self):
        with contextlib.ExitStack() as stack:
            reader = private_servers.PrivateRedis(self.taken, e2e.free_port())
            stack.callback(reader.end)
            yield from stores.redis_list(reader.start().url, self.queue)

    def _readings_per_second(self):
        load = self.fault.load(self.host.port, connections=CONNECTIONS, sizes=SIZES)
        self.fault.wait_for_answers(load, 20 * CONNECTIONS)
        begin, seen = time.monotonic(), load.answered
        self._pass_time(min(5, max(1, self.fault.seconds / 4)))
        readings = sum(sample.readings for sample in load.samples[seen:])
        seconds = time.monotonic() - begin
        load.stop()
        return readings / seconds

    @staticmethod
    def _pass_time(seconds):
        end = time.monotonic() + seconds
        poll(lambda: time.monotonic() >= end, "time passes", seconds + 1)

    def _check_answers(self):
        load = self.load
        expect(not load.refusals, "refused while the spool had room: %s" % load.refusals[:3])
        expect(not load.no_answer, "%d requests got no answer: %s"
               % (len(load.no_answer), load.no_answer[:3]))
        accepted = sum(sample.status == 201 for sample in load.samples)
        self.fault.figures["answers"] = {"201": accepted, "202": load.answered - accepted}

    def suffer(self, name, sink, begin, end):
        """One outage of `sink`: begin() makes it, end() returns when the server answers again."""
        healthy = next(other for other in SINKS if other != sink)
        start = self.watch.next()
        self._pass_time(self.fault.seconds)
        at_begin = time.monotonic()
        begin()
        self._check_during(name, sink, healthy, at_begin)
        at_end = time.monotonic()
        end()
        returned = time.monotonic()
        back = self.watch.next()
        before = back.sinks[sink]["delivered"]
        first = self._wait(lambda now: now.sinks[sink]["delivered"] > before, back)
        usual = max(sample.sinks[sink]["waiting"]
                    for sample in self.watch.between(start.at, at_begin))
        drained = self._wait(lambda now: now.sinks[sink]["waiting"] <= usual + WAITING_SLACK,
                             first)
        told = self._wait(lambda now: now.health[sink] == "connected", first)
        expect(told.health[healthy] == "connected", "%s: /health lost %s" % (name, healthy))
        if sink == "database":
            poll(lambda: self.load.samples[-1].status == 201, "answers are 201 again")
        self._measure(name, sink, healthy, (start.at, at_begin, at_end, returned),
                      (back, first, drained))

    def _wait(self, condition, since=None):
        """The first sample for which it holds, from `since` or now on."""
        at = self.watch.samples.index(since or self.watch.next())

        def holds():
            self.watch.check()
            return next(filter(condition, self.watch.samples[at:]), None)

        return poll(holds, "a sink is itself again; its log: " + self.host.log_path)

    def _check_during(self, name, sink, healthy, at_begin):
        down = self.watch.next()
        told = self._wait(lambda now: now.health[sink] == "disconnected", down)
        self._check_reads(name, sink)
        left = self.fault.seconds - (time.monotonic() - at_begin)
        self._pass_time(max(0, left))
        now = self.watch.next()
        expect(now.health[healthy] == "connected", "%s: /health lost %s" % (name, healthy))
        grown = now.sinks[sink]["accepted"] - down.sinks[sink]["accepted"]
        expect(grown > 0, "%s: nothing was accepted meanwhile" % name)
        expect(now.sinks[sink]["waiting"] >= grown, "%s: it was no outage: %s"
               % (name, now.sinks[sink]))
        # It has more than everything that had been accepted when the outage began.
        expect(now.sinks[healthy]["delivered"] > down.sinks[healthy]["accepted"],
               "%s: %s got nothing meanwhile" % (name, healthy))
        self._check_statuses(name, sink, down.at, now.at)
        self.fault.figures[name] = {"health_told_s": round(told.at - at_begin, 2)}

    def _check_statuses(self, name, sink, begin, end):
        """201 means that the database has it, 202 that it will."""
        statuses = [sample.status for sample in self.load.samples
                    if begin <= sample.begin and sample.end <= end]
        stored = statuses.count(201)
        if sink == "database":
            expect(not stored, "%s: %d answers lied: 201" % (name, stored))
        else:
            expect(stored > len(statuses) / 2, "%s: only %d of %d answers were 201"
                   % (name, stored, len(statuses)))

    def _check_reads(self, name, sink):
        with contextlib.closing(self.host.client()) as client:
            latest = self._latest(client, 503 if sink == "database" else 200)
            ready = client.get("/health/ready")
        expect(sink != "database" or latest.headers["Retry-After"],
               "%s: latest is refused without a word when to come again" % name)
        expect(ready.status == 200, "%s: not ready, though both sinks are optional" % name)

    @staticmethod
    def _latest(client, status):
        def answer():
            found = client.get("/api/v1/sensors/PUMP-A1-001/latest")
            return found if found.status == status else None

        return poll(answer, "latest answers %d" % status, 10)

    def _measure(self, name, sink, healthy, times, recovery):
        start, begin, end, returned = times
        back, first, drained = recovery
        before = self._p99(lambda sample: start <= sample.begin and sample.end < begin)
        during = self._p99(lambda sample: begin <= sample.end and sample.begin < end)
        second = self._p99(lambda sample: begin <= sample.end and sample.begin < begin + 1)
        backlog = back.sinks[sink]["waiting"]
        # From the last look before the first delivery: rather too long than too short.
        drain = self.watch.between(back.at, drained.at)
        drain = drain[max(0, drain.index(first) - 1):]
        delivery, ingest = (pace(sink, count, drain) for count in ("delivered", "accepted"))
        healthy_before = pace(healthy, "delivered", self.watch.between(start, begin))
        healthy_during = pace(healthy, "delivered", self.watch.between(begin, end))
        self.fault.figures[name].update({
            "p99_ms_before": milliseconds(before), "p99_ms_during": milliseconds(during),
            "p99_ms_first_second": milliseconds(second), "p99_ratio": ratio(during, before),
            "healthy_ratio": ratio(healthy_during, healthy_before), "backlog": backlog,
            "first_delivery_s": round(first.at - returned, 2),
            "drain_s": round(drained.at - first.at, 2), "drain_ratio": ratio(delivery, ingest)})

    def _p99(self, among):
        """Seconds, of the requests for which it holds."""
        return percentile([sample.seconds for sample in self.load.samples if among(sample)], 0.99)


def pace(sink, count, samples):
    """Readings a second between the first and the last sample; None between less than two."""
    if len(samples) < 2 or samples[0] is samples[-1]:
        return None
    first, last = samples[0], samples[-1]
    return (last.sinks[sink][count] - first.sinks[sink][count]) / (last.at - first.at)


def milliseconds(seconds):
    return None if seconds is None else round(seconds * 1e3, 1)


def ratio(a, b):
    return None if a is None or not b else round(a / b, 2)
