"""Spans, as a collector gets them."""
import contextlib
import http.server
import json
import threading
import time
import unittest

import e2e
import reloading
from poll import poll

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def traceparent(trace=TRACE, sampled=True):
    return {"traceparent": "00-%s-%s-%s" % (trace, PARENT, "01" if sampled else "00")}


class Collector:
    """A small collector of OTLP/HTTP in JSON. `status`: what it answers; `hangs`: nothing."""

    def __init__(self):
        self.spans, self.resources, self.requests = [], [], 0
        self.status, self.hangs = 200, threading.Event()
        self.released = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests += 1
                if outer.hangs.is_set():
                    outer.released.wait(e2e.PATIENCE)
                if outer.status == 200:
                    outer.take(self.path, self.headers["Content-Type"], json.loads(body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/v1/traces" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, kind, body):
        assert (path, kind) == ("/v1/traces", "application/json"), (path, kind)
        for of_resource in body["resourceSpans"]:
            self.resources.append({a["key"]: a["value"]["stringValue"]
                                   for a in of_resource["resource"]["attributes"]})
            for of_scope in of_resource["scopeSpans"]:
                self.spans += of_scope["spans"]

    def of(self, trace):
        return [span for span in self.spans if span["traceId"] == trace]

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def attributes(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


class TracingTest(reloading.ReloadTest):
    def setUp(self):
        super().setUp()
        self.collector = Collector()
        self.addCleanup(self.collector.close)
        self.config["log"] = {"level": "DEBUG"}
        self.config["validators"] = [{"plugin": "range",
                                      "options": {"temperature": {"min": 0, "max": 100}}}]
        self.config["sinks"].append(reloading.sqlite("second"))
        self.config["tracing"] = {"endpoint": self.collector.url, "sample_every": 0}

    def serve_traced(self):
        host = self.serve()
        client = host.client()
        self.addCleanup(client.close)
        poll(lambda: host.connected("database", "second"), "the sinks are connected")
        return host, client

    def test_a_request_is_followed_to_every_sink(self):
        host, client = self.serve_traced()
        begin = time.time_ns()
        answer = client.batch([e2e.reading(1), e2e.reading(2, temperature=1000), e2e.reading(3)],
                              headers={**traceparent(), "X-Request-ID": "mine"})
        self.assertEqual(answer.status, 201)
        poll(lambda: len(self.collector.of(TRACE)) == 5, "five spans come")
        spans = {span["name"]: span for span in self.collector.of(TRACE)}
        request = spans["POST /api/v1/sensors/ingest/batch"]
        self.assertEqual(set(spans), {request["name"], "validate", "spool", "write database",
                                      "write second"})
        self.assertEqual(request["parentSpanId"], PARENT)
        self.assertEqual(answer.headers["traceresponse"], "00-%s-%s-01" % (TRACE,
                                                                           request["spanId"]))
        for name, span in spans.items():
            if span is not request:
                self.assertEqual(span["parentSpanId"], request["spanId"], name)
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
            self.assertLess(begin, int(span["endTimeUnixNano"]), name)
        self.assertEqual(attributes(request)["http.response.status_code"], "201")
        self.assertEqual(attributes(request)["ingest.request_id"], "mine")
        self.assertEqual(attributes(request)["ingest.readings"], "3")
        self.assertEqual(attributes(spans["validate"])["ingest.readings"], "3")
        self.assertEqual(attributes(spans["spool"])["ingest.readings"], "2")
        self.assertEqual(attributes(spans["write second"])["ingest.sink"], "second")
        self.assertEqual(self.collector.resources[0]["service.name"], "sensor-ingestion-service")
        self.assertIn('"request_id":"mine","trace_id":"%s"' % TRACE, host.log())

    def test_who_is_traced(self):
        self.config["tracing"]["sample_every"] = 2
        host, client = self.serve_traced()
        others = "%032x"
        for i in range(1, 5):
            client.ingest(e2e.reading(i), headers=traceparent(others % i, sampled=False))
            client.ingest(e2e.reading(10 + i), headers={"traceparent": "rubbish"})
        client.ingest(e2e.reading(50), headers=traceparent())
        poll(lambda: any(s["name"].startswith("POST") for s in self.collector.of(TRACE)),
             "the last one comes")
        roots = [span for span in self.collector.spans if span["name"].startswith("POST")]
        by_us = [span for span in roots if "parentSpanId" not in span]
        self.assertFalse([s for i in range(1, 5) for s in self.collector.of(others % i)])
        # Every other one of those that said nothing that makes sense, and what the start asked.
        self.assertEqual(len(by_us), 2)
        self.assertEqual(len(roots), 3)

    def test_a_sink_that_fails_says_why(self):
        url, database = self.database()
        self.config["sinks"][1] = {"name": "second", "plugin": "postgres-sink",
                                   "options": {"url": url}}
        _, client = self.serve_traced()
        with database.cursor() as cursor:
            cursor.execute("ALTER TABLE sensor_data RENAME TO gone")
        client.ingest(e2e.reading(), headers=traceparent())
        poll(lambda: [s for s in self.collector.of(TRACE) if s["name"] == "write second"],
             "its write comes")
        span = next(s for s in self.collector.of(TRACE) if s["name"] == "write second")
        self.assertEqual(span["status"]["code"], 2)
        self.assertNotEqual(span["status"]["message"], "")

    def spans_total(self, client, outcome):
        text = client.get("/metrics").body.decode()
        name = 'ingest_trace_spans_total{outcome="%s"} ' % outcome
        return int(next(line for line in text.splitlines() if line.startswith(name))[len(name):])

    def test_a_collector_that_is_gone_or_hangs_holds_up_nobody(self):
        self.collector.hangs.set()
        self.config["tracing"]["sample_every"] = 1
        host, client = self.serve_traced()
        # More than wait for the collector at most: 2,048, and 512 on their way.
        for i in range(1000):
            self.assertEqual(client.ingest(e2e.reading(i)).status, 201)
        self.assertGreater(self.spans_total(client, "dropped"), 0)
        self.assertEqual(self.spans_total(client, "exported"), 0)
        poll(lambda: "the collector does not take spans" in host.log(), "the log says so")
        self.assertEqual(host.log().count("the collector does not take spans"), 1)
        self.assertEqual(host.stop(), 0)

    def test_it_comes_back(self):
        self.collector.status = 503
        host, client = self.serve_traced()
        client.ingest(e2e.reading(1), headers=traceparent())
        poll(lambda: "it answered 503" in host.log(), "the log says so")
        self.collector.status = 200
        client.ingest(e2e.reading(2), headers=traceparent())
        poll(lambda: "the collector takes spans again" in host.log(), "the log says so")
        poll(lambda: self.spans_total(client, "exported") > 0, "it is counted")

    def test_what_waits_is_sent_at_the_end(self):
        host, client = self.serve_traced()
        client.ingest(e2e.reading(1), headers=traceparent())
        self.assertEqual(host.stop(), 0)
        self.assertEqual(len(self.collector.of(TRACE)), 5)


if __name__ == "__main__":
    unittest.main()
