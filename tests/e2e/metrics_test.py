"""/metrics as a scraper sees it, and the documents that name its metrics."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess

import e2e
import reloading
from poll import poll

SERIES_MAX = 1000
BATCH = "/api/v1/sensors/ingest/batch"
SUFFIXES = ("_bucket", "_sum", "_count")


def promtool(test, *words, text=None):
    """Fails the test when promtool finds fault."""
    if shutil.which("promtool") is None:
        test.skipTest("promtool is not installed: the Debian package prometheus has it")
    done = subprocess.run(["promtool", *words], input=text, text=True, timeout=e2e.PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    test.assertEqual((done.returncode, "error" in done.stdout.lower()), (0, False), done.stdout)


class Scrape:
    """One answer of /metrics."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.values = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                assert series not in self.values, series
                self.values[series] = float(value)

    def family(self, name):
        for suffix in SUFFIXES:
            if self.types.get(name.removesuffix(suffix)) == "histogram":
                return name.removesuffix(suffix)
        return name

    def labels(self):
        """Family to the labels that its series have, but for `le`."""
        found = {name: set() for name in self.types}
        for series in self.values:
            name, _, labels = series.partition("{")
            found[self.family(name)] |= set(re.findall(r'(\w+)="', labels)) - {"le"}
        return found

    def sum(self, name, **labels):
        wanted = ['%s="%s"' % pair for pair in labels.items()]
        return sum(value for series, value in self.values.items()
                   if series.partition("{")[0] == name and all(w in series for w in wanted))


def scrape(host, test):
    client = host.client()
    answer = client.get("/metrics")
    client.close()
    test.assertEqual(answer.status, 200, answer.body)
    test.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
    return Scrape(answer.body.decode())


def documented():
    """Name to (type, labels), of the tables in docs/metrics.md."""
    with open(os.path.join(e2e.SOURCE, "docs/metrics.md")) as file:
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$", file.read(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def named_in(expressions):
    return set(re.findall(r"\b((?:ingest|process)_\w+)", "\n".join(expressions)))


class MetricsTest(e2e.HostTest):
    def test_every_metric_is_documented_and_sound(self):
        host = self.host().start()
        host.client().ingest(e2e.reading())
        told = scrape(host, self)
        self.assertEqual({name: (kind, told.labels()[name]) for name, kind in told.types.items()},
                         documented())
        promtool(self, "check", "metrics", text=told.text)

    def test_dashboard_and_rules_name_what_is_there(self):
        told = scrape(self.host().start(), self)
        with open(os.path.join(e2e.SOURCE, "deploy/grafana/ingest-host.json")) as file:
            dashboard = json.load(file)
        expressions = [target["expr"] for panel in dashboard["panels"]
                       for target in panel.get("targets", [])]
        expressions += [v["query"] for v in dashboard["templating"]["list"] if "query" in v]
        rules = os.path.join(e2e.SOURCE, "deploy/prometheus/alerts.yaml")
        with open(rules) as file:
            of_rules = named_in([file.read()])
        for names in (named_in(expressions), of_rules):
            self.assertGreater(len(names), 10)
            self.assertEqual({n for n in names if told.family(n) not in told.types}, set())
        promtool(self, "check", "rules", rules)

    def test_requests_and_readings_are_counted(self):
        host = self.host().start()
        client = host.client()
        before = scrape(host, self)
        self.assertEqual(client.ingest(e2e.reading()).status, 201)
        self.assertEqual(client.ingest(e2e.reading(temperature=1000)).status, 422)
        hot = e2e.reading(temperature=180, vibration=1.75)
        batch = [e2e.reading(1), hot, e2e.reading(2, temperature=1000)]
        self.assertEqual(client.batch(batch).status, 201)
        self.assertEqual(client.request("POST", "/no/such/path", b"").status, 404)
        after = scrape(host, self)

        def grown(name, **labels):
            return after.sum(name, **labels) - before.sum(name, **labels)
        self.assertEqual(grown("ingest_readings_total", outcome="stored"), 3)
        self.assertEqual(grown("ingest_readings_total", outcome="refused"), 2)
        self.assertEqual(grown("ingest_readings_warned_total"), 1)
        one = "/api/v1/sensors/ingest"
        self.assertEqual(grown("ingest_http_requests_total", route=one, code="2xx"), 1)
        self.assertEqual(grown("ingest_http_requests_total", route=one, code="4xx"), 1)
        self.assertEqual(grown("ingest_http_requests_total", route=one + "/batch"), 1)
        self.assertEqual(grown("ingest_http_requests_total", route="other", code="4xx"), 1)
        self.assertEqual(grown("ingest_http_request_duration_seconds_count", route=one), 2)
        self.assertEqual(grown("ingest_validator_calls_total", validator="range"), 3)
        self.assertEqual(grown("ingest_validator_readings_total", validator="range"), 5)
        self.assertGreater(grown("ingest_validator_seconds_total", validator="range"), 0)
        self.assertEqual(grown("ingest_validator_verdicts_total", validator="range",
                               code="out_of_range", verdict="rejected"), 2)
        self.assertEqual(grown("ingest_validator_verdicts_total", validator="rules",
                               verdict="warned"), 1)
        self.assertEqual(grown("ingest_spool_readings_total"), 3)
        self.assertEqual(grown("ingest_spool_group_readings_sum"), 3)

    def test_the_ledger_adds_up(self):
        host = self.host().start()
        client = host.client()
        for i in range(20):
            self.assertEqual(client.ingest(e2e.reading(i)).status, 201)
        told = scrape(host, self)
        accepted = told.sum("ingest_sink_readings_accepted_total", sink="database")
        self.assertEqual(accepted, 20)
        parts = ("readings_delivered_total", "readings_waiting", "dead_letters_total",
                 "readings_lost_total")
        self.assertEqual(accepted, sum(told.sum("ingest_sink_" + part, sink="database")
                                       for part in parts))
        self.assertGreater(told.sum("ingest_sink_write_duration_seconds_count"), 0)

    def test_no_client_makes_a_series(self):
        host = self.host().start()
        client = host.client()
        before = scrape(host, self)
        sent = 0
        for i in range(10):  # 100,000 ids
            body = "\n".join('{"equipment_id":"SEEN-%s%d-%03d","temperature":1,"vibration":1,'
                             '"pressure":1}' % ("ABCDEFGHIJ"[i], n // 1000, n % 1000)
                             for n in range(10_000))
            answer = client.request("POST", BATCH, body, {"Content-Type": "application/x-ndjson"})
            self.assertIn(answer.status, e2e.TAKEN, answer.body[:500])
            sent += answer.json["successful"]
        self.assertEqual(sent, 100_000)
        odd = ["/" + "a" * 3000, "/%00", "/..%2f..%2f", "/\"}x{", "//", "/api/v1/sensors//latest",
               "/metrics/", "/health?SEEN=1", "/api/v1/sensors/%ff/latest", "*"]
        for i in range(300):
            name = "NEVER-SEEN%d-%03d" % (i, i)
            client.get("/api/v1/sensors/%s/latest" % name)
            client.get("/" + name)
            client.get(odd[i % len(odd)])
            client.request(name.replace("-", ""), "/health")
        after = scrape(host, self)
        self.assertEqual(after.values.keys(), before.values.keys())
        self.assertLessEqual(len(after.values), SERIES_MAX)
        self.assertNotIn("SEEN", after.text)

    def test_it_answers_while_requests_are_refused(self):
        host = self.host(environment={"RATE_LIMIT_ENABLED": "true",
                                      "RATE_LIMIT_PER_MINUTE": "1"}).start()
        client = host.client()
        statuses = [client.ingest(e2e.reading(i)).status for i in range(10)]
        self.assertIn(429, statuses)
        told = scrape(host, self)
        self.assertEqual(told.sum("ingest_http_rate_limited_total"), statuses.count(429))

    def test_it_answers_while_load_is_shed(self):
        config = reloading.configuration()
        config["http"]["limits"] = {"body_bytes": "512KiB", "in_flight_bytes": "1MiB",
                                    "body_rate_min": 0, "body_timeout": "5m"}
        host = self.host(self.write("shed.yaml", json.dumps(config))).start()
        # Two bodies whose last bytes do not come hold all there is for bodies.
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                slow = stack.enter_context(socket.create_connection(("127.0.0.1", host.port),
                                                                    timeout=e2e.PATIENCE))
                slow.sendall(b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\n"
                             b"Content-Type: application/json\r\nContent-Length: 524288\r\n\r\n"
                             + b" " * 524287)
            client = host.client()
            poll(lambda: client.ingest(e2e.reading()).status == 503, "load is shed")
            told = scrape(host, self)
        self.assertGreaterEqual(told.sum("ingest_http_shed_total"), 1)


class ReloadedMetricsTest(reloading.ReloadTest):
    def test_sinks_and_validators_are_those_that_serve(self):
        host = self.serve()
        told = scrape(host, self)
        self.assertEqual(told.sum("ingest_sink_connected", sink="second"), 0)
        self.assertFalse([s for s in told.values if 'sink="second"' in s])
        self.config["sinks"].append(reloading.sqlite("second"))
        self.config["validators"] = [{"plugin": "range",
                                      "options": {"temperature": {"min": 0, "max": 100}}}]
        self.reload()
        client = host.client()
        self.assertEqual(client.ingest(e2e.reading()).status, 201)
        told = scrape(host, self)
        self.assertEqual(told.sum("ingest_sink_readings_accepted_total", sink="second"), 1)
        self.assertEqual(told.sum("ingest_sink_readings_accepted_total", sink="database"), 1)
        self.assertEqual(told.sum("ingest_validator_calls_total", validator="range"), 1)
        self.assertEqual(told.sum("ingest_reloads_total", outcome="done"), 1)
        self.config["sinks"].pop()
        self.config["validators"] = []
        self.reload()
        told = scrape(host, self)
        self.assertFalse([s for s in told.values if 'sink="second"' in s or '"range"' in s])
        # What stays goes on counting.
        self.assertEqual(told.sum("ingest_sink_readings_accepted_total", sink="database"), 1)
        self.assertEqual(told.sum("ingest_last_reload_successful"), 1)

        loaded = told.sum("ingest_configuration_timestamp_seconds")
        self.put({"no": "configuration"})
        self.assertEqual(self.command("--dir", "spool")[0], 2)
        told = scrape(host, self)
        self.assertEqual(told.sum("ingest_reloads_total", outcome="done"), 2)
        self.assertEqual(told.sum("ingest_reloads_total", outcome="refused"), 1)
        self.assertEqual(told.sum("ingest_last_reload_successful"), 0)
        self.assertEqual(told.sum("ingest_configuration_timestamp_seconds"), loaded)
