"""A host without work does not wake: no thread of it runs for seconds on end."""
import os
import time
import unittest

import e2e

# Longer than everything that ticks while there is work: the sweep for deadlines (250 ms), the sync
# of cursors (1 s), the timer for acknowledgements (2 s).
STRETCH_SECONDS = 3.0


class Sleep:
    """How long the threads of a process have not been woken, as far as was looked."""

    def __init__(self, pid):
        self.tasks = "/proc/%d/task" % pid
        self.wakes = None
        self.since = 0.0

    def seconds(self):
        wakes = {}
        for task in os.listdir(self.tasks):
            with open(os.path.join(self.tasks, task, "status")) as file:
                fields = dict(line.split(":", 1) for line in file)
            wakes[task, fields["Name"].strip()] = int(fields["voluntary_ctxt_switches"])
        if wakes != self.wakes:
            self.wakes, self.since = wakes, time.monotonic()
        return time.monotonic() - self.since


class IdleTest(e2e.HostTest):
    def assert_sleeps(self, host):
        sleep = Sleep(host.process.pid)
        e2e.poll(lambda: sleep.seconds() >= STRETCH_SECONDS, "nothing wakes the host for 3 s")

    def assert_sleeps_without_work(self, host):
        self.assert_sleeps(host)
        clients = [host.client() for _ in range(20)]
        for number, client in enumerate(clients):
            self.addCleanup(client.close)
            self.assertEqual(client.ingest(e2e.reading(number)).status, 201)
        self.assert_sleeps(host)  # with idle connections
        for number, client in enumerate(clients):
            self.assertEqual(client.ingest(e2e.reading(100 + number)).status, 201)
            client.close()
        self.assert_sleeps(host)

    def test_with_sqlite(self):
        self.assert_sleeps_without_work(self.host().start())

    def test_with_postgresql_and_redis(self):
        environment, *_ = self.stores()
        self.assert_sleeps_without_work(self.host("config.yaml", environment).start())


if __name__ == "__main__":
    unittest.main()
