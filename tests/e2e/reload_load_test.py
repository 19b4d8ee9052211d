"""Reloads under audited load: no request fails, no reading is lost or stored twice, and the host
does not grow."""
import contextlib
import os
import struct
import threading
import unittest

import e2e
import reloading
from reloading import sqlite, stamp

RELOADS = 100
WARM = 20  # reloads after which the host is measured
ALLOCATED_MORE_MAX = 64 << 10
ANONYMOUS_MORE_MAX = 8 << 10  # KiB


def anonymous_kib(pid):
    """Memory that the process has for itself. Not its share of files: that grows when another
    process that has them mapped too comes to its end."""
    with open("/proc/%d/smaps_rollup" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))


def names(config):
    """Of what a configuration loads, as the host tells it."""
    return (*(validator["plugin"] for validator in config["validators"]),
            *(sink["name"] for sink in config["sinks"]))


class Onlooker:
    """Asks a host again and again what it has loaded and how it is, as monitoring does."""

    def __init__(self, host):
        self.loaded = set()  # what was seen: names of validators and sinks
        self.wrong = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(host,))
        self.thread.start()

    def run(self, host):
        with contextlib.closing(host.client()) as client:
            while not self.stopping.wait(0.01):
                for path in ("/api/v1/plugins", "/health", "/internal/ledger"):
                    try:
                        answer = client.get(path)
                    except OSError as error:
                        self.wrong.append((path, error))
                        return
                    if answer.status != 200:
                        self.wrong.append((path, answer.status))
                    elif path == "/api/v1/plugins":
                        plugins = answer.json
                        self.loaded.add(tuple(plugin["name"] for plugin in
                                              plugins["validators"] + plugins["sinks"]))

    def stop(self):
        self.stopping.set()
        self.thread.join()


class ReloadLoadTest(reloading.ReloadTest):
    def stores_configuration(self):
        """PostgreSQL as storage and a Redis list; returns the environment."""
        environment, *_ = self.stores()
        self.config["sinks"] = [
            {"name": "database", "plugin": "postgres-sink", "workers": 2,
             "options": {"url": "${DATABASE_URL}"}},
            {"name": "redis", "plugin": "redis-sink",
             "options": {"url": "${REDIS_URL}", "queue": "${REDIS_QUEUE_NAME}"}}]
        return environment

    def kinds(self):
        """Changes of one part each, over and over; what they add goes with the next one."""
        plain = self.config

        def validators(config):
            config["validators"] = [stamp("a"), {"plugin": "range"}]

        def options(config):
            config["validators"] = [stamp("b")]

        def workers(config):
            config["sinks"][0]["workers"] = 3
            config["sinks"][0]["batch_rows_max"] = 100

        def redis(config):
            config["sinks"][1]["retry"] = {"delay_max": "1s"}

        def sink(config):
            config["sinks"].append(sqlite("third"))

        def ack(config):
            config["ack"] = "spool"

        def storage(config):
            config["storage"] = "redis"

        def limits(config):
            config["http"]["limits"] = {"body_bytes": "2MiB", "connections": 100}
            config["http"]["cors"] = {"origins": []}
            config["query"] = {"readers": 3}
            config["ack_timeout"] = "5s"

        def again(config):
            pass

        changes = (validators, options, workers, redis, sink, ack, storage, limits, again)
        self.config = plain
        return [self.changed(change) for change in changes]

    def reloads_under_load(self, host, kinds, numbers, after=None):
        """Each is done and requests go on; returns the load, which has stopped."""
        load = self.load(host.port, after=after, connections=16, rate=600)
        onlooker = Onlooker(host)
        self.addCleanup(onlooker.stop)
        for number in numbers:
            answered = load.answered
            self.install(1 + number // len(kinds) % 2)
            self.reload(kinds[number % len(kinds)])
            e2e.poll(lambda: load.answered >= answered + 5, "requests are answered")
        onlooker.stop()
        load.stop()
        self.assertEqual(onlooker.wrong, [])
        self.assertGreater(len(onlooker.loaded), 1, "it saw reloads")
        self.assertLessEqual(onlooker.loaded, {names(config) for config in kinds},
                             "what it saw was one configuration's")
        self.assertEqual((load.no_answer, load.refusals), ([], []))
        self.assertEqual(load.accepted, load.answered)
        return load

    def at_rest(self, host):
        """Bytes allocated, and KiB of anonymous memory, when nothing waits: what waits for a sink
        is kept in memory too."""
        self.reload()
        e2e.poll(lambda: all(sink["waiting"] == 0 for sink in host.ledger()["sinks"]),
                 "all is delivered")
        self.reload()  # which gives back what is free
        with open(os.path.join(self.directory, "live", str(host.process.pid)), "rb") as file:
            return struct.unpack("q", file.read())[0], anonymous_kib(host.process.pid)

    def counting(self):
        """The environment of a host that counts what it allocates."""
        directory = os.path.join(self.directory, "live")
        os.mkdir(directory)
        return {"LIVE_BYTES_DIR": directory,
                "LD_PRELOAD": os.path.join(e2e.BUILD, "tests", "live_bytes.so")}

    def test_a_hundred_reloads(self):
        """What is allocated then says whether anything is forgotten. The memory of the process is
        more, as the arenas of malloc keep holes between what lives; it has a looser bound."""
        self.install(1)
        environment = self.stores_configuration()
        counted = not e2e.sanitizer()
        if counted:
            environment.update(self.counting())
        kinds = self.kinds()
        host = self.serve(environment)
        first = self.reloads_under_load(host, kinds, range(WARM))
        before = self.at_rest(host) if counted else None
        load = self.reloads_under_load(host, kinds, range(WARM, RELOADS), first)
        after = self.at_rest(host) if counted else None
        self.assertEqual(host.stop(), 0)
        self.assert_kept(load, environment["DATABASE_URL"],
                         (environment["REDIS_URL"], environment["REDIS_QUEUE_NAME"]))
        if not counted:
            print("growth is not looked at: the sanitizer has a malloc of its own")
            return
        print("at rest, after %d and %d reloads: %d and %d bytes allocated, %d and %d KiB" %
              (WARM, RELOADS, before[0], after[0], before[1], after[1]))
        self.assertLess(after[0] - before[0], ALLOCATED_MORE_MAX)
        self.assertLess(after[1] - before[1], ANONYMOUS_MORE_MAX)


if __name__ == "__main__":
    unittest.main()
