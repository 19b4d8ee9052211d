"""4,000 connections of slowhttptest, which begin requests and do not finish them, or do not read
their answers, beside 100 clients that mean it; and clients of large bodies that lack one byte."""
import collections
import contextlib
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import threading
import unittest

import e2e
import reloading

SLOW = 4000
GOOD = 100
BODY = 1024 * 1024  # the default of body_bytes
GOOD_ADDRESS = "127.0.0.2"  # the slow ones come from 127.0.0.1
MODES = {
    "headers": ["-H", "-u", "/", "-i", "5"],
    "body": ["-B", "-u", "/api/v1/sensors/ingest", "-i", "5", "-s", "8192",
             "-f", "application/json"],
    # Through a small window, a few bytes at a time, ten answers over each connection.
    "read": ["-X", "-u", "/api/v1/openapi.json", "-w", "10", "-y", "20", "-n", "5", "-z", "5",
             "-k", "10"],
}
# So that all of them are there at the same time, however long that takes.
ROOM = {"connections": SLOW + 500, "connections_per_address": SLOW + 100, "header_timeout": "5m",
        "body_timeout": "5m", "body_rate_min": 0, "write_timeout": "5m", "idle_timeout": "5m",
        "in_flight_bytes_per_address": "64MiB"}


class BesideGoodClients(e2e.HostTest):
    def serve(self, limits):
        config = reloading.configuration()
        config["http"]["limits"] = limits
        host = self.host(self.write("config.yaml", json.dumps(config)))
        # The soft limit is what a shell or systemd gives; the host raises it.
        hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], SLOW + 1000)
        host.prefix = ["prlimit", "--nofile=1024:%d" % hard]
        self.running = host.start()
        self.load_of_good = self.load(host.port, connections=GOOD, rate=2000, address=GOOD_ADDRESS)
        self.watcher = host.client()
        self.addCleanup(self.watcher.close)
        connections_open(self.watcher)  # while there is room for its own
        self.wait_for_answers()

    def wait_for_answers(self):
        load, before = self.load_of_good, self.load_of_good.answered
        e2e.poll(lambda: load.answered > before + 10 * GOOD or load.error,
                 "the good clients are answered")

    def assert_unharmed(self):
        """Nobody who means it was refused, left without an answer, or lost a reading."""
        self.wait_for_answers()
        self.slow.kill()
        load = self.load_of_good
        load.stop()
        self.assertEqual((load.no_answer, load.refusals), ([], []))
        self.assert_kept(load, sqlite=[os.path.join(self.directory, "database.db")])
        e2e.poll(lambda: connections_open(self.watcher) == 1, "the slow ones are gone")
        self.assertEqual(self.running.stop(), 0)


class SlowClientsTest(BesideGoodClients):
    def setUp(self):
        super().setUp()
        if shutil.which("slowhttptest") is None:
            self.skipTest("slowhttptest is not installed: the Debian package of that name has it")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard < SLOW + 1000:
            self.skipTest("%d open files are allowed (ulimit -Hn), and %d are needed"
                          % (hard, SLOW + 1000))

    def attack(self, mode):
        words = [word if not word.startswith("/") else
                 "http://127.0.0.1:%d%s" % (self.running.port, word) for word in MODES[mode]]
        self.slow = subprocess.Popen(
            ["prlimit", "--nofile=%d" % (SLOW + 1000), "slowhttptest", *words, "-c", str(SLOW),
             "-r", "4000", "-l", str(4 * e2e.PATIENCE), "-p", "5", "-v", "1"],
            cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(self.slow.wait)
        self.addCleanup(self.slow.kill)

    def wait_for_connections(self, enough):
        def there():
            self.assertIsNone(self.slow.poll(), "slowhttptest has ended")
            return connections_open(self.watcher) >= enough
        # A machine that is busy otherwise takes its time for 4,000 clients.
        e2e.poll(there, "%d connections are open" % enough, 3 * e2e.PATIENCE)

    def beside_all_of_them(self, mode):
        self.serve(ROOM)
        self.attack(mode)
        self.wait_for_connections(SLOW + GOOD)
        self.assert_unharmed()

    def test_slow_headers(self):
        self.beside_all_of_them("headers")

    def test_slow_bodies(self):
        self.beside_all_of_them("body")

    def test_slow_readers(self):
        self.beside_all_of_them("read")

    def test_by_default_an_address_gets_its_share_and_the_slow_are_closed(self):
        self.serve({})
        self.attack("headers")
        self.wait_for_connections(256)
        e2e.poll(lambda: told(self.watcher, "ingest_http_timeouts_total") > 0,
                 "those that are too slow are closed")
        self.assertLessEqual(connections_open(self.watcher), 256 + GOOD)
        self.assert_unharmed()


class OneByteMissing:
    """Clients of one address that send bodies of the largest size but for their last byte, each
    again as soon as it is answered or cut off. Each is a thread."""

    def __init__(self, port, clients):
        self.port = port
        self.statuses = collections.Counter()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        body = b"x" * (BODY - 1)
        head = b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        while not self.ended.is_set():
            with contextlib.suppress(OSError), socket.create_connection(
                    ("127.0.0.1", self.port), e2e.PATIENCE) as to:
                to.sendall(head % BODY + body)
                status = to.recv(1024)[9:12].decode()
                self.statuses[status] += 1
                if status == "503":
                    self.ended.wait(1)  # as Retry-After says

    def kill(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class OneByteMissingTest(BesideGoodClients):
    def test_one_byte_missing(self):
        self.serve({})
        # Twice as many as it takes to hold all of in_flight_bytes.
        self.slow = OneByteMissing(self.running.port, 128)
        self.addCleanup(self.slow.kill)
        e2e.poll(lambda: self.slow.statuses["408"] > 16, "some that stall are told so",
                 3 * e2e.PATIENCE)
        self.assertGreater(self.slow.statuses["503"], 0)
        self.assertGreater(told(self.watcher, "ingest_http_shed_total"), 0)
        self.assert_unharmed()


def told(client, name):
    metrics = client.get("/metrics").body.decode()
    return int(re.search(r"^%s (\d+)" % name, metrics, re.M)[1])


def connections_open(client):
    return told(client, "ingest_http_connections_open")


if __name__ == "__main__":
    unittest.main()
