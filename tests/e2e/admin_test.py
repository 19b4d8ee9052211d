"""The listener for who operates the host."""
import contextlib
import json
import os
import re

import e2e
import handover
import reloading
from poll import poll

LATEST = "/api/v1/sensors/PUMP-A0-000/latest"


def admin_client(host):
    """Of a host that is told to take any free port for it."""
    port = poll(lambda: re.search(r'"listener":"admin".*?"port":(\d+)', host.log()),
                "the log tells the port of the admin listener")
    return e2e.Client(int(port[1]))


class AdminTest(reloading.ReloadTest):
    def setUp(self):
        super().setUp()
        self.config["admin"] = {"port": 0}

    def test_it_has_what_operators_need_and_no_readings(self):
        host = self.serve()
        with contextlib.closing(host.client()) as client, \
                contextlib.closing(admin_client(host)) as admin:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
            for path in ("/health", "/health/ready", "/internal/ledger", "/api/v1/plugins"):
                self.assertEqual((admin.get(path).status, client.get(path).status), (200, 200))
            told = admin.get("/metrics")
            self.assertEqual(told.status, 200)
            # Of the API, not of this listener.
            self.assertIn('ingest_readings_total{outcome="stored"} 1\n', told.body.decode())
            self.assertEqual(client.get("/metrics").status, 404)
            self.assertNotIn("/metrics", client.get("/api/v1/openapi.json").json["paths"])
            for answer in (admin.ingest(e2e.reading()), admin.batch([e2e.reading()]),
                           admin.get(LATEST), admin.get("/docs"),
                           admin.request("POST", "/api/v1/sensors/explain", e2e.reading())):
                self.assertEqual(answer.status, 404)
            self.assertEqual(client.get(LATEST).json["count"], 1)
        self.assertNotIn("whoever reaches this port can read metrics", host.log())

    def test_it_asks_for_no_key(self):
        keys = os.path.join(self.directory, "keys")
        self.bash('"%s" keys new a --scope ingest --file "%s"' % (e2e.HOST_BINARY, keys))
        self.config["http"]["auth"] = {"keys": keys}
        host = self.serve()
        with contextlib.closing(host.client()) as client, \
                contextlib.closing(admin_client(host)) as admin:
            self.assertEqual(client.get("/api/v1/plugins").status, 401)
            for path in ("/metrics", "/api/v1/plugins"):
                self.assertEqual(admin.get(path).status, 200)

    def test_a_reload_leaves_it_alone_and_cannot_move_it(self):
        host = self.serve()
        with contextlib.closing(admin_client(host)) as admin:
            self.assertEqual(admin.get("/metrics").status, 200)
            self.config["validators"] = [{"plugin": "range",
                                          "options": {"temperature": {"min": 0}}}]
            self.reload()
            self.assertIn('validator="range"', admin.get("/metrics").body.decode())
            self.config["admin"] = {"port": e2e.free_port()}
            self.put()
            status, text = self.command("--dir", "spool")
            self.assertEqual(status, 2)
            self.assertRegex(text, r"config\.yaml:\d+:\d+: admin: a change of it needs a restart")
            self.assertEqual(admin.get("/health").status, 200)

    def test_it_warns_when_others_reach_it(self):
        self.config["admin"]["host"] = "0.0.0.0"
        host = self.serve()
        warnings = [line for line in map(json.loads, host.log().splitlines())
                    if line["level"] == "WARNING" and line.get("listener") == "admin"]
        self.assertEqual(len(warnings), 1)
        self.assertEqual(warnings[0]["host"], "0.0.0.0")

    def test_a_taken_port_ends_the_start(self):
        first = self.serve()
        self.config["admin"]["port"] = first.port
        self.put()
        directory = os.path.join(self.directory, "second")
        os.mkdir(directory)
        second = self.host(self.path, directory=directory).start(wait=False)
        self.assertEqual(second.process.wait(e2e.PATIENCE), 1)
        self.assertRegex(second.log(), r"ingest-host: admin\.host, admin\.port: .*%d" % first.port)
        self.assertNotIn('"message":"listening"', second.log())  # it took no reading

    def test_the_next_process_takes_it_over(self):
        held = handover.HeldSocket()
        self.addCleanup(held.close)
        self.config["admin"]["port"] = port = e2e.free_port()
        self.put()
        former = self.host(self.path)
        held.start(former)
        handover.wait_for(former, handover.SERVING)
        successor = self.host(self.path)
        self.assertEqual(handover.hand_over(held, former, successor), 0)
        with contextlib.closing(e2e.Client(port)) as admin:
            self.assertEqual(admin.get("/health/ready").status, 200)
