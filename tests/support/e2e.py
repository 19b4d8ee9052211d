"""What end-to-end tests share: the built host as a process, its stores, and clients of both.

Everything is found through the environment that CTest and tests/support/stores set.
"""
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import own_stores
from audit import stores
from audit.client import Load
from audit.journal import Account, Journal
from audit.verify import verify
from poll import PATIENCE, POLL_SECONDS, poll

BUILD = os.environ["INGEST_BUILD_DIR"]
SOURCE = os.environ["INGEST_SOURCE_DIR"]
HOST_BINARY = os.path.join(BUILD, "bin", "ingest-host")
SHARED_DATA = os.path.join(os.path.dirname(SOURCE), "shared", "data")


def free_port():
    """For a server that may end and start again on it: below the range that the kernel gives to
    clients, which would take it in between."""
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.closing(socket.socket()) as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def reading(i=0, **changes):
    """A good reading; different `i` make different ones."""
    body = {
        "equipment_id": "PUMP-A%d-%03d" % (i % 7, i % 1000),
        "temperature": 20.0 + (i % 500) / 8,
        "vibration": 0.5 + (i % 10) / 16,
        "pressure": 1.0 + (i % 30) / 4,
        "humidity": 40.25,
        "voltage": 230.5,
        "timestamp": "2026-01-01T00:%02d:%02d.%06dZ" % (i // 60 % 60, i % 60, i % 1000000),
    }
    body.update(changes)
    return {k: v for k, v in body.items() if v is not ...}


def blocks(document, language, section):
    """The code blocks of a section of a document of the repository, by its heading."""
    with open(os.path.join(SOURCE, document)) as file:
        text = "\n" + file.read()
    text = text.split("\n## " + section + "\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```%s\n(.*?)```" % language, text, re.DOTALL)


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One keep-alive connection; connects anew after an error."""

    def __init__(self, port, timeout=PATIENCE, tls=None, address="127.0.0.1"):
        self.port = port
        self.address = address
        self.timeout = timeout
        self.tls = tls  # an ssl.SSLContext, or plain HTTP
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = (
                http.client.HTTPSConnection(self.address, self.port, timeout=self.timeout,
                                            context=self.tls)
                if self.tls else
                http.client.HTTPConnection(self.address, self.port, timeout=self.timeout))
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent.update(headers or {})
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            result = Response(answer.status, answer.headers, answer.read())
            if answer.will_close:
                self.close()
            return result
        except BaseException:
            self.close()
            raise

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def ingest(self, body, **kw):
        return self.request("POST", "/api/v1/sensors/ingest", body, **kw)

    def batch(self, readings, **kw):
        return self.request("POST", "/api/v1/sensors/ingest/batch", {"readings": readings}, **kw)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# Taken: stored (201), or by a storage that is slower than a client waits, durable (202).
TAKEN = (201, 202)


def sanitizer():
    """Of the build: "address", "thread" or "". Its memory is not what a host takes otherwise."""
    with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
        found = re.search(r"^INGEST_SANITIZE:\w+=(\w*)$", cache.read(), re.MULTILINE)
    return found.group(1) if found else ""


class Host:
    """The built binary on a free port, with its spool in a directory of its own."""

    def __init__(self, directory, config, environment=None):
        self.directory = directory
        self.config = config
        self.environment = environment or {}
        self.binary = HOST_BINARY
        self.prefix = []  # of its command: a tracer that leaves it this process's child
        self.descriptors = ()  # that it inherits
        self.port = free_port()
        self.ack_timeout = "45s"  # a machine that is busy makes no 202 of a 201; None: as shipped
        self.tls = None  # an ssl.SSLContext for its clients
        self.process = None
        self.log_path = os.path.join(directory, "host.log")

    def full_environment(self):
        # Only what the test means to set: a PORT or DATABASE_URL of the developer must not leak in.
        keep = {k: os.environ[k] for k in os.environ
                if k in ("PATH", "HOME", "LANG", "TSAN_OPTIONS", "ASAN_OPTIONS")}
        keep.update({
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "HTTP_THREADS": "2",  # by default a small machine has one, and nothing ever meets
            "SPOOL_DIR": os.path.join(self.directory, "spool"),
            "SQLITE_PATH": os.path.join(self.directory, "readings.db"),
        })
        if self.ack_timeout:
            keep["ACK_TIMEOUT"] = self.ack_timeout
        keep.update(self.environment)
        return keep

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, self.binary, "--config", self.config], cwd=self.directory,
                env=self.full_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=self.descriptors)
        if wait:
            poll(self.answers, "the host answers; its log: " + self.log_path)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the host ended with %d:\n%s" % (self.process.returncode,
                                                                  self.log()))
        try:
            with contextlib.closing(Client(self.port, timeout=5, tls=self.tls)) as client:
                return client.get("/health").status == 200
        except OSError:
            return False

    def client(self):
        return Client(self.port, tls=self.tls)

    def connected(self, *sinks):
        """Whether /health says so of each sink named."""
        with contextlib.closing(self.client()) as client:
            health = client.get("/health").json
        return all(health.get(sink) == "connected" for sink in sinks)

    def log(self):
        """Its whole lines."""
        with open(self.log_path, errors="replace") as log:
            text = log.read()
        return text[:text.rfind("\n") + 1]

    def sanitizer_report(self):
        """The beginning of one, or None."""
        if not os.path.exists(self.log_path):
            return None
        log = self.log()
        report = re.search("AddressSanitizer|ThreadSanitizer|runtime error|LeakSanitizer", log)
        return log[report.start():][:20000] if report else None

    def ledger(self):
        """What /internal/ledger says."""
        with contextlib.closing(self.client()) as client:
            return client.get("/internal/ledger").json

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait(PATIENCE)


class HostTest(unittest.TestCase):
    """A test with a temporary directory and hosts that end with it."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="ingest-e2e-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.hosts = []
        self.addCleanup(self.end_hosts)

    def end_hosts(self):
        self.end_hosts_now()
        # A sanitizer's report is a failure, whatever the test looked at.
        for host in self.hosts:
            self.assertIsNone(host.sanitizer_report())

    def host(self, config="presets/embedded.yaml", environment=None, directory=None):
        path = config if os.path.isabs(config) else os.path.join(SOURCE, config)
        host = Host(directory or self.directory, path, environment)
        self.hosts.append(host)
        return host

    def bash(self, script, cwd=None, environment=None, seconds=PATIENCE):
        """Types commands into a shell that stops at the first that fails; what they printed."""
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], text=True,
                              capture_output=True, cwd=cwd or self.directory, timeout=seconds,
                              env={**os.environ, **(environment or {})})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    # Stores ------------------------------------------------------------------------------------

    def own(self, make):
        """What one of own_stores' functions makes; it goes when the hosts have ended."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.callback(self.end_hosts_now)
        try:
            return make(stack)
        except own_stores.Unavailable as reason:
            self.skipTest(str(reason))

    def database(self):
        """A fresh PostgreSQL database: (url, connection in autocommit mode)."""
        return self.own(own_stores.own_database)

    def queue(self):
        """A Redis list of this test's own: (url, name, client)."""
        return self.own(own_stores.own_queue)

    def end_hosts_now(self):
        for host in self.hosts:
            if host.process is not None:
                host.kill()

    def stores(self):
        """Environment for config.yaml with a database and a queue of this test's own."""
        database_url, database = self.database()
        redis_url, queue, redis = self.queue()
        environment = own_stores.store_environment(database_url, redis_url, queue)
        return environment, database, redis, queue

    # Audited load ------------------------------------------------------------------------------

    def load(self, port, journal="journal", after=None, **options):
        """Started; what it was told is in a journal of that name in this test's directory.
        `after`: a load that has stopped, whose journal and numbers this one goes on with."""
        if after is None:
            journal = Journal(os.path.join(self.directory, journal))
            self.addCleanup(journal.close)
        else:
            journal, options["first_number"] = after.journal, after.next_number
        load = Load(port, journal, **options)
        self.addCleanup(load.abandon)
        return load.start()

    def assert_kept(self, load, postgres=None, redis=None, sqlite=()):
        """Nothing that the load was told is kept is lost, doubled, changed or made up. A url,
        (url, queue) and paths; returns the number of acknowledged readings."""
        account = Account(load.journal.path)
        self.assertEqual(account.malformed, [])
        self.assertGreater(len(account.acknowledged), 0)
        verdicts = []
        if postgres:
            verdicts.append(verify(account, "postgres", stores.postgres(postgres)))
        if redis:
            verdicts.append(verify(account, "redis", stores.redis_list(*redis),
                                   at_least_once=True))
        for path in sqlite:
            verdicts.append(verify(account, path, stores.sqlite(path)))
        for verdict in verdicts:
            self.assertEqual(verdict.wrong(), [], verdict.as_dict())
        return len(account.acknowledged)


class ServedTest(HostTest):
    """A test with a host of the embedded preset, whose sink is connected, and a client of it."""

    def setUp(self):
        super().setUp()
        self.running = self.host().start()
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        poll(lambda: self.running.connected("database"), "the sink is connected")
