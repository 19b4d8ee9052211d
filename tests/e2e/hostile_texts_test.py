"""Texts that mean something to somebody, in every place where a client may put one: they reach the
stores as they are, and the log has a line for each request, with the fields that are promised."""
import json
import unittest

import e2e
import reloading
from poll import poll

TEXTS = (
    "'; DROP TABLE sensor_data; --", "\" OR \"\"=\"", "1); DELETE FROM sensor_data; --",
    "$1", "$$", "%s%n%p", "{0}", "${SPOOL_DIR}", "\\'", "\\\\", "\\x00", "\\N", "\\.",
    "a\r\n*1\r\n$8\r\nFLUSHALL\r\n", "*1\r\n$7\r\nSHUTDOWN\r\n",
    "line\nbreak", "carriage\rreturn", "tab\there", "\u2028 and \u2029", "\u0085next",
    "\x1b[2J\x1b[31mred", "\x07bell", "\x7fdel", "\u202eright to left", "\u200bnothing",
    "{\"level\":\"ERROR\"}", "\",\"level\":\"ERROR\",\"x\":\"", "<script>alert(1)</script>",
    "../../etc/passwd", "äöü", "\U0001f600", "\ufeffbom", "e\u0301", "=cmd|' /C calc'!A0",
)
# Of every line, as the service replaced had them.
LINE_FIELDS = {"timestamp", "level", "service", "version", "environment", "logger", "message"}
ANSWERED_FIELDS = LINE_FIELDS | {"request_id", "equipment_id", "reading_id", "duration_ms"}


class HostileTextsTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        url, self.database = self.database()
        redis_url, self.list, self.redis = self.queue()
        config = reloading.configuration()
        config["log"] = {"level": "DEBUG"}
        config["reading"]["fields"]["note"] = {"type": "string"}
        config["sinks"] = [
            {"name": "database", "plugin": "postgres-sink", "options": {"url": url}},
            {"name": "redis", "plugin": "redis-sink",
             "options": {"url": redis_url, "queue": self.list}}]
        self.running = self.host(self.write("config.yaml", json.dumps(config))).start()
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        poll(lambda: self.running.connected("database", "redis"), "the sinks are connected")

    def rows(self, statement):
        with self.database.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def columns(self):
        return self.rows("SELECT table_name, column_name, data_type FROM information_schema.columns"
                         " WHERE table_schema = 'public' ORDER BY 1, 2")

    def lines(self):
        """Of the log: each is one object."""
        return [json.loads(line) for line in self.running.log().split("\n") if line]

    def test_stores_get_them_as_they_are(self):
        columns = self.columns()
        for i, text in enumerate(TEXTS):
            answer = self.client.ingest(e2e.reading(i, equipment_id=text, note=text))
            self.assertEqual(answer.status, 201, (text, answer.body))
        self.assertEqual(sorted(self.rows("SELECT equipment_id, note FROM sensor_data")),
                         sorted((text, text) for text in TEXTS))
        self.assertEqual(self.columns(), columns)
        poll(lambda: self.redis.llen(self.list) == len(TEXTS), "the queue has all of them")
        messages = [json.loads(text) for text in self.redis.lrange(self.list, 0, -1)]
        self.assertEqual(sorted(message["equipment_id"] for message in messages), sorted(TEXTS))

    def test_an_event_is_a_line(self):
        requests = 0
        for i, text in enumerate(TEXTS):
            escaped = "".join("%%%02x" % byte for byte in text.encode())
            plain = text.encode().decode("latin-1").replace("\r", " ").replace("\n", " ")
            for answer in (
                    self.client.ingest(e2e.reading(i, equipment_id=text, note=text)),
                    self.client.ingest(e2e.reading(i, temperature=text)),
                    self.client.get("/api/v1/sensors/%s/latest" % escaped),
                    self.client.get("/" + escaped),
                    self.client.get("/health", headers={"X-Request-ID": plain[:64],
                                                        "User-Agent": plain})):
                requests += 1
                self.assertLess(answer.status, 500, (text, answer.body))
        self.client.close()
        ids = [line["request_id"] for line in self.lines() if line["message"] == "answered"]
        self.assertGreaterEqual(len(ids), requests)  # and those of the start
        self.assertEqual(len(ids), len(set(ids)), "a request is one event")
        serves = [line["message"] for line in self.lines()].index("serving")
        for number, line in enumerate(self.lines()):
            self.assertLessEqual(LINE_FIELDS, line.keys())
            if number > serves:  # a start may warn, of root for one
                self.assertIn(line["level"], ("DEBUG", "INFO"), line)
            if line["message"] == "answered":
                self.assertLessEqual(ANSWERED_FIELDS, line.keys())
        kept = [line for line in self.lines() if line.get("reading_id")]
        self.assertEqual([line["equipment_id"] for line in kept], list(TEXTS))

    def test_a_line_has_a_bound(self):
        long = "\x01" * 4000  # each of them six bytes in JSON
        answer = self.client.ingest(e2e.reading(equipment_id=long))
        self.assertEqual(answer.status, 201)
        self.client.close()
        kept = [line for line in self.lines() if line.get("reading_id")]
        self.assertEqual([line["equipment_id"] for line in kept], [long[:512]])
        for line in self.running.log().splitlines():
            self.assertLess(len(line), 16 * 1024)


if __name__ == "__main__":
    unittest.main()
