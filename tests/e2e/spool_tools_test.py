"""spool ls, check and export: of a host that stopped, of one that runs, and of a damaged spool."""
import glob
import hashlib
import json
import os
import sqlite3
import subprocess
import unittest

import e2e

# Nobody listens there.
SINKS_DOWN = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
              "REDIS_URL": "redis://127.0.0.1:1/0"}


class SpoolToolsTest(e2e.HostTest):
    def spool(self, host, *words, **options):
        """With the host's own configuration and environment."""
        return self.tool(host, *words, "--config", host.config, **options)

    def tool(self, host, *words, **options):
        return subprocess.run([e2e.HOST_BINARY, "spool", *words], cwd=self.directory,
                              env=host.full_environment(), text=True, capture_output=True,
                              timeout=e2e.PATIENCE, **options)

    def exported(self, host, *words):
        done = self.spool(host, "export", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def host_without_stores(self):
        """What ships, but it does not wait for the stores when it stops."""
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            config = file.read()
        patient = "drain:\n  timeout: 10s"
        self.assertIn(patient, config)
        return self.host(self.write("config.yaml", config.replace(patient, patient[:-3] + "0ms")),
                         SINKS_DOWN)

    def filled_host(self, readings, requests_of=50):
        """It holds these readings, its sinks are down, and it has stopped."""
        host = self.host_without_stores().start()
        ids = []
        with e2e.contextlib.closing(host.client()) as client:
            for first in range(0, len(readings), requests_of):
                answer = client.batch(readings[first:first + requests_of])
                self.assertEqual(answer.status, 202, answer.body)
                ids += answer.json["reading_ids"]
        self.assertEqual(host.stop(), 0)
        return host, ids

    def segments(self):
        return sorted(glob.glob(os.path.join(self.directory, "spool", "segment-*.log")))

    def flip(self, path, offset):
        with open(path, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1]))

    def record_offsets(self, path):
        with open(path, "rb") as file:
            content = file.read()
        offsets = []
        at = content.find(b"ICRD")
        while at >= 0:
            offsets.append(at)
            at = content.find(b"ICRD", at + 1)
        return offsets

    def test_what_one_host_holds_another_one_takes(self):
        sent = [e2e.reading(i) for i in range(250)]
        sent[1].update(temperature=-0.0, vibration=0.1 + 0.2, pressure=1e-300)
        sent[2].pop("humidity")
        sent[3].update(humidity=None, timestamp="2026-01-01T00:00:03+02:00")
        host, ids = self.filled_host(sent)
        done = self.spool(host, "export", "--batches")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("readings exported: 250", done.stderr)
        bodies = done.stdout.splitlines()
        self.assertEqual([len(json.loads(b)["readings"]) for b in bodies], [100, 100, 50])

        other = self.host(directory=os.path.join(self.directory, "other"))
        os.mkdir(other.directory)
        other.start()
        with e2e.contextlib.closing(other.client()) as client:
            for _ in range(2):  # the second time changes nothing
                for body in bodies:
                    answer = client.request("POST", "/api/v1/sensors/ingest/batch", body)
                    self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(other.stop(), 0)
        with sqlite3.connect(other.directory + "/readings.db") as db:
            stored = db.execute(
                "SELECT equipment_id, temperature, vibration, pressure, humidity, voltage,"
                " timestamp FROM sensor_data").fetchall()
        expected = [(r["equipment_id"], r["temperature"], r["vibration"], r["pressure"],
                     r.get("humidity"), r["voltage"],
                     r["timestamp"].replace("T", " ").rstrip("Z")) for r in sent]
        expected[3] = expected[3][:6] + ("2025-12-31 22:00:03.000000",)
        # As text, because -0.0 is equal to 0.0.
        self.assertEqual(sorted(map(repr, stored)), sorted(map(repr, expected)))

        lines = self.exported(host)
        self.assertEqual([line["reading_id"] for line in lines], ids)
        with e2e.contextlib.closing(self.host(
                directory=other.directory).start().client()) as client:
            self.assertEqual(client.ingest(lines[1]).status, 201)

    def test_what_waits_for_a_sink(self):
        host, ids = self.filled_host([e2e.reading(i) for i in range(20)])
        self.assertEqual(len(self.exported(host, "--sink", "redis")), 20)
        done = self.spool(host, "export", "--sink", "rediss")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there are: database, redis", done.stderr)
        listed = json.loads(self.spool(host, "ls", "--json").stdout)
        self.assertEqual({c["sink"]: c["waiting"] for c in listed["cursors"]},
                         {"database": 20, "redis": 20})
        self.assertEqual([(s["first"], s["end"], s["state"]) for s in listed["segments"]],
                         [(0, 20, "ok")])
        text = self.spool(host, "ls").stdout
        self.assertIn("cursor-redis  at 0  20 readings wait", text)

        delivered = self.host(directory=os.path.join(self.directory, "sqlite"))
        os.mkdir(delivered.directory)
        with e2e.contextlib.closing(delivered.start().client()) as client:
            self.assertEqual(client.batch([e2e.reading(i) for i in range(5)]).status, 201)
        delivered.stop()
        self.assertEqual(self.exported(delivered, "--sink", "database"), [])
        self.assertEqual(len(self.exported(delivered)), 5)

    def test_unknown_members_are_members_again(self):
        config = self.write("keep.yaml", """\
http: { host: "${HOST}", port: "${PORT}" }
drain: { timeout: 0ms }
reading:
  unknown_fields: keep
  fields:
    count: { type: integer }
    note: { type: string }
    open: { type: boolean }
    checked: { type: timestamp }
plugin_dirs: [ "%s" ]
spool: { dir: "${SPOOL_DIR}" }
sinks: [ { name: redis, plugin: redis-sink, options: { url: "redis://127.0.0.1:1/0", queue: q } } ]
""" % os.path.join(e2e.BUILD, "plugins"))
        sent = {"equipment_id": "A-1", "timestamp": "2026-01-01T00:00:00.5Z", "count": 2 ** 63 - 1,
                "note": "\u00e9\"\\\n", "open": False, "checked": "0001-01-01T00:00:00Z",
                "site": {"floor": [1, 2.50]}, "by\u00e9": None}
        host = self.host(config).start()
        with e2e.contextlib.closing(host.client()) as client:
            answer = client.ingest(sent)
            self.assertEqual(answer.status, 202, answer.body)
        host.stop()
        (line,) = self.exported(host)
        line.pop("reading_id")
        self.assertEqual(line.pop("timestamp"), "2026-01-01T00:00:00.500000Z")
        sent.pop("timestamp")
        self.assertEqual(line, sent)

    def test_while_the_host_runs(self):
        host = self.host_without_stores().start()
        load = self.load(host.port)
        for _ in range(5):
            before = len(load.samples)
            e2e.poll(lambda: len(load.samples) > before + 20, "more requests were answered")
            known = set(e2e.Account(load.journal.path).acknowledged)
            ids = [line["reading_id"] for line in self.exported(host)]
            self.assertEqual(len(set(ids)), len(ids), "a reading came twice")
            self.assertEqual(known - set(ids), set(), "an acknowledged reading is not there")
            done = self.spool(host, "check")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(self.spool(host, "ls").returncode, 0)
        load.stop()
        self.assertEqual(host.stop(), 0)
        account = e2e.Account(load.journal.path)
        ids = {line["reading_id"] for line in self.exported(host)}
        self.assertEqual(ids, set(account.acknowledged))

    def test_nothing_is_changed(self):
        host, _ = self.filled_host([e2e.reading(i) for i in range(20)])
        self.flip(self.segments()[0], self.record_offsets(self.segments()[0])[0] + 60)

        def digest(path):
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()

        def state():
            return {path: (digest(path), os.stat(path).st_mtime_ns)
                    for path in glob.glob(self.directory + "/spool/**", recursive=True)
                    if os.path.isfile(path)}

        before = state()
        for words in (["ls"], ["check"], ["export"], ["export", "--quarantine"]):
            self.spool(host, *words)
        self.assertEqual(state(), before)

    def test_check_names_the_place(self):
        host, ids = self.filled_host([e2e.reading(i) for i in range(40)], requests_of=10)
        self.assertEqual(self.spool(host, "check").returncode, 0)
        (segment,) = self.segments()
        offset = self.record_offsets(segment)[1]
        self.flip(segment, offset + 70)
        done = self.spool(host, "check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("damage %s: offset %d, " % (os.path.basename(segment), offset), done.stdout)
        self.assertIn("readings 10..19 (10)", done.stdout)
        report = json.loads(self.spool(host, "check", "--json").stdout)
        self.assertFalse(report["healthy"])
        self.assertEqual([(r["offset"], r["first"], r["end"]) for r in report["remarks"]],
                         [(offset, 10, 20)])
        self.assertEqual([line["reading_id"] for line in self.exported(host)],
                         ids[:10] + ids[20:])

    def test_a_damaged_head_costs_no_reading(self):
        host, ids = self.filled_host([e2e.reading(i) for i in range(20)])
        (segment,) = self.segments()
        self.flip(segment, 30)
        self.assertEqual([line["reading_id"] for line in self.exported(host)], ids)
        # Nobody else knows the fields.
        done = self.tool(host, "export", "--dir", os.path.join(self.directory, "spool"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("--config", done.stderr)
        # After the next start it is in quarantine.
        host.start()
        host.stop()
        self.assertEqual(self.exported(host), [])
        self.assertEqual([line["reading_id"] for line in self.exported(host, "--quarantine")], ids)
        done = self.spool(host, "check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("quarantine/" + os.path.basename(segment), done.stdout)

    def test_a_reader_that_goes_away_and_a_disk_that_is_full(self):
        host, _ = self.filled_host([e2e.reading(i) for i in range(1000)], requests_of=100)
        words = [e2e.HOST_BINARY, "spool", "export", "--config", host.config]
        with subprocess.Popen(words, cwd=self.directory, env=host.full_environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
            tool.stdout.readline()
            tool.stdout.close()
            said = tool.stderr.read().decode()
            self.assertEqual(tool.wait(e2e.PATIENCE), 1)
        self.assertIn("cannot write the output", said)
        with open("/dev/full", "w") as full:
            done = subprocess.run(words, cwd=self.directory, env=host.full_environment(),
                                  stdout=full, stderr=subprocess.PIPE, timeout=e2e.PATIENCE)
        self.assertEqual(done.returncode, 1)

    def test_no_spool_there(self):
        host = self.host()
        done = self.tool(host, "ls", "--dir", "/nonexistent/spool")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/spool", done.stderr)
        done = self.tool(host, "export", "--dir", self.directory)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        broken = self.write("broken.yaml", "spol: {}\n")
        done = self.tool(host, "ls", "--config", broken)
        self.assertEqual(done.returncode, 2)
        self.assertIn("spol", done.stderr)


if __name__ == "__main__":
    unittest.main()
