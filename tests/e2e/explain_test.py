"""POST /api/v1/sensors/explain: what every validator says of a reading that is not kept."""
import unittest

import e2e
from with_validators import embedded

PATH = "/api/v1/sensors/explain"


class ExplainTest(e2e.HostTest):
    def start(self, before="", after="", environment=None):
        config = self.write("explain.yaml", embedded(before, after))
        self.running = self.host(config, environment).start()
        e2e.poll(lambda: self.running.connected("database"), "the storage is connected")
        self.client = self.running.client()
        self.addCleanup(self.client.close)

    def explain(self, body, **kw):
        return self.client.request("POST", PATH, body, **kw)

    def said(self, body):
        answer = self.explain(body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json, {v["name"]: v for v in answer.json["validators"]}

    def counts(self):
        plugins = self.client.get("/api/v1/plugins").json
        return {v["name"]: v["counts"] for v in plugins["validators"]}

    def test_a_good_reading(self):
        self.start()
        explained, by_name = self.said(e2e.reading(3, equipment_id="pump-b1-042"))
        self.assertEqual((explained["outcome"], explained["status_code"], explained["detail"]),
                         ("accepted", 201, None))
        self.assertEqual([v["name"] for v in explained["validators"]],
                         ["equipment-id", "range", "rules"])
        for validator in explained["validators"]:
            self.assertEqual((validator["verdict"], validator["issues"], validator["reason"],
                              validator["plugin"]), ("passed", [], None, validator["name"]))
            self.assertGreater(validator["nanoseconds"], 0)
        self.assertEqual(by_name["equipment-id"]["changes"], [
            {"field": "equipment_id", "before": "pump-b1-042", "after": "PUMP-B1-042"}])
        self.assertEqual(by_name["range"]["changes"], [])
        self.assertEqual(explained["decode"]["findings"], [])
        reading = explained["reading"]
        sent = e2e.reading(3)
        self.assertEqual((reading["equipment_id"], reading["temperature"], reading["timestamp"]),
                         ("PUMP-B1-042", sent["temperature"], "2026-01-01T00:00:03.000003Z"))

    def test_what_is_explained_is_what_ingest_does(self):
        self.start()
        key = {"Idempotency-Key": "one"}
        for body in (e2e.reading(1), e2e.reading(temperature=160, vibration=1.6),
                     e2e.reading(temperature=900), e2e.reading(equipment_id="x"), [],
                     e2e.reading(temperature=0, vibration=0, pressure=0), {"pressure": "1"}):
            with self.subTest(body=body):
                explained = self.explain(body, headers=key).json
                done = self.client.ingest(body, headers=key)
                self.assertEqual(explained["status_code"], done.status)
                issues = [i for v in explained["validators"] for i in v["issues"]]
                findings = [(f["field"], f["code"], f["message"])
                            for f in explained["decode"]["findings"] + issues]
                told = done.json.get("errors", []) + done.json.get("warnings", [])
                self.assertEqual(sorted(findings, key=str),
                                 sorted(((f["field"], f["code"], f["message"]) for f in told),
                                        key=str))
                if done.status == 201:
                    self.assertEqual(explained["reading"]["reading_id"], done.json["reading_id"])
                else:
                    self.assertIsNone(explained["reading"])

    def test_a_warning_a_rejection_and_a_bad_member(self):
        self.start()
        warned, by_name = self.said(e2e.reading(temperature=160, vibration=1.6))
        self.assertEqual((warned["outcome"], by_name["rules"]["verdict"]), ("accepted", "warned"))
        self.assertEqual(by_name["rules"]["issues"][0]["severity"], "warn")

        rejected, by_name = self.said(e2e.reading(temperature=900))
        self.assertEqual((rejected["outcome"], rejected["status_code"], rejected["reading"]),
                         ("refused", 422, None))
        self.assertEqual(by_name["range"]["verdict"], "rejected")
        issue = by_name["range"]["issues"][0]
        self.assertEqual((issue["severity"], issue["field"], issue["code"]),
                         ("reject", "temperature", "out_of_range"))
        self.assertIn("at most 200", issue["message"])
        self.assertEqual(by_name["rules"]["verdict"], "passed")

        bad, by_name = self.said(e2e.reading(temperature="hot", vibration=9, pressure=...))
        self.assertEqual((bad["outcome"], bad["status_code"]), ("refused", 422))
        self.assertEqual({(f["field"], f["code"]) for f in bad["decode"]["findings"]},
                         {("temperature", "type"), ("pressure", "missing")})
        self.assertEqual(by_name["range"]["verdict"], "rejected", "every fault is told at once")

        nothing, _ = self.said([])
        self.assertEqual({v["verdict"] for v in nothing["validators"]}, {"not_asked"})

    def test_nothing_is_kept_and_nothing_counted(self):
        self.start()
        self.assertEqual(self.client.ingest(e2e.reading(1)).status, 201)
        ledger = e2e.poll(self.at_rest, "nothing waits")
        counts = self.counts()
        for body in (e2e.reading(2), e2e.reading(temperature=900), e2e.reading(temperature="x"),
                     e2e.reading(temperature=160, vibration=1.6)):
            self.said(body)
        self.assertEqual(self.running.ledger(), ledger)
        self.assertEqual(self.counts(), counts)
        latest = self.client.get("/api/v1/sensors/%s/latest" % e2e.reading(2)["equipment_id"])
        self.assertEqual(latest.json["count"], 0)

    def at_rest(self):
        ledger = self.running.ledger()
        return ledger if all(sink["waiting"] == 0 for sink in ledger["sinks"]) else None

    def test_a_validator_with_a_memory_remembers_nothing(self):
        self.start(after="  - plugin: remembers\n")
        body = e2e.reading(1)
        for _ in range(3):
            self.assertEqual(self.said(body)[0]["outcome"], "accepted")
        self.assertEqual(self.client.ingest(body).status, 201)
        explained, by_name = self.said(body)
        self.assertEqual((explained["outcome"], by_name["remembers"]["verdict"]),
                         ("refused", "rejected"))
        self.assertEqual(by_name["remembers"]["issues"][0]["code"], "repeated")

    def test_a_validator_that_fails(self):
        self.start(before="  - plugin: throws-int\n    on_error: pass\n",
                   after="  - plugin: garbage-code\n    on_error: refuse\n"
                         "  - plugin: undeclared-code\n")
        explained, by_name = self.said(e2e.reading(1, equipment_id="pump-b1-042"))
        self.assertEqual((explained["outcome"], explained["status_code"], explained["reading"]),
                         ("failed", 503, None))
        self.assertIn("garbage-code", explained["detail"])
        passing = by_name["throws-int"]
        self.assertEqual((passing["verdict"], passing["on_error"], passing["issues"]),
                         ("failed", "pass", []))
        self.assertIn("exception", passing["reason"])
        self.assertEqual(by_name["range"]["verdict"], "passed")
        refusing = by_name["garbage-code"]
        self.assertEqual((refusing["verdict"], refusing["on_error"]), ("failed", "refuse"))
        self.assertIn("4711", refusing["reason"])
        self.assertEqual(by_name["undeclared-code"]["verdict"], "not_asked")
        self.assertEqual(self.client.ingest(e2e.reading(1)).status, 503)
        self.assertEqual(self.counts()["garbage-code"]["failures"], 1, "that of ingest")

    def test_misbehaviour_is_told(self):
        self.start(after="  - plugin: undeclared-code\n")
        explained, by_name = self.said(e2e.reading(1))
        self.assertEqual(explained["outcome"], "refused")
        self.assertEqual(by_name["undeclared-code"]["misbehaviours"], 1)
        self.assertIn("surprise", by_name["undeclared-code"]["reason"])

    def test_a_storage_that_is_down_makes_a_202(self):
        nowhere = "postgresql://nobody@127.0.0.1:%d/none" % e2e.free_port()
        running = self.host("presets/postgres.yaml", {"DATABASE_URL": nowhere}).start()
        self.client = running.client()
        self.addCleanup(self.client.close)
        e2e.poll(lambda: self.said(e2e.reading(1))[0]["status_code"] == 202, "it is down")
        self.assertEqual(self.client.ingest(e2e.reading(1)).status, 202)

    def test_it_is_admitted_as_ingest_is(self):
        self.start(environment={"RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_PER_MINUTE": "4"})
        self.assertEqual(self.explain("{").status, 400)
        self.assertEqual(self.explain("{").json["detail"], self.client.ingest("{").json["detail"])
        self.assertEqual(self.client.ingest(e2e.reading(1)).status, 201)
        limited = self.explain(e2e.reading(1))
        self.assertEqual(limited.status, 429)
        self.assertGreater(int(limited.headers["Retry-After"]), 0)
        large = self.explain(" " * (1 << 20) + "{}")
        self.assertEqual(large.status, 413)
        self.assertEqual(self.explain("{}", headers={"Content-Type": "text/plain"}).status, 415)

    def test_methods(self):
        self.start()
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            answer = self.client.request(method, PATH)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST, OPTIONS"))
        options = self.client.request("OPTIONS", PATH)
        self.assertEqual((options.status, options.headers["Allow"]), (204, "POST, OPTIONS"))
        document = self.client.get("/api/v1/openapi.json").json
        self.assertIn("post", document["paths"][PATH])


if __name__ == "__main__":
    unittest.main()
