"""The six endpoints, in every preset, through the built binary."""
import contextlib
import datetime
import json
import re
import sqlite3
import unittest

import e2e

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class AsShippedTest(e2e.HostTest):
    def test_a_commit_makes_a_201_before_the_timeout(self):
        """Where the others wait long enough for a machine that is busy."""
        running = self.host()
        running.ack_timeout = None
        running.start()
        with contextlib.closing(running.client()) as client:
            e2e.poll(lambda: running.connected("database"), "the sink is connected")
            statuses = [client.ingest(e2e.reading(i)).status for i in range(50)]
        self.assertLessEqual(set(statuses), {201, 202})
        self.assertGreater(statuses.count(201), len(statuses) / 2)


class Endpoints:
    """What holds in every preset; the classes below say how to start one."""

    answers_queries = True
    stored = 201

    def start(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.sinks = []
        self.running = self.start()
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        e2e.poll(lambda: self.running.connected(*self.sinks), "all sinks are connected")

    def test_root(self):
        root = self.client.get("/")
        self.assertEqual(root.status, 200)
        self.assertEqual({k: root.json[k] for k in ("status", "docs", "health", "api_prefix")},
                         {"status": "running", "docs": "/docs", "health": "/health",
                          "api_prefix": "/api/v1"})
        self.assertEqual(root.json["service"], "sensor-ingestion-service")

    def test_health(self):
        health = self.client.get("/health")
        self.assertEqual(health.status, 200)
        self.assertEqual(health.json["status"], "healthy")
        self.assertGreaterEqual(health.json["uptime_seconds"], 0)
        self.assertIsNotNone(datetime.datetime.fromisoformat(
            health.json["timestamp"].replace("Z", "+00:00")).tzinfo)
        for sink in self.sinks:
            self.assertEqual(health.json[sink], "connected")

    def test_ready(self):
        ready = self.client.get("/health/ready")
        self.assertEqual(ready.status, 200)
        self.assertIs(ready.json["ready"], True)
        self.assertEqual(set(ready.json["checks"]), set(self.sinks) | {"spool"})

    def test_ingest(self):
        answer = self.client.ingest(e2e.reading(3, equipment_id="pump-b1-042"))
        self.assertEqual(answer.status, self.stored, answer.body)
        self.assertRegex(answer.json["reading_id"], UUID)
        self.assertEqual(answer.json["equipment_id"], "PUMP-B1-042")
        self.assertEqual(answer.json["status"], "received")
        self.assertEqual(answer.json["timestamp"], "2026-01-01T00:00:03.000003Z")
        self.assertRegex(answer.headers["X-Request-ID"], r"^[A-Za-z0-9._-]{1,64}$")

    def test_batch(self):
        answer = self.client.batch([e2e.reading(1), e2e.reading(2, temperature=900),
                                    e2e.reading(3)])
        self.assertEqual(answer.status, self.stored, answer.body)
        self.assertEqual((answer.json["total"], answer.json["successful"], answer.json["failed"]),
                         (3, 2, 1))
        self.assertEqual(len(answer.json["reading_ids"]), 2)
        error = answer.json["errors"][0]
        self.assertEqual((error["index"], error["field"], error["code"]),
                         (1, "temperature", "out_of_range"))

    def test_refusals(self):
        everything_bad = {"equipment_id": "nonsense", "temperature": "20", "vibration": 9}
        answer = self.client.ingest(everything_bad)
        self.assertEqual(answer.status, 422, answer.body)
        self.assertEqual({e["field"] for e in answer.json["errors"]},
                         {"equipment_id", "temperature", "vibration", "pressure"})
        zero = self.client.ingest(e2e.reading(temperature=0, vibration=0, pressure=0))
        self.assertEqual(zero.status, 422)
        self.assertIn("possible sensor failure", zero.body.decode())
        self.assertEqual(self.client.batch([]).status, 422)
        self.assertEqual(self.client.batch([e2e.reading(i) for i in range(101)]).status, 422)
        malformed = self.client.ingest("{")
        self.assertEqual(malformed.status, 400)
        self.assertEqual(malformed.json["status_code"], 400)
        self.assertEqual(self.client.get("/nowhere").status, 404)
        wrong_method = self.client.get("/api/v1/sensors/ingest")
        self.assertEqual(wrong_method.status, 405)
        self.assertIn("POST", wrong_method.headers["Allow"])

    def test_warnings(self):
        answer = self.client.ingest(e2e.reading(temperature=160, vibration=1.6))
        self.assertEqual(answer.status, self.stored, answer.body)
        self.assertEqual(len(answer.json["warnings"]), 1)

    def test_latest(self):
        path = "/api/v1/sensors/PUMP-Z9-001/latest"
        if not self.answers_queries:
            self.assertEqual(self.client.get(path).status, 501)
            return
        empty = self.client.get(path)
        self.assertEqual((empty.status, empty.json["count"]), (200, 0))
        ids = []
        for i in range(5):
            sent = e2e.reading(i, equipment_id="PUMP-Z9-001", humidity=...)
            ids.append(self.client.ingest(sent).json["reading_id"])
        latest = self.client.get(path + "?limit=3")
        self.assertEqual(latest.status, 200)
        self.assertEqual(latest.json["count"], 3)
        self.assertEqual([r["reading_id"] for r in latest.json["readings"]], ids[:1:-1])
        newest = latest.json["readings"][0]
        self.assertEqual(newest["temperature"], e2e.reading(4)["temperature"])
        self.assertIsNone(newest["humidity"])
        self.assertEqual(newest["timestamp"], "2026-01-01T00:00:04.000004Z")
        self.assertIn("created_at", newest)
        for limit in ("0", "101", "-1", "x", "1.5", ""):
            self.assertEqual(self.client.get(path + "?limit=" + limit).status, 400, limit)

    def test_ledger(self):
        self.assertEqual(self.client.batch([e2e.reading(i) for i in range(7)]).status, self.stored)

        def at_rest():
            ledger = self.running.ledger()
            return ledger if all(sink["waiting"] == 0 for sink in ledger["sinks"]) else None

        ledger = e2e.poll(at_rest, "nothing waits")
        self.assertEqual([sink["name"] for sink in ledger["sinks"]], self.sinks)
        for sink in ledger["sinks"]:
            self.assertEqual((sink["accepted"], sink["delivered"], sink["dead_lettered"],
                              sink["lost"], sink["connected"]), (7, 7, 0, 0, True))
            self.assertEqual(sink["cursor"], ledger["spool"]["end"])
        spool = ledger["spool"]
        self.assertEqual((spool["state"], spool["accepted"], spool["lost"]), ("accepting", 7, 0))
        self.assertNotIn("/internal/ledger", self.client.get("/api/v1/openapi.json").json["paths"])

    def test_documentation(self):
        document = self.client.get("/api/v1/openapi.json")
        self.assertEqual(document.status, 200)
        reading = document.json["components"]["schemas"]["Reading"]
        self.assertEqual(reading["properties"]["temperature"]["minimum"], -50)
        self.assertEqual(reading["properties"]["temperature"]["maximum"], 200)
        self.assertEqual(reading["properties"]["temperature"]["x-unit"], "°C")
        self.assertEqual(self.client.get("/docs").status, 200)


class EmbeddedTest(Endpoints, e2e.HostTest):
    def start(self):
        self.sinks = ["database"]
        return self.host("presets/embedded.yaml").start()

    def test_the_ledger_adds_up_in_every_answer(self):
        load = self.load(self.running.port, connections=8)
        for _ in range(300):
            for sink in self.running.ledger()["sinks"]:
                self.assertEqual(sink["accepted"], sink["delivered"] + sink["waiting"] +
                                 sink["dead_lettered"] + sink["lost"])
        load.stop()
        self.assertGreater(load.accepted, 0)

    def test_rows_are_in_sqlite(self):
        answer = self.client.ingest(e2e.reading(7))
        with sqlite3.connect(self.directory + "/readings.db") as db:
            rows = db.execute("SELECT equipment_id, temperature FROM sensor_data WHERE id = ?",
                              (answer.json["reading_id"],)).fetchall()
        self.assertEqual(rows, [("PUMP-A0-007", e2e.reading(7)["temperature"])])

    def test_logs_are_json_with_the_fields_of_the_replaced_service(self):
        lines = [line for line in self.running.log().splitlines() if line]
        self.assertTrue(lines)
        for line in lines:
            names = json.loads(line, object_pairs_hook=lambda pairs: [name for name, _ in pairs])
            self.assertEqual(len(names), len(set(names)), line)
            for field in ("timestamp", "level", "service", "version", "environment", "logger",
                          "message"):
                self.assertIn(field, names)


class PostgresTest(Endpoints, e2e.HostTest):
    def start(self):
        url, _ = self.database()
        self.sinks = ["database"]
        return self.host("presets/postgres.yaml", {"DATABASE_URL": url}).start()


class RedisTest(Endpoints, e2e.HostTest):
    answers_queries = False

    def start(self):
        url, queue, _ = self.queue()
        self.sinks = ["redis"]
        environment = {"REDIS_URL": url, "REDIS_QUEUE_NAME": queue}
        return self.host("presets/redis.yaml", environment).start()


class PostgresRedisTest(Endpoints, e2e.HostTest):
    config = "presets/postgres-redis.yaml"

    def start(self):
        environment, self.db, self.redis, self.list = self.stores()
        # The old service's way to write the URL.
        environment["DATABASE_URL"] = environment["DATABASE_URL"].replace(
            "postgresql://", "postgresql+asyncpg://")
        self.sinks = ["database", "redis"]
        return self.host(self.config, environment).start()

    def test_a_reading_is_in_both_stores(self):
        sent = e2e.reading(11, humidity=..., temperature=-0.0)
        answer = self.client.ingest(sent)
        self.assertEqual(answer.status, 201)
        cursor = self.db.cursor()
        cursor.execute('SELECT id::text, equipment_id, temperature::text, humidity, "timestamp" '
                       "FROM sensor_data")
        rows = cursor.fetchall()
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0][:4], (answer.json["reading_id"], "PUMP-A4-011", "-0", None))
        # An independent consumer, as it was before: BRPOP.
        _, message = self.redis.brpop(self.list, timeout=int(e2e.PATIENCE))
        message = json.loads(message)
        self.assertEqual(list(message), ["reading_id", "equipment_id", "temperature", "vibration",
                                         "pressure", "humidity", "voltage", "timestamp"])
        self.assertEqual(message["reading_id"], answer.json["reading_id"])
        self.assertEqual(str(message["temperature"]), "-0.0")
        self.assertIsNone(message["humidity"])
        self.assertEqual(datetime.datetime.fromisoformat(message["timestamp"]), rows[0][4])


class ConfigYamlTest(PostgresRedisTest):
    config = "config.yaml"


class ProxyTest(e2e.HostTest):
    """Whom a proxy on this machine brings."""

    def ledger(self, **environment):
        host = self.host(environment=environment).start()
        with contextlib.closing(host.client()) as client:
            status = client.get("/internal/ledger",
                                headers={"X-Forwarded-For": "203.0.113.9"}).status
        self.assertEqual(host.stop(), 0)
        return status

    def test_a_client_of_it_is_not_this_machine_if_the_host_knows_it(self):
        self.assertEqual(self.ledger(), 200)
        self.assertEqual(self.ledger(TRUSTED_PROXIES="127.0.0.1/32, ::1/128"), 404)


if __name__ == "__main__":
    unittest.main()
