"""Compressed answers, undone by the tools that clients have, through the built binary."""
import gzip
import json
import os
import subprocess
import unittest

import e2e

BATCH = "/api/v1/sensors/ingest/batch"
ASSETS = ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/api/v1/openapi.json")


def decoded(answer):
    coding = answer.headers["Content-Encoding"]
    if coding == "gzip":
        return gzip.decompress(answer.body)
    if coding == "zstd":
        return subprocess.run(["zstd", "-d", "-q", "-c"], input=answer.body, capture_output=True,
                              check=True).stdout
    assert coding is None, coding
    return answer.body


class AnswerCodingTest(e2e.ServedTest):
    def get(self, path, accepted, **headers):
        return self.client.get(path, headers={"Accept-Encoding": accepted, **headers})

    def test_documents(self):
        for path in ASSETS:
            plain = self.get(path, "identity")
            self.assertIsNone(plain.headers["Content-Encoding"])
            tags = {plain.headers["ETag"]}
            for coding in ("gzip", "zstd"):
                answer = self.get(path, coding)
                self.assertEqual(answer.headers["Content-Encoding"], coding)
                self.assertEqual(answer.headers["Vary"], "Accept-Encoding")
                self.assertEqual(answer.headers["Content-Type"], plain.headers["Content-Type"])
                self.assertLess(len(answer.body), len(plain.body) / 3)
                self.assertEqual(decoded(answer), plain.body)
                tag = answer.headers["ETag"]
                tags.add(tag)
                again = self.get(path, coding, **{"If-None-Match": tag})
                self.assertEqual((again.status, again.body), (304, b""))
                self.assertEqual(self.get(path, "identity", **{"If-None-Match": tag}).status, 200)
            self.assertEqual(len(tags), 3, path)

    def test_answers_of_readings(self):
        for i in range(100):
            self.client.ingest(e2e.reading(equipment_id="PUMP-A1-001", humidity=i / 2))
        path = "/api/v1/sensors/PUMP-A1-001/latest?limit=100"
        plain = self.get(path, "identity")
        self.assertEqual(plain.json["count"], 100)
        for coding in ("gzip", "zstd"):
            answer = self.get(path, coding)
            self.assertEqual(answer.headers["Content-Encoding"], coding)
            self.assertLess(len(answer.body), len(plain.body) / 3)
            self.assertEqual(decoded(answer), plain.body)

    def test_answers_of_posts(self):
        readings = [e2e.reading(i) for i in range(100)]
        readings[7]["temperature"] = 900
        accepting = {"Accept-Encoding": "gzip"}
        answer = self.client.batch(readings, headers=accepting)
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        told = json.loads(decoded(answer))
        self.assertEqual((told["successful"], told["failed"]), (99, 1))
        one = self.client.ingest(e2e.reading(1), headers=accepting)
        self.assertEqual(one.status, 201)
        self.assertIsNone(one.headers["Content-Encoding"])
        self.assertIsNone(one.headers["Vary"])
        lines = "\n".join(json.dumps(e2e.reading(i)) for i in range(5000))
        answer = self.client.request("POST", BATCH, lines, {
            "Content-Type": "application/x-ndjson", "Accept-Encoding": "zstd"})
        self.assertEqual(len(json.loads(decoded(answer))["reading_ids"]), 5000)

    def test_metrics(self):
        answer = self.get("/metrics", "gzip")
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertIn(b"\n# TYPE ", decoded(answer))

    def test_curl_asks_and_undoes(self):
        url = "http://127.0.0.1:%d/api/v1/openapi.json" % self.running.port
        self.bash("curl -sf --compressed -D head %s > sent; curl -sf %s > plain; cmp sent plain"
                  % (url, url))
        with open(os.path.join(self.directory, "head")) as head:
            self.assertIn("content-encoding: ", head.read().lower())

    def test_nothing_acceptable(self):
        answer = self.get("/api/v1/openapi.json", "identity;q=0, br")
        self.assertEqual(answer.status, 406)
        self.assertIn("gzip", answer.json["detail"])
        self.assertEqual(self.get("/", "gzip, *;q=0").headers["Content-Encoding"], "gzip")


if __name__ == "__main__":
    unittest.main()
