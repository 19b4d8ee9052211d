"""Ten times what the storage takes: what is refused, what is kept, who still gets an answer. How
fast, and how much of the peak, is measured by bench/overload."""
import contextlib
import os
import resource
import unittest

import e2e
import reloading
from open_loop import Memory, Watcher, open_loop

# The storage takes so many a second, in writes that last so long: slow enough for any machine.
ROWS, PAUSE = 20, 0.05
CAPACITY = ROWS / PAUSE
CONNECTIONS, IN_FLIGHT = 1000, 200
SECONDS = 5
# Of a thousand connections, with their buffers and what malloc keeps.
MORE_MIB_MAX = 32


class OverloadTest(e2e.HostTest):
    def serve(self):
        url, self.db = self.database()
        config = reloading.configuration()
        config.update(ack="sink", ack_timeout="1m", admin={"port": e2e.free_port()})
        config["http"]["limits"] = {"in_flight_requests": IN_FLIGHT}
        config["sinks"] = [{"name": "database", "plugin": "postgres-sink", "batch_rows_max": ROWS,
                            "options": {"url": url}}]
        host = self.host(self.write("config.yaml", e2e.json.dumps(config))).start()
        self.admin_port = config["admin"]["port"]
        with contextlib.closing(host.client()) as client:
            e2e.poll(lambda: client.ingest(e2e.reading()).status == 201, "the table is there")
        self.db.cursor().execute(
            "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(%s); RETURN NULL; END $$; "
            "CREATE TRIGGER pause AFTER INSERT ON sensor_data EXECUTE FUNCTION pause()", (PAUSE,))
        return host

    @contextlib.contextmanager
    def watched(self, host):
        """Somebody asks for health and metrics, and must always get an answer."""
        watchers = [Watcher(e2e.Client(port), path, port)
                    for port, path in ((host.port, "/health"), (self.admin_port, "/health"),
                                       (self.admin_port, "/metrics"))]
        try:
            yield
        finally:
            for watcher in watchers:
                watcher.stop()
        for watcher in watchers:
            self.assertGreater(len(watcher.waits), 0)
            self.assertEqual(watcher.failures, 0, watcher.path)

    def test_ten_times_too_much(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most[1], most[1]))
        host = self.serve()
        stored = host.ledger()["spool"]["accepted"]
        peak = open_loop(e2e.BUILD, host.port, 64, 60, (1e6, SECONDS))
        stored += sum(second["good"] for second in peak)
        memory = Memory(host.process.pid)
        e2e.poll(lambda: memory.mib, "its memory was looked at")
        with self.watched(host):
            seconds = open_loop(e2e.BUILD, host.port, CONNECTIONS, 60, (10 * CAPACITY, SECONDS))
        memory.stop()

        def total(name):
            return sum(second[name] for second in seconds)
        # Each is answered: kept, or refused with the word when to come again.
        self.assertEqual(total("good") + total("refused") + total("unsent"), total("due"))
        self.assertGreaterEqual(total("good"), IN_FLIGHT)
        self.assertGreater(total("refused"), total("good"))
        for name in ("without_retry_after", "other", "given_up", "broken"):
            self.assertEqual(total(name), 0, name)
        if e2e.sanitizer():
            print("memory is not looked at: a sanitizer keeps what was freed")
        else:
            self.assertLess(max(memory.mib) - memory.mib[0], MORE_MIB_MAX)
        print("peak %.0f/s, of %.0f/s that came %.0f/s were kept; %.0f MiB, at most %.0f" % (
            sum(second["good"] for second in peak) / SECONDS, total("due") / SECONDS,
            total("good") / SECONDS, memory.mib[0], max(memory.mib)))

        # All is as before, and of each that was told so the reading is there, once.
        stored += total("good")
        with contextlib.closing(host.client()) as client:
            for i in range(10):
                self.assertEqual(client.ingest(e2e.reading(i + 1)).status, 201)
        cursor = self.db.cursor()
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM sensor_data")
        self.assertEqual(cursor.fetchone(), (stored + 10, stored + 10))
        spool = host.ledger()["spool"]
        self.assertEqual(spool["accepted"], stored + 10)


if __name__ == "__main__":
    unittest.main()
