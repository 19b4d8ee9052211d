"""CSV on the batch endpoint, through the built binary."""
import csv
import io
import os
import sqlite3
import subprocess
import unittest

import e2e

BATCH = "/api/v1/sensors/ingest/batch"
FIELDS = ("equipment_id", "temperature", "vibration", "pressure", "humidity", "voltage",
          "timestamp")
NAB = os.path.join(e2e.SHARED_DATA, "nab-machine-temperature.csv")


def table(readings, fields=FIELDS):
    """As Python's csv module writes it: CRLF, quotes where they are needed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, restval="")
    writer.writeheader()
    writer.writerows(readings)
    return text.getvalue()


class CsvTest(e2e.ServedTest):
    def send(self, text, path=BATCH, media="text/csv", **headers):
        return self.client.request("POST", path, text, {"Content-Type": media, **headers})

    def test_readings_as_of_json(self):
        readings = [e2e.reading(i, humidity=None if i % 3 else i / 7) for i in range(200)]
        answer = self.send(table(readings, FIELDS[::-1]))
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual((answer.json["total"], answer.json["failed"]), (200, 0))
        for i in (1, 7, 199):
            stored = self.client.get("/api/v1/sensors/%s/latest" % readings[i]["equipment_id"])
            row = next(r for r in stored.json["readings"]
                       if r["reading_id"] == answer.json["reading_ids"][i])
            for field in FIELDS[1:6]:
                self.assertEqual(row[field], readings[i][field], field)
            self.assertEqual(row["timestamp"], readings[i]["timestamp"])

    def test_a_bad_line_costs_no_other(self):
        good = table([e2e.reading(1)]).splitlines()
        lines = [good[0], good[1], '"PUMP-A1-002,1,1,1,,,', "", good[1].replace("20.125", "900"),
                 "PUMP-A1-003,1,1", good[1].replace("20.125", "warm"), good[1]]
        answer = self.send("\n".join(lines))
        self.assertEqual(answer.status, 201, answer.body)
        told = answer.json
        self.assertEqual((told["total"], told["successful"], told["failed"]), (6, 2, 4))
        equipment = e2e.reading(1)["equipment_id"]
        self.assertEqual([(e["line"], e["equipment_id"], e["field"], e["code"])
                          for e in told["errors"]],
                         [(3, None, None, "malformed"),
                          (5, equipment, "temperature", "out_of_range"),
                          (6, None, None, "malformed"), (7, equipment, "temperature", "type")])
        self.assertEqual(told["errors"][0]["error"],
                         "line 3, column 1: the quote that opens here is not closed")
        self.assertEqual(told["errors"][2]["error"],
                         "line 6: expected 7 cells, one for each column, not 3")
        self.assertEqual(told["errors"][3]["error"],
                         "temperature must be a number as JSON writes it")

    def test_columns(self):
        for names, expected in (
                ("equipment_id,temperature,vibration,pressure,colour", [("colour", "unknown")]),
                ("equipment_id,temperature,temperature,vibration,pressure",
                 [("temperature", "duplicate")]),
                ("equipment_id,temp,vibration", [("temp", "unknown"), ("temperature", "missing"),
                                                 ("pressure", "missing")])):
            answer = self.send(names + "\nPUMP-A1-001,1,1,1,1\n")
            self.assertEqual(answer.status, 422, answer.body)
            self.assertEqual([(e["field"], e["code"]) for e in answer.json["errors"]], expected)
            self.assertEqual({e["line"] for e in answer.json["errors"]}, {1})
        self.assertIn("there are reading_id, equipment_id, timestamp, temperature",
                      answer.json["errors"][0]["error"])
        self.assertEqual(self.running.ledger()["spool"]["accepted"], 0)

    def test_media_types(self):
        text = table([e2e.reading(1)])
        for media in ("text/csv", "text/csv; charset=utf-8", 'Text/CSV; header="present"'):
            self.assertEqual(self.send(text, media=media).status, 201, media)
        answer = self.send(text, media="text/csv; header=absent")
        self.assertEqual(answer.status, 415)
        self.assertIn("header=absent is not served", answer.json["detail"])
        self.assertEqual(self.send(text, media="text/csv; charset=latin1").status, 415)
        for path in ("/api/v1/sensors/ingest", "/api/v1/sensors/explain"):
            self.assertEqual(self.send(text, path).status, 415)

    def test_the_example_of_the_documentation_is_taken(self):
        document = self.client.get("/api/v1/openapi.json").json
        media = document["paths"][BATCH]["post"]["requestBody"]["content"]["text/csv"]
        self.assertIn("up to 10000", media["schema"]["description"])
        answer = self.send(media["example"])
        self.assertEqual((answer.status, answer.json["failed"]), (201, 0), answer.body)

    def test_bounds(self):
        header = "equipment_id,temperature,vibration,pressure\n"
        line = "PUMP-A1-001,20,1,1\n"
        answer = self.send(header + line * 10_000)
        self.assertIn(answer.status, e2e.TAKEN, answer.body[:1000])
        self.assertEqual(answer.json["successful"], 10_000)
        for text in (header + line * 10_001, header, "", "\n\n"):
            answer = self.send(text)
            self.assertEqual(answer.status, 422)
            self.assertEqual(answer.json["errors"][0]["code"], "length")
        self.assertEqual(self.send(header + line * 100_000).status, 413)
        e2e.poll(lambda: self.running.ledger()["sinks"][0]["delivered"] == 10_000, "all are stored")

    def test_compressed_and_sent_again(self):
        text = table([e2e.reading(i) for i in range(500)]).encode()
        packed = subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True,
                                check=True).stdout
        key = {"Idempotency-Key": "a-file"}
        first = self.send(text, **key)
        again = self.send(packed, **key, **{"Content-Encoding": "zstd"})
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json["reading_ids"], again.json["reading_ids"])

    @unittest.skipUnless(os.path.exists(NAB),
                         "the machine data beside the project is not here: no " + NAB)
    def test_real_machine_data(self):
        """Its lines as they stand, with the columns that it lacks behind them."""
        with open(NAB) as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[0], "timestamp,value")
        names = "timestamp,temperature,equipment_id,vibration,pressure\n"
        for begin in range(1, len(lines), 10_000):
            answer = self.send(names + "".join(
                "%s,MACHINE-NAB-001,0.5,1\n" % line for line in lines[begin:begin + 10_000]))
            self.assertIn(answer.status, e2e.TAKEN, answer.body[:1000])
            self.assertEqual(answer.json["failed"], 0)
        expected = sorted((line.split(",")[0].replace(" ", "T"), float(line.split(",")[1]))
                          for line in lines[1:])
        e2e.poll(lambda: self.running.ledger()["sinks"][0]["delivered"] == len(expected),
                 "all are stored")
        database = os.path.join(self.directory, "readings.db")
        with e2e.contextlib.closing(sqlite3.connect(database)) as db:
            stored = db.execute("SELECT timestamp, temperature FROM sensor_data").fetchall()
        found = sorted((time[:19].replace(" ", "T"), value) for time, value in stored)
        self.assertEqual(len(found), len(expected))
        wrong = [pair for pair in zip(found, expected) if pair[0] != pair[1]]
        self.assertEqual(wrong[:3], [])


class FieldsTest(e2e.HostTest):
    def test_a_field_of_the_configuration_is_a_column(self):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            text = file.read()
        at = text.index("    voltage:")
        with_rpm = text[:at] + "    rpm: { type: integer }\n" + text[at:]
        running = self.host(self.write("with-rpm.yaml", with_rpm)).start()
        with e2e.contextlib.closing(running.client()) as client:
            answer = client.request(
                "POST", BATCH, "rpm,equipment_id,temperature,vibration,pressure\n"
                "1480,PUMP-A1-001,20,1,1\n1480.5,PUMP-A1-001,20,1,1\n",
                {"Content-Type": "text/csv"})
            self.assertEqual((answer.status, answer.json["successful"]), (201, 1), answer.body)
            self.assertEqual([(e["line"], e["field"]) for e in answer.json["errors"]], [(3, "rpm")])
            latest = client.get("/api/v1/sensors/PUMP-A1-001/latest").json["readings"]
            self.assertEqual([r["rpm"] for r in latest], [1480])


if __name__ == "__main__":
    unittest.main()
