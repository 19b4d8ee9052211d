"""Who is let in: API keys and tokens, what they may do, and changes of both while the host runs."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import time
import unittest

import e2e
import reloading

SECRET = b"0123456789abcdef0123456789abcdef"
EXPLAIN = "/api/v1/sensors/explain"
PLUGINS = "/api/v1/plugins"
LATEST = "/api/v1/sensors/PUMP-A0-000/latest"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(header=None, secret=SECRET, **claims):
    said = {"iss": "issuer", "aud": "ingest", "exp": int(time.time()) + 600, "sub": "gateway",
            "scope": "ingest read"}
    said.update(claims)
    parts = [base64url(json.dumps(part).encode())
             for part in (header or {"alg": "HS256", "kid": "h"}, said)]
    mac = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64url(mac)])


def bearer(text):
    return {"Authorization": "Bearer " + text}


class Auth(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.keys = os.path.join(self.directory, "keys")
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            self.preset = file.read()
        jwks = {"keys": [{"kid": "h", "kty": "oct", "alg": "HS256", "k": base64url(SECRET)}]}
        os.chmod(self.write("jwks.json", json.dumps(jwks)), 0o600)

    def command(self, *words):
        return subprocess.run([e2e.HOST_BINARY, "keys", *words, "--file", self.keys], text=True,
                              capture_output=True, timeout=e2e.PATIENCE)

    def new_key(self, name, *words):
        made = self.command("new", name, *words)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def config(self, auth):
        text = self.preset.replace("\nhttp:\n", "\nhttp:\n  auth: %s\n" % auth)
        return self.write("config.yaml", text)

    def auth_host(self, auth="{ keys: keys, jwt: { jwks: jwks.json, issuer: issuer, "
                             "audience: ingest } }"):
        return self.host(self.config(auth), {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins"),
                                             "LOG_LEVEL": "DEBUG"}).start()

    def reload(self, status=0):
        found, text = reloading.ask(self.hosts[-1], "--dir", "spool")
        self.assertEqual(found, status, text)
        return text

    def test_scopes(self):
        keys = {scope: self.new_key(scope, "--scope", scope)
                for scope in ("ingest", "read", "admin")}
        host = self.auth_host()
        allowed = {"ingest": (201, 201, 403, 403, 403, 403),
                   "read": (403, 403, 200, 200, 200, 200),
                   "admin": (403, 403, 403, 403, 200, 200), None: (401,) * 6}
        with contextlib.closing(host.client()) as client:
            for scope, expected in allowed.items():
                for show in (bearer, lambda key: {"X-API-Key": key}):
                    headers = show(keys[scope]) if scope else {}
                    answers = (client.ingest(e2e.reading(), headers=headers),
                               client.batch([e2e.reading()], headers=headers),
                               client.request("POST", EXPLAIN, e2e.reading(), headers=headers),
                               client.get(LATEST, headers=headers),
                               client.get(PLUGINS, headers=headers),
                               client.get("/metrics", headers=headers))
                    self.assertEqual(tuple(a.status for a in answers), expected, scope)
                    for answer in answers:
                        self.assertEqual("WWW-Authenticate" in answer.headers,
                                         answer.status == 401)
            for path in ("/", "/health", "/health/ready", "/docs", "/api/v1/openapi.json"):
                self.assertEqual(client.get(path).status, 200, path)
            document = client.get("/api/v1/openapi.json").json
            self.assertEqual(set(document["components"]["securitySchemes"]), {"bearer", "apiKey"})
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    answer = client.request(method.upper(), path.format(equipment_id="PUMP-A0-000"),
                                            e2e.reading() if method == "post" else None)
                    self.assertEqual("security" in operation, answer.status == 401,
                                     (method, path, answer.status))
        log = host.log()
        for key in keys.values():
            self.assertNotIn(key[5:], log)
        self.assertIn('"key:ingest"', log)

    def test_foreign_equipment(self):
        key = self.new_key("pumps", "--scope", "ingest", "--scope", "read", "--prefix", "PUMP-")
        host = self.auth_host()
        headers = bearer(key)
        fan = e2e.reading(equipment_id="FAN-A0-001")
        with contextlib.closing(host.client()) as client:
            small = e2e.reading(equipment_id="pump-a0-001")
            self.assertEqual(client.ingest(small, headers=headers).status, 201)
            refused = client.ingest(fan, headers=headers)
            self.assertEqual(refused.status, 403)
            self.assertEqual(refused.json["errors"][0]["code"], "foreign_equipment")
            mixed = client.batch([e2e.reading(1), fan, e2e.reading(2)], headers=headers)
            self.assertEqual((mixed.status, mixed.json["successful"]), (201, 2))
            self.assertEqual([(e["index"], e["code"], e["equipment_id"])
                              for e in mixed.json["errors"]],
                             [(1, "foreign_equipment", "FAN-A0-001")])
            none = client.batch([fan, fan], headers=headers)
            self.assertEqual((none.status, [e["index"] for e in none.json["errors"]]),
                             (403, [0, 1]))
            self.assertEqual(client.request("POST", EXPLAIN, fan, headers=headers).status, 403)
            self.assertEqual(client.get(LATEST, headers=headers).status, 200)
            self.assertEqual(client.get("/api/v1/sensors/FAN-A0-001/latest",
                                        headers=headers).status, 403)

    def test_tokens(self):
        self.new_key("a", "--scope", "read")
        host = self.auth_host()
        with contextlib.closing(host.client()) as client:
            def status(text):
                return client.ingest(e2e.reading(), headers=bearer(text)).status

            self.assertEqual(status(token()), 201)
            self.assertEqual(status(token(scope="read")), 403)
            for bad in (token({"alg": "none", "kid": "h"}), token({"alg": "RS256", "kid": "h"}),
                        token({"alg": "HS256", "kid": "../h"}), token(secret=b"x" * 32),
                        token(exp=int(time.time()) - 3600), token(exp=None), token(iss="other"),
                        token(aud="other"), token(more="a" * 5000), "a.b.c", "",
                        "ingk_" + "A" * 43):
                self.assertEqual(status(bad), 401, bad)
            both = {**bearer(token()), "X-API-Key": token()}
            self.assertEqual(client.ingest(e2e.reading(), headers=both).status, 401)

    def test_reload(self):
        first = self.new_key("first", "--scope", "ingest")
        host = self.auth_host()
        with contextlib.closing(host.client()) as client:
            def status(key):
                return client.ingest(e2e.reading(), headers=bearer(key)).status

            second = self.new_key("second", "--scope", "ingest")
            self.assertEqual((status(first), status(second)), (201, 401))
            self.assertIn("changed: http.auth", self.reload())
            self.assertEqual((status(first), status(second)), (201, 201))
            self.assertEqual(self.command("revoke", "first").returncode, 0)
            self.reload()
            self.assertEqual((status(first), status(second)), (401, 201))
            os.chmod(self.keys, 0o666)
            self.assertIn("everybody can write it", self.reload(2))
            self.assertEqual(status(second), 201)
            os.chmod(self.keys, 0o600)
            self.config("{ enabled: no, keys: keys }")
            self.reload()
            self.assertEqual(client.ingest(e2e.reading()).status, 201)

    def test_commands(self):
        key = self.new_key("gateway", "--scope", "ingest", "--scope", "read", "--prefix", "PUMP-",
                           "--expires", "90d")
        self.assertRegex(key, r"^ingk_[A-Za-z0-9_-]{43}$")
        self.assertEqual(os.stat(self.keys).st_mode & 0o777, 0o600)
        with open(self.keys) as file:
            text = file.read()
        self.assertNotIn(key[5:], text)
        self.assertIn(hashlib.sha256(key.encode()).hexdigest(), text)
        listed = self.command("list").stdout
        self.assertRegex(listed, r"gateway +ingest,read .* PUMP-\*")
        self.assertEqual(self.command("new", "gateway", "--scope", "read").returncode, 1)
        self.assertEqual(self.command("revoke", "nobody").returncode, 1)
        for words in (("new", "a/b", "--scope", "read"), ("new", "a", "--scope", "write"),
                      ("new", "a"), ("new", "a", "--scope", "read", "--expires", "2001-01-01"),
                      ("new", "--scope", "read"), ("list", "--scope", "read"), ("drop",)):
            self.assertEqual(self.command(*words).returncode, 2, words)

    def test_wrong_configurations(self):
        for auth, expected in (
                ("{ keyz: keys }", "unknown key"), ("{ }", "nobody could be let in"),
                ("{ keys: missing }", "cannot be opened"),
                ("{ jwt: { jwks: jwks.json } }", "issuer: is missing"),
                ("{ keys: keys, jwt: { jwks: jwks.json, issuer: a, audience: b, skew: 2m } }",
                 "skew")):
            checked = subprocess.run(
                [e2e.HOST_BINARY, "check", "--config", self.config(auth)], text=True,
                capture_output=True, timeout=e2e.PATIENCE,
                env={**os.environ, "PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")})
            self.assertEqual(checked.returncode, 2, auth)
            self.assertRegex(checked.stderr, r"config.yaml:\d+:\d+: .*" + expected)

    def test_one_warning(self):
        warning = "whoever reaches this port can send and read"
        host = self.host(environment={"HOST": "0.0.0.0",
                                      "PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")}).start()
        self.assertEqual(host.log().count(warning), 1)
        host.stop()
        self.assertEqual(host.log().count(warning), 1)
        directory = os.path.join(self.directory, "loopback")
        os.mkdir(directory)
        host = self.host(environment={"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")},
                         directory=directory).start()
        self.assertNotIn(warning, host.log())


if __name__ == "__main__":
    unittest.main()
