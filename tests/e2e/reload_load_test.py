"""Reloads under audited load: no request fails, no reading is lost or stored twice, and the host
does not grow much."""
import re
import unittest

import e2e
import reloading
from reloading import sqlite, stamp

RELOADS = 100
WARM = 20  # reloads after which the host is measured


def anonymous_kib(pid):
    """Memory that the process has for itself. Not its share of files: that grows when another
    process that has them mapped too comes to its end."""
    with open("/proc/%d/smaps_rollup" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))


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
        for number in numbers:
            answered = load.answered
            self.install(1 + number // len(kinds) % 2)
            self.reload(kinds[number % len(kinds)])
            e2e.poll(lambda: load.answered >= answered + 5, "requests are answered")
        load.stop()
        self.assertEqual((load.no_answer, load.refusals), ([], []))
        self.assertEqual(load.accepted, load.answered)
        return load

    def at_rest(self, host):
        """KiB, when nothing waits: what waits for a sink is kept in memory too."""
        self.reload()
        e2e.poll(lambda: all(sink["waiting"] == 0 for sink in host.ledger()["sinks"]),
                 "all is delivered")
        self.reload()  # which gives back what is free
        return anonymous_kib(host.process.pid)

    def test_a_hundred_reloads(self):
        self.install(1)
        environment = self.stores_configuration()
        kinds = self.kinds()
        host = self.serve(environment)
        first = self.reloads_under_load(host, kinds, range(WARM))
        before = self.at_rest(host)
        load = self.reloads_under_load(host, kinds, range(WARM, RELOADS), first)
        after = self.at_rest(host)
        sanitized = self.is_sanitized(host)
        self.assertEqual(host.stop(), 0)
        self.assert_kept(load, environment["DATABASE_URL"],
                         (environment["REDIS_URL"], environment["REDIS_QUEUE_NAME"]))
        if sanitized:
            print("growth is not looked at: a sanitizer keeps what was freed")
        else:
            print("anonymous memory at rest: %d KiB after %d reloads, %d KiB after %d" %
                  (before, WARM, after, RELOADS))
            # Seen with two arenas, after each 27 reloads: from 4.4 up to 9.9 MiB and down to 7.6.
            # What the arenas hold was not looked into, so this is no proof of flatness: it finds
            # what forgets more than 100 KiB at each reload.
            self.assertLess(after - before, 8192)

    def is_sanitized(self, host):
        with open("/proc/%d/maps" % host.process.pid) as maps:
            return re.search(r"/lib[at]san\.so", maps.read()) is not None


if __name__ == "__main__":
    unittest.main()
