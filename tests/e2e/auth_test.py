"""Who is let in: API keys and tokens, what they may do, and changes of both while the host runs."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import threading
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


class AuthTest(e2e.HostTest):
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


class Auth(AuthTest):
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
            self.reload()  # looks at once, whoever else does
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
        e2e.poll(lambda: warning in host.log(), "the log warns")
        host.stop()
        self.assertEqual(host.log().count(warning), 1)
        directory = os.path.join(self.directory, "loopback")
        os.mkdir(directory)
        host = self.host(environment={"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")},
                         directory=directory).start()
        self.assertNotIn(warning, host.log())


class LiveKeys(AuthTest):
    """Files of keys that change: they count without a signal, while requests go on."""

    def setUp(self):
        super().setUp()
        self.steady = self.new_key("steady", "--scope", "ingest", "--scope", "read")

    @contextlib.contextmanager
    def requests_that_go_on(self, host):
        """With a key that stays; each must be answered well."""
        ends = threading.Event()
        answers = []

        def send():
            with contextlib.closing(host.client()) as client:
                while not ends.is_set():
                    answers.append(client.ingest(e2e.reading(len(answers)),
                                                 headers=bearer(self.steady)).status)
        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
            seen = len(answers)
            e2e.poll(lambda: len(answers) > seen or not thread.is_alive(), "requests go on")
        finally:
            ends.set()
            thread.join()
        self.assertEqual(set(answers), {201})

    def status(self, shown):
        with contextlib.closing(self.hosts[-1].client()) as client:
            return client.ingest(e2e.reading(), headers=bearer(shown)).status

    def await_status(self, shown, status):
        e2e.poll(lambda: self.status(shown) == status, "%s is the answer" % status)

    def log_lines(self, message):
        """The lines of the log with this message that are there by now, oldest first."""
        lines = [json.loads(line) for line in self.hosts[-1].log().splitlines()
                 if line.startswith("{")]
        return [line for line in lines if message in line["message"]]

    def await_line(self, message, count=1):
        return e2e.poll(lambda: len(self.log_lines(message)) >= count and
                        self.log_lines(message)[-1], "the log says: " + message)

    def key_file_errors(self):
        with contextlib.closing(self.hosts[-1].client()) as client:
            told = client.get("/metrics", headers=bearer(self.steady)).body.decode()
        return float(re.search(r"(?m)^ingest_key_file_errors (\S+)$", told).group(1))

    def put_keys(self, text):
        """At once: a file that is written bit by bit could be read when it is half there."""
        os.replace(self.write("keys.new", text), self.keys)

    def put_jwks(self, *keys):
        new = self.write("jwks.new", json.dumps({"keys": list(keys)}))
        os.chmod(new, 0o600)
        os.replace(new, os.path.join(self.directory, "jwks.json"))

    def test_new_and_revoked(self):
        host = self.auth_host()
        with self.requests_that_go_on(host):
            key = self.new_key("second", "--scope", "ingest")
            self.await_status(key, 201)
            line = self.await_line("others are let in")
            self.assertEqual((line["added"], line["removed"], line["changed"], line["keys"]),
                             ("key:second", "", "", 2))
            self.assertEqual(self.command("revoke", "second").returncode, 0)
            self.await_status(key, 401)
            line = self.await_line("others are let in", 2)
            self.assertEqual((line["added"], line["removed"]), ("", "key:second"))
        self.assertNotIn(key[5:], host.log())
        self.assertNotIn(hashlib.sha256(key.encode()).hexdigest(), host.log())

    def test_keys_of_tokens(self):
        host = self.auth_host()
        other = b"another secret of thirty-two bytes"
        old, new = token(), token({"alg": "HS256", "kid": "n"}, other)
        with self.requests_that_go_on(host):
            self.assertEqual((self.status(old), self.status(new)), (201, 401))
            self.put_jwks({"kid": "n", "kty": "oct", "alg": "HS256", "k": base64url(other)})
            self.await_status(new, 201)
            self.assertEqual(self.status(old), 401)
            line = self.await_line("others are let in")
            self.assertEqual((line["added"], line["removed"], line["token_keys"]),
                             ("token_key:n", "token_key:h", 1))

    def test_a_bad_file_changes_nothing(self):
        host = self.auth_host()
        with open(self.keys) as file:
            good = file.read()
        with self.requests_that_go_on(host):
            for line, wrong in enumerate(("what is this", "nor this"), 1):
                self.put_keys("# %s\n%s\n" % ("x" * line, wrong))
                said = self.await_line("a file of keys is wrong", line)
                self.assertRegex(said["reason"], r"config.yaml:\d+:\d+: .*keys:2:\d+: ")
                self.assertEqual(self.key_file_errors(), 1)
            # A good one beside it counts.
            self.put_jwks({"kid": "n", "kty": "oct", "alg": "HS256", "k": base64url(SECRET)})
            line = self.await_line("others are let in")
            self.assertEqual((line["added"], line["removed"]), ("token_key:n", "token_key:h"))
            self.await_status(token(), 401)
            self.put_keys(good)
            self.await_line("well again")
            self.assertEqual(self.key_file_errors(), 0)
        # Each change once, however often it was looked at.
        self.assertEqual(len(self.log_lines("a file of keys is wrong")), 3)

    def test_revoked_beside_bad_keys_of_tokens(self):
        host = self.auth_host()
        key = self.new_key("second", "--scope", "ingest")
        with self.requests_that_go_on(host):
            self.await_status(key, 201)
            self.write("jwks.json", "what is this")
            self.await_line("a file of keys is wrong")
            self.assertEqual(self.command("revoke", "second").returncode, 0)
            self.await_status(key, 401)
            self.assertEqual(self.status(token()), 201)

    def test_gone_and_back(self):
        host = self.auth_host()
        with self.requests_that_go_on(host):
            os.rename(self.keys, self.keys + ".away")
            line = self.await_line("a file of keys is wrong")
            self.assertIn("No such file", line["reason"])
            os.rename(self.keys + ".away", self.keys)
            self.await_line("well again")
            key = self.new_key("second", "--scope", "ingest")
            self.await_status(key, 201)
        self.assertEqual(len(self.log_lines("a file of keys is wrong")), 1)

    def test_behind_links(self):
        """As Kubernetes has secrets: keys -> ..data/keys, and ..data is swapped."""
        versions = [os.path.join(self.directory, name) for name in ("v1", "v2")]
        for version in versions:
            os.mkdir(version)
        os.rename(self.keys, os.path.join(versions[0], "keys"))
        data = os.path.join(self.directory, "..data")
        os.symlink("v1", data)
        os.symlink("..data/keys", self.keys)
        host = self.auth_host()
        with self.requests_that_go_on(host):
            shutil.copy(os.path.join(versions[0], "keys"), versions[1])
            file = os.path.join(versions[1], "keys")
            made = subprocess.run([e2e.HOST_BINARY, "keys", "new", "second", "--scope", "ingest",
                                   "--file", file], text=True, capture_output=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertEqual(self.status(made.stdout.strip()), 401)
            os.symlink("v2", data + ".new")
            os.rename(data + ".new", data)
            self.await_status(made.stdout.strip(), 201)

    def test_beside_reloads(self):
        host = self.auth_host()
        ends = threading.Event()

        def reload():
            while not ends.is_set():
                self.reload()
        thread = threading.Thread(target=reload)
        with self.requests_that_go_on(host):
            thread.start()
            try:
                for i in range(3):
                    key = self.new_key("other", "--scope", "ingest")
                    self.await_status(key, 201)
                    self.assertEqual(self.command("revoke", "other").returncode, 0)
                    self.await_status(key, 401)
            finally:
                ends.set()
                thread.join()
            key = self.new_key("last", "--scope", "ingest")
            self.await_status(key, 201)

    def test_files_of_another_configuration(self):
        self.auth_host()
        self.keys += "-others"
        key = self.new_key("other", "--scope", "ingest")
        self.config("{ keys: keys-others }")
        self.reload()
        self.assertEqual((self.status(key), self.status(self.steady)), (201, 401))
        self.assertEqual(self.command("revoke", "other").returncode, 0)
        self.await_status(key, 401)


if __name__ == "__main__":
    unittest.main()
