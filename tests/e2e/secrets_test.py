"""Secrets stand in no log, answer, command's output, command line or file of the host's, at any
log level, on good roads and bad ones; and what answers to failures say tells nothing of inside."""
import base64
import contextlib
import json
import os
import signal
import subprocess
import unittest

import e2e
import private_servers
import reloading
import tls
from auth_test import base64url, token
from certificates import Authority
from faulty_hosts import FAULTY

LEVELS = (("DEBUG", "json"), ("DEBUG", "text"), ("INFO", "json"), ("WARNING", "json"),
          ("ERROR", "text"))
PATHS = ("/", "/health", "/health/ready", "/metrics", "/internal/ledger", "/api/v1/plugins",
         "/docs", "/api/v1/openapi.json", "/api/v1/sensors/PUMP-A0-000/latest", "/nowhere")
POSTGRES, REDIS = "canary-pg-5f2c", "canary-redis-81d4"
WRONG_POSTGRES, WRONG_REDIS = "canary-wrong-pg-77a0", "canary-wrong-redis-3be9"
HMAC = b"canary-hmac-secret-0123456789abc"
# What those who fail show.
SHOWN = {"token": "canary.token.e19b", "key": "ingk_canary-wrong-key-9d11",
         "basic": base64.b64encode(b"user:canary-basic-2c6f").decode()}


class SecretsTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.canaries = {POSTGRES, REDIS, WRONG_POSTGRES, WRONG_REDIS, HMAC.decode(),
                         base64url(HMAC), *SHOWN.values()}
        self.seen = []  # (where, text)
        self.secrets = self.subdirectory("secrets")
        self.authority = Authority(self.secrets)
        self.pair = self.authority.server()
        with open(self.pair.key) as file:
            # Lines of its text, each of which is a part of the key.
            self.canaries |= set(file.read().split("\n")[1:-2])
        self.token = token(secret=HMAC)
        self.canaries |= {self.token, self.token.rpartition(".")[2]}
        self.secret("jwks.json", json.dumps({"keys": [
            {"kid": "h", "kty": "oct", "alg": "HS256", "k": base64url(HMAC)}]}))
        self.key = self.command("keys", "new", "gateway", "--scope", "ingest", "--scope", "read",
                                "--scope", "admin", "--file", self.path("keys"),
                                told=False).stdout.strip()
        self.canaries.add(self.key)

    def subdirectory(self, name):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        return path

    def path(self, name):
        return os.path.join(self.secrets, name)

    def secret(self, name, text):
        path = self.path(name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    # What there is to look at --------------------------------------------------------------------

    def command(self, *words, told=True, environment=None):
        done = subprocess.run([e2e.HOST_BINARY, *words], text=True, capture_output=True,
                              cwd=self.directory, timeout=e2e.PATIENCE,
                              env={**os.environ, **(environment or {})})
        if told:
            self.seen.append((" ".join(words), done.stdout + done.stderr))
        return done

    def look_at(self, host):
        """What the host leaves where others may look."""
        if host.process is not None:
            with open("/proc/%d/cmdline" % host.process.pid) as file:
                self.seen.append(("cmdline", file.read()))
        for folder, _, names in os.walk(os.path.join(self.directory, "spool")):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, errors="replace") as file:
                        self.seen.append((path, file.read()))
        self.seen.append(("log", host.log()))

    def ask(self, client, method, path, body=None, **fields):
        answer = client.request(method, path, body, headers=fields)
        text = answer.body.decode(errors="replace")
        self.seen.append(("%s %s" % (method, path), str(answer.headers) + text))
        if answer.status >= 500 and path.startswith("/api/"):
            self.assert_generic(text)
        return answer

    def assert_generic(self, text):
        """Neither files nor addresses nor statements nor words of a server's."""
        for word in (self.directory, e2e.BUILD, "127.0.0.1", "INSERT", "SELECT", "COPY", "FATAL",
                     "sensor_data", "canary", "libpq", "hiredis", "WRONGPASS", "NOAUTH", ".cpp",
                     "connection to server", "password", "errno", ".so"):
            self.assertNotIn(word, text)

    def assert_no_secret(self):
        self.assertGreater(len(self.seen), 0)
        for where, text in self.seen:
            for canary in self.canaries:
                self.assertNotIn(canary, text, where)

    # Hosts ---------------------------------------------------------------------------------------

    def configuration(self, **changes):
        config = reloading.configuration()
        config["log"] = {"level": "${LOG_LEVEL}", "format": "${LOG_FORMAT}"}
        config["http"].update({
            "tls": {"certificate": self.pair.certificate, "key": self.pair.key},
            "auth": {"keys": self.path("keys"),
                     "jwt": {"jwks": self.path("jwks.json"), "issuer": "issuer",
                             "audience": "ingest"}}})
        config["plugin_dirs"] = [os.path.join(e2e.BUILD, "plugins")]
        config["drain"] = {"timeout": "1s"}
        config["sinks"] = [
            {"name": "database", "plugin": "postgres-sink",
             "options": {"url": "${DATABASE_URL}", "table": "sensor_data"}},
            {"name": "redis", "plugin": "redis-sink",
             "options": {"url": "${file:%s}" % self.path("redis-url"), "queue": "canaries"}}]
        config.update(changes)
        return config

    def faulty(self, validator):
        config = self.configuration(validators=[{"plugin": validator}])
        config["plugin_dirs"].append(FAULTY)
        return config

    def put(self, config):
        return self.write("config.yaml", config if isinstance(config, str) else json.dumps(config))

    def secure_host(self, environment, config=None):
        host = self.host(self.put(config or self.configuration()), environment)
        host.tls = tls.context(self.authority)
        return host

    def environment(self, postgres, redis, level=("DEBUG", "json")):
        self.secret("redis-url", redis)
        return {"DATABASE_URL": postgres, "LOG_LEVEL": level[0], "LOG_FORMAT": level[1]}

    def servers(self):
        """Both with a password: their urls."""
        os.chmod(self.directory, 0o755)  # PostgreSQL has a user of its own

        def make(stack):
            postgres = private_servers.PrivatePostgres(self.subdirectory("postgres"),
                                                       e2e.free_port())
            stack.callback(postgres.end)
            redis = private_servers.PrivateRedis(self.subdirectory("redis"), e2e.free_port())
            stack.callback(redis.end)
            return postgres.start(), redis.start()

        postgres, redis = self.own(make)
        hba = os.path.join(postgres.data, "pg_hba.conf")
        with open(hba) as file:
            rules = file.read()
        with open(hba, "w") as file:
            file.write("host all canary 0.0.0.0/0 scram-sha-256\n" + rules)
        with contextlib.closing(postgres.connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute("CREATE ROLE canary SUPERUSER LOGIN PASSWORD '%s'" % POSTGRES)
                cursor.execute("SELECT pg_reload_conf()")
        redis.client.config_set("requirepass", REDIS)
        return postgres, redis

    def urls(self, postgres, redis, passwords=(POSTGRES, REDIS)):
        return ("postgresql://canary:%s@127.0.0.1:%d/postgres" % (passwords[0], postgres.port),
                "redis://:%s@127.0.0.1:%d/0" % (passwords[1], redis.port))

    def all_requests(self, host):
        """By who may, and by those who may not; the statuses of the last."""
        shown = [{"X-API-Key": self.key}, {"Authorization": "Bearer " + self.key},
                 {"Authorization": "Bearer " + self.token},
                 {"Authorization": "Bearer " + self.token[:-2]},
                 {"Authorization": "Bearer " + SHOWN["token"]},
                 {"Authorization": "Basic " + SHOWN["basic"]}, {"X-API-Key": SHOWN["key"]},
                 {"X-API-Key": SHOWN["key"], "Authorization": "Bearer " + self.token}]
        statuses = []
        with contextlib.closing(host.client()) as client:
            for i, fields in enumerate(shown):
                for path in PATHS:
                    found = self.ask(client, "GET", path, **fields)
                    self.assertEqual(found.status == 404, path == "/nowhere", path)
                answer = self.ask(client, "POST", "/api/v1/sensors/ingest", e2e.reading(i),
                                  **fields)
                statuses.append(answer.status)
                self.ask(client, "POST", "/api/v1/sensors/ingest", "{", **fields)
                self.ask(client, "POST", "/api/v1/sensors/ingest/batch",
                         {"readings": [e2e.reading(i)]}, **fields)
                self.ask(client, "POST", "/api/v1/sensors/explain", e2e.reading(i), **fields)
                self.ask(client, "PUT", "/api/v1/sensors/ingest", "{}", **fields)
        return statuses

    # Roads ---------------------------------------------------------------------------------------

    def test_the_search_finds(self):
        self.seen.append(("here", "a" + POSTGRES + "b"))
        self.assertRaises(AssertionError, self.assert_no_secret)

    def test_at_every_level(self):
        postgres, redis = self.servers()
        for level in LEVELS:
            with self.subTest(level=level):
                environment = self.environment(*self.urls(postgres, redis), level)
                host = self.secure_host(environment).start()
                with contextlib.closing(host.client()) as client:
                    e2e.poll(lambda: client.get("/health/ready").status == 200, "it is ready")
                statuses = self.all_requests(host)
                self.assertEqual(statuses[:3], [201] * 3)
                self.assertEqual(set(statuses[3:]), {401})
                for words in (("check", "--config", host.config),
                              ("check", "--print", "--config", host.config),
                              ("plugins", "--config", host.config, "--json"),
                              ("keys", "list", "--file", self.path("keys")),
                              ("spool", "ls", "--dir", "spool", "--json"),
                              ("reload", "--dir", "spool")):
                    self.command(*words, environment=host.full_environment())
                self.look_at(host)
                self.assertEqual(host.stop(), 0)
                self.look_at(host)
        self.assert_no_secret()

    def test_wrong_passwords_and_servers_that_are_away(self):
        postgres, redis = self.servers()
        wrong = self.urls(postgres, redis, (WRONG_POSTGRES, WRONG_REDIS))
        away = ("postgresql://canary:%s@127.0.0.1:1/postgres" % POSTGRES,
                "redis://:%s@127.0.0.1:1/0" % REDIS)
        for urls, said in ((wrong, ("password authentication failed", "WRONGPASS")),
                           (away, ("refused",))):
            host = self.secure_host(self.environment(*urls)).start()
            e2e.poll(lambda: all(word in host.log() for word in said), "the servers say no")
            statuses = self.all_requests(host)
            self.assertEqual(set(statuses[:3]), {202})
            self.look_at(host)
            host.stop()
            self.look_at(host)
        self.assert_no_secret()

    def test_readings_that_cannot_be_kept_say_nothing_of_why(self):
        fields = {"X-API-Key": self.key}
        environment = self.environment("postgresql://canary:%s@127.0.0.1:1/x" % POSTGRES,
                                       "redis://:%s@127.0.0.1:1/0" % REDIS)
        host = self.secure_host(environment).start()
        with contextlib.closing(host.client()) as client:
            answer = self.ask(client, "GET", "/api/v1/sensors/PUMP-A0-000/latest", **fields)
            self.assertIn(answer.status, (503, 504))
        host.stop()
        self.look_at(host)
        # A validator that fails, whose exception has a text.
        config = self.faulty("throws-int")
        host = self.secure_host(environment, config).start()
        with contextlib.closing(host.client()) as client:
            answer = self.ask(client, "POST", "/api/v1/sensors/ingest", e2e.reading(), **fields)
            self.assertEqual(answer.status, 503)
        self.look_at(host)
        self.assert_no_secret()

    @unittest.skipIf(e2e.sanitizer(), "a sanitizer takes SIGSEGV for itself and reports it")
    def test_a_plugin_that_crashes(self):
        environment = self.environment("postgresql://canary:%s@127.0.0.1:1/x" % POSTGRES,
                                       "redis://:%s@127.0.0.1:1/0" % REDIS)
        config = self.faulty("segfault")
        host = self.secure_host(environment, config)
        host.prefix = ["prlimit", "--core=unlimited"]
        host.start()
        with contextlib.closing(host.client()) as client:
            with self.assertRaises(OSError):
                client.ingest(e2e.reading(equipment_id="CRASH-A1-001"),
                              headers={"X-API-Key": self.key})
        self.assertEqual(host.process.wait(e2e.PATIENCE), -signal.SIGSEGV)
        host.process = None
        self.assertIn("segfault", host.log())
        self.assertEqual([name for name in os.listdir(self.directory) if "core" in name], [])
        self.look_at(host)
        self.assert_no_secret()

    def broken(self):
        """Configurations with something wrong beside a secret, or with the secret."""
        good = self.configuration
        sinks = good()["sinks"]

        def database(**options):
            return good(sinks=[{**sinks[0], "options": {**sinks[0]["options"], **options}},
                               sinks[1]])

        yield database(tabel="x")
        for url in ("postgrs://canary:%s@127.0.0.1/x", "postgresql://canary:%s@127.0.0.1:99999/x",
                    "postgresql://canary:%s%%zz@127.0.0.1/x", "canary:%s", "%s",
                    "postgresql://canary:%s@[127.0.0.1/x", "host=h password=%s port=nine",
                    "postgresql://h/x?password=%s&sslmode=never"):
            yield database(url=url % POSTGRES)
        for url in ("redis://:%s@127.0.0.1:x/0", "rediss://:%s@127.0.0.1/0", "redis://%s@h:1/zero",
                    "redis://user:%s"):
            self.secret("bad-redis-url", url % REDIS)
            yield good(sinks=[sinks[0], {**sinks[1], "options": {
                "url": "${file:%s}" % self.path("bad-redis-url"), "queue": "q"}}])
        # A secret where something else belongs.
        self.secret("password", POSTGRES)
        where = "${file:%s}" % self.path("password")
        for changes in ({"storage": where}, {"ack": where}, {"query": {"timeout": where}},
                        {"spool": {"dir": "spool", "size_max": where}}, {"plugin_dirs": where},
                        {"validators": [{"plugin": where}]},
                        {"http": {**good()["http"], "port": where}}):
            yield good(**changes)
        # A secret where the path of its file belongs.
        http = good()["http"]
        key = "${file:%s}" % self.pair.key
        for changes in ({"tls": {**http["tls"], "key": key}}, {"auth": {"keys": where}},
                        {"auth": {"jwt": {**http["auth"]["jwt"], "jwks": where}}}):
            yield good(http={**http, **changes})
        yield good(spool={"dir": where})
        yield good(plugin_dirs=[where])
        # Text that is no YAML any more.
        yield json.dumps(good()).replace("${DATABASE_URL}", "postgresql://c:%s@h/x\"" % POSTGRES)
        yield "sinks:\n  - options:\n    url: \"%s\n  queue: [" % POSTGRES
        # Files that the host takes secrets from, each damaged.
        with open(self.pair.key) as file:
            key = file.read()
        cut = self.secret("cut.key", key[:len(key) // 2])
        yield good(http={**http, "tls": {**http["tls"], "key": cut}})
        both = self.secret("both.pem", key)
        yield good(http={**http, "tls": {"certificate": both, "key": both}})
        for name, text in (("not.json", base64url(HMAC)),
                           ("short.json", json.dumps({"keys": [{
                               "kid": "h", "kty": "oct", "alg": "RS256", "k": base64url(HMAC)}]})),
                           ("bad.json", '{"keys":[{"k":"%s"' % base64url(HMAC))):
            jwt = {**http["auth"]["jwt"], "jwks": self.secret(name, text)}
            yield good(http={**http, "auth": {**http["auth"], "jwt": jwt}})
        for line in (self.key, "gateway sha256=%s scopes=read created=2026-01-01T00:00:00Z" %
                     self.key, "%s sha256=00" % self.key):
            yield good(http={**http, "auth": {"keys": self.secret("bad-keys", line + "\n")}})

    def test_broken_configurations(self):
        environment = self.environment("postgresql://canary:%s@127.0.0.1:1/x" % POSTGRES,
                                       "redis://:%s@127.0.0.1:1/0" % REDIS)
        host = self.secure_host(environment).start()
        refused = 0
        for config in self.broken():
            path = self.put(config)
            checked = self.command("check", "--config", path,
                                   environment=host.full_environment())
            self.command("check", "--print", "--config", path,
                         environment=host.full_environment())
            self.command("plugins", "--config", path, "--json",
                         environment=host.full_environment())
            if checked.returncode == 0:
                continue  # a sink tells later, when it connects
            refused += 1
            self.assertIn("config.yaml", checked.stderr)
            told = self.command("reload", "--dir", "spool", environment=host.full_environment())
            self.assertEqual(told.returncode, 2, told.stderr)
            # Another host does not start by it.
            self.command("serve", "--config", path,
                         environment={**host.full_environment(), "PORT": "0",
                                      "SPOOL_DIR": os.path.join(self.directory, "other")})
        self.assertGreater(refused, 20)
        self.look_at(host)
        host.stop()
        self.look_at(host)
        self.assert_no_secret()


if __name__ == "__main__":
    unittest.main()
