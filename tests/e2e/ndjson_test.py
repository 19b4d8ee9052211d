"""NDJSON on the batch endpoint, through the built binary."""
import json
import subprocess
import unittest

import e2e

BATCH = "/api/v1/sensors/ingest/batch"


def line(i, **changes):
    return json.dumps(e2e.reading(i, **changes))


class NdjsonTest(e2e.ServedTest):
    def send(self, lines, path=BATCH, **headers):
        body = lines if isinstance(lines, (str, bytes)) else "\n".join(lines)
        return self.client.request("POST", path, body,
                                   {"Content-Type": "application/x-ndjson", **headers})

    def test_a_broken_line_loses_no_other(self):
        answer = self.send([line(0), "{broken", "", line(2, temperature=900), "[]", line(3)])
        self.assertEqual(answer.status, 201, answer.body)
        told = answer.json
        self.assertEqual((told["total"], told["successful"], told["failed"]), (5, 2, 3))
        self.assertEqual(len(told["reading_ids"]), 2)
        self.assertEqual([(e["index"], e["line"], e["equipment_id"], e["field"], e["code"])
                          for e in told["errors"]],
                         [(1, 2, None, None, "malformed"),
                          (3, 4, e2e.reading(2)["equipment_id"], "temperature", "out_of_range"),
                          (4, 5, None, None, "type")])
        self.assertTrue(told["errors"][0]["error"].startswith("line 2, column 2: "))
        latest = self.client.get("/api/v1/sensors/%s/latest" % e2e.reading(3)["equipment_id"])
        self.assertEqual([r["reading_id"] for r in latest.json["readings"]],
                         [told["reading_ids"][1]], "stored before it is answered")

    def test_warnings_have_lines(self):
        answer = self.send(["", line(1, temperature=160, vibration=1.6)])
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual([w["line"] for w in answer.json["warnings"]], [2])

    def test_far_more_than_a_batch_has(self):
        readings = [e2e.reading(i, humidity=..., voltage=..., timestamp=...) for i in range(9000)]
        body = "\n".join(json.dumps(r, separators=(",", ":")) for r in readings)
        self.assertLess(len(body), 1024 * 1024)
        answer = self.send(body)
        self.assertIn(answer.status, e2e.TAKEN, answer.body[:1000])
        self.assertEqual((answer.json["successful"], answer.json["failed"]), (9000, 0))
        self.assertEqual(len(set(answer.json["reading_ids"])), 9000)
        spool = self.running.ledger()["spool"]
        self.assertEqual(spool["accepted"], 9000)
        e2e.poll(lambda: self.running.ledger()["sinks"][0]["delivered"] == 9000, "all are stored")

    def test_nothing_good(self):
        for body, code in (("{\n}\n", "malformed"), ("", "length"), ("\n\r\n", "length"),
                           ("{}\n" * 10_001, "length")):
            answer = self.send(body)
            self.assertEqual(answer.status, 422, answer.body)
            self.assertEqual(answer.json["errors"][0]["code"], code)
            self.assertLess(len(answer.body), 4096)
        self.assertEqual(self.running.ledger()["spool"]["accepted"], 0)

    def test_bytes_are_bounded_as_of_any_body(self):
        answer = self.send("x" * (1024 * 1024 + 1))
        self.assertEqual(answer.status, 413)
        self.assertIn("at most 1048576 bytes", answer.json["detail"])

    def test_only_the_batch_endpoint_takes_it(self):
        for path in ("/api/v1/sensors/ingest", "/api/v1/sensors/explain"):
            self.assertEqual(self.send(line(0), path).status, 415)
        document = self.client.get("/api/v1/openapi.json").json
        body = document["paths"][BATCH]["post"]["requestBody"]["content"]
        self.assertIn("up to 10000", body["application/x-ndjson"]["schema"]["description"])

    def test_compressed_and_sent_again(self):
        body = "\n".join(line(i) for i in range(500)).encode()
        packed = subprocess.run(["gzip", "-c"], input=body, capture_output=True, check=True).stdout
        key = {"Idempotency-Key": "a-file"}
        first = self.send(body, **key)
        again = self.send(packed, **key, **{"Content-Encoding": "gzip"})
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json["reading_ids"], again.json["reading_ids"])


if __name__ == "__main__":
    unittest.main()
