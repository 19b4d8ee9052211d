"""bench/load against a real host, against nobody, and against servers that tell lies; what
bench/scale makes of the configurations."""
import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import unittest

import e2e
import own_stores
from loadgen import bodies, ledger, processes, table
from loadgen.dimensions import DIMENSIONS

LOAD = os.path.join(e2e.SOURCE, "bench", "load")


class Server(http.server.ThreadingHTTPServer):
    """Answers every POST with `status`, and says in its ledger that each adds `counted`; without
    a ledger if that is None."""

    def __init__(self, status=201, counted=1):
        super().__init__(("127.0.0.1", 0), Answer)
        self.status = status
        self.counted = counted
        self.accepted = 0
        self.lock = threading.Lock()

    def handle_error(self, *_):
        """wrk resets its connections at the end."""

    def ledger(self):
        return {"spool": {"accepted": self.accepted},
                "sinks": [{"name": "database", "waiting": 0, "dead_lettered": 0, "lost": 0}]}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        known = self.path == "/internal/ledger" and self.server.counted is not None
        self.answer(200, self.server.ledger()) if known else self.answer(404, {})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.accepted += self.server.counted or 0
        self.answer(self.server.status, {})


class LoadTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        if not shutil.which("wrk"):
            self.skipTest("wrk is not installed:  apt-get install wrk")

    def load(self, port, *more):
        """(exit status, the table's rows, what was said besides)"""
        done = subprocess.run(
            [sys.executable, LOAD, "http://127.0.0.1:%d" % port, "--seconds", "1", "--warmup", "0",
             "--connections", "4", *more], text=True, capture_output=True, timeout=5 * e2e.PATIENCE)
        cells = [[cell.strip() for cell in line.strip("|").split("|")]
                 for line in done.stdout.splitlines()]
        rows = [dict(zip(cells[0], row)) for row in cells[2:]]
        return done.returncode, rows, done.stderr

    def load_on(self, server, *more):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            return self.load(server.server_address[1], "--batch", "1", *more)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def test_a_real_host(self):
        host = self.host().start()
        path = os.path.join(self.directory, "figures.json")
        status, rows, said = self.load(host.port, "--batch", "1,20", "--rounds", "2", "--fields",
                                       "7", "--cpu", "self=%d" % os.getpid(), "--json", path)
        self.assertEqual(status, 0, (rows, said))
        self.assertEqual([row["batch"] for row in rows], ["1", "20"])
        for row in rows:
            for column in ("requests/s", "readings/s", "p50 ms", "p99 ms", "p99.9 ms",
                           "host CPU s/1M", "host PSS MB", "self CPU s/1M"):
                self.assertGreaterEqual(float(row[column]), 0, row)
            self.assertEqual((row["errors"], row["check"]), ("0", "ok"))
        with open(path) as file:
            runs = json.load(file)["runs"]
        self.assertEqual([run["batch"] for run in runs], [1, 1, 20, 20])
        for run in runs:
            self.assertGreater(run["cpu_s"]["host"], 0)
            self.assertEqual(run["readings"], run["batch"] * sum(run["statuses"].values()))
        acknowledged = sum(run["readings"] for run in runs)
        accepted = host.ledger()["spool"]["accepted"]
        in_flight = sum(run["connections"] * run["batch"] for run in runs)
        self.assertTrue(acknowledged <= accepted <= acknowledged + in_flight)

    def test_bodies_are_all_good(self):
        host = self.host().start()
        path = os.path.join(self.directory, "bodies")
        bodies.write(path, 100)
        times = []
        equipment = set()
        with contextlib.closing(host.client()) as client, open(path) as file:
            for line in file:
                answer = client.request("POST", bodies.path_of(100), line.strip())
                self.assertEqual(answer.status, 201)
                self.assertEqual(answer.json["successful"], 100)
                self.assertNotIn("warnings", answer.json)
                for reading in json.loads(line)["readings"]:
                    times.append(reading["timestamp"])
                    equipment.add(reading["equipment_id"])
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual(equipment, set(bodies.EQUIPMENT))

    def test_nobody_listens(self):
        status, rows, said = self.load(e2e.free_port())
        self.assertEqual((status, rows), (2, []))
        self.assertIn("no host answers at http://127.0.0.1:", said)

    def test_a_ledger_without_what_was_acknowledged(self):
        status, rows, said = self.load_on(Server(counted=0))
        self.assertEqual(status, 1, said)
        self.assertRegex(rows[0]["check"], r"^accepted grew by 0, \d+ less than acknowledged$")

    def test_a_ledger_with_more_than_was_sent(self):
        status, rows, said = self.load_on(Server(counted=2))
        self.assertEqual(status, 1, said)
        self.assertRegex(rows[0]["check"], r"^accepted grew by \d+, \d+ more than was sent$")

    def test_a_server_without_a_ledger(self):
        status, rows, said = self.load_on(Server(status=202, counted=None))
        self.assertEqual((status, rows[0]["check"], rows[0]["202"]), (0, "-", "100.0 %"), said)

    def test_refusals(self):
        status, rows, said = self.load_on(Server(status=503))
        self.assertEqual(status, 1, said)
        self.assertRegex(rows[0]["errors"], r"^503: \d+$")
        self.assertEqual(rows[0]["check"], "nothing was acknowledged")


class ScaleTest(e2e.HostTest):
    def check(self, text):
        """What the host says of the configuration."""
        host = self.host(self.write("config.yaml", text), {
            **own_stores.NO_STORES,
            "PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins"),
            "BENCH_PLUGIN_DIR": os.path.join(e2e.BUILD, "bench", "plugins")})
        done = subprocess.run(
            [host.binary, "check", "--config", host.config], cwd=self.directory, text=True,
            env=host.full_environment(), capture_output=True, timeout=5 * e2e.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_host_takes_all_configurations(self):
        for source, sinks in (("config.yaml", 2), ("bench/front.yaml", 1)):
            with open(os.path.join(e2e.SOURCE, source)) as file:
                text = file.read()
            made = {case.config(text): case for cases in DIMENSIONS.values() for case in cases}
            for config, case in made.items():
                with self.subTest(source=source, case=case):
                    self.assertIn("%d validators, %d sinks, %d fields" % (
                        case.validators, case.sinks or sinks, case.fields), self.check(config))

    def test_four_sinks_write_to_four_places(self):
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            config = DIMENSIONS["sinks"][-1].config(file.read())
        for line in ("name: database", "table: sensor_data", "name: redis"):
            self.assertRegex(config, "(?m)%s($| )" % line)
        for line in ("name: database-2", "table: sensor_data_2", "name: redis-2",
                     r"queue: \${REDIS_QUEUE_NAME:-sensor_data_queue}_2"):
            self.assertRegex(config, "(?m)%s($| )" % line)

    def test_a_run_that_failed_has_a_row(self):
        found = [("4096", [], ["AssertionError: the host ended with 1:\nlog\na | b\n"])]
        header, _, row = table.scale_table("connections", found, ["host"])
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        self.assertEqual(len(cells), len(header.strip("|").split("|")))
        self.assertEqual((cells[0], cells[1], cells[-1]), ("4096", "-", "failed: a / b"))


class FiguresTest(unittest.TestCase):
    @staticmethod
    def ledger(accepted=0, **sink):
        return {"spool": {"accepted": accepted}, "sinks": [
            {"name": "redis", "waiting": 0, "dead_lettered": 0, "lost": 0, **sink}]}

    def test_disagreements(self):
        before = self.ledger(50, dead_lettered=7)
        def wrong(accepted, **sink):
            return ledger.disagreements(before, self.ledger(accepted, **sink), 100, 10)
        self.assertEqual(wrong(150, dead_lettered=7), [])
        self.assertEqual(wrong(160, dead_lettered=7), [])
        self.assertEqual(wrong(149, dead_lettered=7),
                         ["accepted grew by 99, 1 less than acknowledged"])
        self.assertEqual(wrong(161, dead_lettered=7),
                         ["accepted grew by 111, 1 more than was sent"])
        self.assertEqual(wrong(150, dead_lettered=9, waiting=3, lost=4),
                         ["3 wait for redis", "2 dead lettered at redis", "4 lost at redis"])

    def test_verdict(self):
        self.assertEqual(table.verdict([1.04, 1.2]), "faster")
        self.assertEqual(table.verdict([0.96, 0.5]), "slower")
        self.assertEqual(table.verdict([0.98, 1.02]), "same")
        self.assertEqual(table.verdict([1.02, 1.2]), "unclear")
        self.assertEqual(table.verdict([1.5]), "unclear")

    def test_cpu_of_what_ended_counts(self):
        before = processes.Snapshot().cpu_seconds(os.getpid())
        work = "import time\nwhile time.process_time() < 0.2: pass"
        subprocess.run([sys.executable, "-c", work], check=True)
        self.assertGreater(processes.Snapshot().cpu_seconds(os.getpid()), before + 0.1)


if __name__ == "__main__":
    unittest.main()
