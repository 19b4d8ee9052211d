"""The audit log: who sent each reading that is stored, as the lines of the log have it."""
import collections
import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import unittest

import e2e
import reloading
import tls
from audit import stores
from auth_test import SECRET, base64url, bearer, token
from poll import poll

INGEST = "/api/v1/sensors/ingest"
BATCH = INGEST + "/batch"
MEMBERS = {"timestamp", "level", "service", "version", "environment", "logger", "message",
           "request_id", "trace_id", "address", "client", "key_id", "issuer", "certificate",
           "idempotency_key", "outcome", "readings", "part", "parts", "reading_ids"}


class AuditLogTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.keys = os.path.join(self.directory, "keys")
        self.config = reloading.configuration()
        self.config["log"] = {"level": "ERROR", "audit": True}
        self.config["http"]["trusted_proxies"] = ["127.0.0.0/8"]

    def new_key(self, name, *words):
        made = subprocess.run([e2e.HOST_BINARY, "keys", "new", name, "--scope", "ingest", *words,
                               "--file", self.keys], text=True, capture_output=True, check=True)
        return made.stdout.strip()

    def ask_who(self):
        """Has the host let in keys and tokens alone."""
        jwks = {"keys": [{"kid": "h", "kty": "oct", "alg": "HS256", "k": base64url(SECRET)}]}
        os.chmod(self.write("jwks.json", json.dumps(jwks)), 0o600)
        self.config["http"]["auth"] = {
            "keys": "keys", "jwt": {"jwks": "jwks.json", "issuer": "issuer", "audience": "ingest"}}

    def serve(self, environment=None):
        host = self.host(self.write("config.yaml", json.dumps(self.config)), environment).start()
        self.client = host.client()
        self.addCleanup(self.client.close)
        return host

    def lines(self, message="readings accepted"):
        lines = [json.loads(line) for line in self.hosts[-1].log().splitlines()
                 if line.startswith("{")]
        return [line for line in lines
                if line["logger"] == "audit" and line["message"] == message]

    def attributions(self):
        """The lines that name each reading id."""
        found = collections.defaultdict(list)
        for line in self.lines():
            self.assertEqual(set(line), MEMBERS)
            self.assertEqual(line["level"], "INFO")
            self.assertLessEqual(len(line["reading_ids"]), 100)
            for reading_id in line["reading_ids"]:
                found[reading_id].append(line)
        return found

    def stored(self):
        path = os.path.join(self.directory, "database.db")
        return {one.reading_id for one in stores.sqlite(path)}

    def send(self, body, media="application/json", path=BATCH, **headers):
        return self.client.request("POST", path, body, {"Content-Type": media, **headers})

    def test_each_of_1000_readings_has_one_line(self):
        keys = {name: self.new_key(name) for name in ("alpha", "beta", "gamma")}
        self.ask_who()
        self.serve()
        sent = {}  # reading id: (client, request id, address)

        def note(answer, who, address):
            self.assertEqual(answer.status, 201, answer.body)
            told = answer.json
            for reading_id in told.get("reading_ids") or [told["reading_id"]]:
                sent[reading_id] = (who, answer.headers["X-Request-ID"], address)

        shown = [("key:" + name, {"X-API-Key": key}) for name, key in keys.items()]
        shown.append(("token:gateway", bearer(token())))
        number = 0
        for i in range(100):
            who, headers = shown[i % len(shown)]
            address = "203.0.113.%d" % i
            note(self.client.ingest(e2e.reading(i), headers={**headers,
                                                             "X-Forwarded-For": address}),
                 who, address)
        for number, size in enumerate((100, 1, 99, 100)):
            who, headers = shown[number]
            batch = [e2e.reading(i) for i in range(size)] + [e2e.reading(0, temperature="hot")]
            note(self.client.batch(batch[-100:], headers={**headers, "X-Request-ID": "b%d" % size}),
                 who, "127.0.0.1")
        body = "\n".join(json.dumps(e2e.reading(i)) for i in range(501)) + "\n{broken\n"
        who, headers = shown[1]
        note(self.send(body, "application/x-ndjson", **headers), who, "127.0.0.1")
        who, headers = shown[3]
        table = "equipment_id,temperature,vibration,pressure\n" + "PUMP-A0-001,1,1,1\n" * 102
        note(self.send(table, "text/csv", **headers), who, "127.0.0.1")
        self.assertGreaterEqual(len(sent), 1000)
        self.assertEqual(self.stored(), set(sent))
        found = self.attributions()
        self.assertEqual(set(found), set(sent))
        for reading_id, lines in found.items():
            self.assertEqual(len(lines), 1, reading_id)
            line = lines[0]
            self.assertEqual((line["client"], line["request_id"], line["address"]),
                             sent[reading_id])
            self.assertEqual(line["outcome"], "stored")
            kind, _, name = line["client"].partition(":")
            expected = (("h", "issuer") if kind == "token" else
                        (hashlib.sha256(keys[name].encode()).hexdigest()[:12], ""))
            self.assertEqual((line["key_id"], line["issuer"]), expected)
        parts = [(line["part"], line["parts"], len(line["reading_ids"])) for line in self.lines()
                 if line["readings"] == 501]
        self.assertEqual(parts, [(n, 6, 100) for n in range(1, 6)] + [(6, 6, 1)])
        log = self.hosts[-1].log()
        for key in keys.values():
            self.assertNotIn(key[5:], log)
        self.assertNotIn(bearer(token())["Authorization"][7:], log)

    def test_a_retry_does_not_contradict(self):
        mine, other = self.new_key("mine"), self.new_key("other")
        self.ask_who()
        self.serve()
        batch = {"readings": [e2e.reading(i) for i in range(20)]}
        for key, request_id in ((mine, "first"), (mine, "again"), (other, "foreign")):
            answer = self.send(batch, **{"X-API-Key": key, "Idempotency-Key": "the-same",
                                         "X-Request-ID": request_id})
            self.assertEqual(answer.status, 201)
        stored = self.stored()
        self.assertEqual(len(stored), 20)
        found = self.attributions()
        self.assertEqual(set(found), stored)
        for lines in found.values():
            self.assertEqual([(line["client"], line["request_id"]) for line in lines],
                             [("key:mine", "first"), ("key:mine", "again"),
                              ("key:other", "foreign")], "the first holds")
            self.assertEqual({line["idempotency_key"] for line in lines}, {"the-same"})

    def test_nothing_kept_has_no_line(self):
        self.serve()
        self.assertEqual(self.client.batch([e2e.reading(temperature="hot")]).status, 422)
        self.assertEqual(self.client.ingest(b"{").status, 400)
        self.assertEqual(self.client.ingest(e2e.reading()).status, 201)
        lines = self.lines()
        self.assertEqual([(line["client"], line["key_id"], line["address"], line["readings"])
                          for line in lines], [("", "", "127.0.0.1", 1)])

    def test_off_by_default_and_turned_on_by_a_reload(self):
        self.config["log"] = {"level": "INFO"}
        host = self.serve()
        self.assertEqual(self.client.ingest(e2e.reading(1)).status, 201)
        self.assertEqual(self.lines(), [])
        self.config["log"]["audit"] = True
        self.write("config.yaml", json.dumps(self.config))
        status, text = reloading.ask(host, "--dir", "spool")
        self.assertEqual(status, 0, text)
        self.assertEqual(self.client.ingest(e2e.reading(2)).status, 201)
        self.assertEqual(len(self.lines()), 1)

    def test_hostile_names_are_escaped_and_bounded(self):
        self.new_key("unused")
        self.ask_who()
        host = self.serve()
        names = ("\",\"client\":\"key:admin", "line\nbreak\r\u2028\u0085", "\x1b[2J\x00", "\\",
                 "\x01" * 256, "ä" * 128)
        for name in names:
            answer = self.client.ingest(e2e.reading(), headers=bearer(token(sub=name)))
            self.assertEqual(answer.status, 201, name)
        self.assertEqual([line["client"] for line in self.lines()],
                         ["token:" + name for name in names])
        for line in host.log().splitlines():
            self.assertLess(len(line), 16 * 1024)

    def test_a_line_that_cannot_be_written_is_counted(self):
        host = self.host(self.write("config.yaml", json.dumps(self.config)))
        host.prefix = ["sh", "-c", 'exec "$@" > /dev/full', "sh"]
        host.start()
        with contextlib.closing(host.client()) as client:
            def lost():
                told = client.get("/metrics").body.decode()
                return float(re.search(r"(?m)^ingest_log_lines_lost_total (\S+)$", told).group(1))

            before = lost()
            for size in (1, 100, 101):
                body = "\n".join(json.dumps(e2e.reading(i)) for i in range(size))
                answer = client.request("POST", BATCH, body,
                                        {"Content-Type": "application/x-ndjson"})
                self.assertEqual(answer.status, 201)
            self.assertEqual(lost() - before, 1 + 1 + 2)

    def test_refusals_have_lines(self):
        key = self.new_key("pumps", "--prefix", "PUMP-")
        self.ask_who()
        self.serve()
        self.assertEqual(self.client.ingest(e2e.reading()).status, 401)
        self.assertEqual(self.client.ingest(e2e.reading(), headers=bearer("wrong")).status, 401)
        self.assertEqual(self.client.get("/metrics", headers=bearer(key)).status, 403)
        for headers in (bearer(key), {**bearer(key), "Content-Type": "application/x-ndjson"}):
            path = BATCH if len(headers) > 1 else INGEST
            foreign = json.dumps(e2e.reading(equipment_id="FAN-1"))
            self.assertEqual(self.client.request("POST", path, foreign, headers=headers).status,
                             403)
        lines = self.lines("refused")
        self.assertEqual([(line["status"], line["client"], line["route"]) for line in lines],
                         [(401, "", INGEST), (401, "", INGEST), (403, "key:pumps", "/metrics"),
                          (403, "key:pumps", INGEST), (403, "key:pumps", BATCH)])
        for line, reason in zip(lines, ("show a key", "the token is malformed", "needs the scope",
                                        "not for this equipment", "not for this equipment")):
            self.assertIn(reason, line["reason"])
        answers = 5
        for _ in range(60):
            self.assertEqual(self.client.ingest(e2e.reading(), headers=bearer("wrong")).status, 401)
            answers += 1

        def told():
            lines = self.lines("refused")
            return len(lines) + sum(line["lines_suppressed"] for line in lines)

        def all_told():
            nonlocal answers
            self.client.ingest(e2e.reading(), headers=bearer("wrong"))
            answers += 1
            return told() == answers

        poll(all_told, "what was left out is counted by a later line")

    def test_readings_whose_client_may_not_hear_of_them(self):
        """The storage is away, and the host is told to end while the client waits for it."""
        self.config["sinks"] = [{"name": "database", "plugin": "postgres-sink",
                                 "options": {"url": "postgresql://127.0.0.1:%d/none"
                                             % e2e.free_port()}}]
        self.config["ack_timeout"] = "60s"
        self.config["drain"] = {"timeout": "1s"}
        host = self.serve()
        sock = socket.create_connection(("127.0.0.1", host.port), e2e.PATIENCE)
        self.addCleanup(sock.close)
        body = json.dumps(e2e.reading()).encode()
        sock.sendall(b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nX-Request-ID: left\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        poll(lambda: host.ledger()["spool"]["accepted"] == 1, "the reading is in the spool")
        self.assertEqual(host.stop(), 0)
        self.assertEqual([(line["request_id"], line["outcome"], line["readings"])
                          for line in self.lines()], [("left", "spooled", 1)])


class CertificatesInTheAuditLog(tls.TlsTest):
    def test_the_name_of_a_certificate(self):
        config = reloading.configuration()
        config["log"] = {"audit": True}
        config["http"]["tls"] = {"certificate": self.server.certificate, "key": self.server.key,
                                 "client_ca": self.authority.certificate}
        host = self.host(self.write("config.yaml", json.dumps(config)))
        client = self.authority.issue("gateway", names="DNS:gateway.example")
        host.tls = tls.context(self.authority, client)
        host.start()
        with contextlib.closing(host.client()) as connection:
            self.assertEqual(connection.ingest(e2e.reading()).status, 201)
        lines = [json.loads(line) for line in host.log().splitlines() if '"audit"' in line]
        self.assertEqual([(line["client"], line["certificate"]) for line in lines],
                         [("", "dns:gateway.example")])


if __name__ == "__main__":
    unittest.main()
