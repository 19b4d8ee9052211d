"""Whole streams over HTTP, every value compared in the stores, bit for bit."""
import csv
import json
import os
import random
import sqlite3
import struct
import unittest

import e2e

NAB = os.path.join(e2e.SHARED_DATA, "nab-machine-temperature.csv")
ROWS = 22695  # of the real data; the generated stream has as many
BATCH = 100


def bits(value):
    return None if value is None else struct.pack(">d", value)


def real_stream():
    """The machine's temperatures, Fahrenheit as recorded; texts are sent as they stand."""
    with open(NAB) as file:
        for i, row in enumerate(csv.DictReader(file)):
            yield {"equipment_id": "MACHINE-NAB-%03d" % (i % 1000), "temperature": row["value"],
                   "vibration": "0.5", "pressure": "1", "timestamp": row["timestamp"]}


def generated_stream():
    """Doubles of every shape within the ranges, written with 17 digits or fewer."""
    source = random.Random(20260101)
    for i in range(ROWS):
        yield {"equipment_id": "GEN-LINE%d-%03d" % (i % 3, i % 1000),
               "temperature": repr(source.uniform(-50, 200)),
               "vibration": "%.*g" % (source.randint(1, 17), source.uniform(0.001, 1.9)),
               "pressure": repr(10.0 ** source.uniform(-300, 0)),
               "humidity": None if i % 3 else repr(source.uniform(0, 100)),
               "timestamp": "2026-02-%02d %02d:%02d:%02d.%06d" % (
                   i % 28 + 1, i // 28 % 24, i % 60, i % 59, i)}


def body_of(readings):
    """Numbers go out as the text that they are."""
    def one(r):
        members = ['"equipment_id": "%s"' % r["equipment_id"], '"timestamp": "%s"' % r["timestamp"]]
        members += ['"%s": %s' % (f, r[f]) for f in ("temperature", "vibration", "pressure",
                                                    "humidity") if r.get(f) is not None]
        return "{" + ", ".join(members) + "}"
    return '{"readings": [' + ", ".join(map(one, readings)) + "]}"


def as_expected(r):
    when = r["timestamp"].replace(" ", "T")
    if "." not in when:
        when += ".000000"
    return (r["equipment_id"], bits(float(r["temperature"])), bits(float(r["vibration"])),
            bits(float(r["pressure"])),
            bits(float(r["humidity"]) if r.get("humidity") is not None else None), when)


class StreamTest(e2e.HostTest):
    def streams(self):
        yield "generated", list(generated_stream())
        if os.path.exists(NAB):
            yield "real", list(real_stream())
        else:
            print("skipped: the real data is not at %s; the generated stream ran" % NAB)

    def send(self, host, readings):
        client = host.client()
        self.addCleanup(client.close)
        expected = {}
        for at in range(0, len(readings), BATCH):
            part = readings[at:at + BATCH]
            answer = client.request("POST", "/api/v1/sensors/ingest/batch", body_of(part))
            self.assertIn(answer.status, (201, 202), answer.body[:500])
            ids = answer.json["reading_ids"]
            self.assertEqual(len(ids), len(part), answer.body[:500])
            expected.update(zip(ids, map(as_expected, part)))
        self.assertEqual(len(expected), len(readings), "every id is another")
        return expected

    def compare(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for reading_id, values in expected.items():
            self.assertEqual(found[reading_id], values, reading_id)

    def test_into_sqlite(self):
        for name, readings in self.streams():
            with self.subTest(name):
                directory = os.path.join(self.directory, name)
                os.mkdir(directory)
                host = self.host(directory=directory).start()
                expected = self.send(host, readings)
                self.assertEqual(host.stop(), 0)
                with sqlite3.connect(os.path.join(directory, "readings.db")) as db:
                    found = {r[0]: (r[1], *map(bits, r[2:6]), r[6].rstrip("Z").replace(" ", "T"))
                             for r in db.execute(
                                 "SELECT id, equipment_id, temperature, vibration, pressure, "
                                 "humidity, timestamp FROM sensor_data")}
                self.compare(found, expected)

    def test_into_postgres_and_redis(self):
        for name, readings in self.streams():
            with self.subTest(name):
                environment, db, redis, queue = self.stores()
                directory = os.path.join(self.directory, name + "-full")
                os.mkdir(directory)
                host = self.host("config.yaml", environment, directory).start()
                expected = self.send(host, readings)
                self.assertEqual(host.stop(), 0)
                cursor = db.cursor()
                cursor.execute("SELECT id::text, equipment_id, temperature, vibration, pressure, "
                               "humidity, \"timestamp\" AT TIME ZONE 'UTC' FROM sensor_data")
                found = {r[0]: (r[1], *map(bits, r[2:6]), r[6].isoformat(timespec="microseconds"))
                         for r in cursor}
                self.compare(found, expected)
                messages = {}
                for message in map(json.loads, redis.lrange(queue, 0, -1)):
                    when = message["timestamp"].split("+")[0]
                    messages[message["reading_id"]] = (
                        message["equipment_id"],
                        *(bits(message[f]) for f in ("temperature", "vibration", "pressure",
                                                     "humidity")),
                        when if "." in when else when + ".000000")
                self.compare(messages, expected)


if __name__ == "__main__":
    unittest.main()
