"""A PostgreSQL and a Redis that a test may kill, stop and start again."""
import os
import signal
import subprocess

import own_stores
from poll import PATIENCE, poll


def become(user):
    """For subprocess: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": user, "group": user, "extra_groups": []}


class Server:
    """A process of ours, and signals to it. Subclasses say how it starts and when it answers."""

    def __init__(self, directory, port, address="127.0.0.1", prefix=()):
        self.directory = directory
        self.port = port
        self.address = address
        self.prefix = list(prefix)  # of the command, to start it in a network namespace
        self.process = None

    def processes(self):
        """The process ids that make it up."""
        return [self.process.pid]

    def send(self, number):
        for process in self.processes():
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass  # it ended by itself, as children of PostgreSQL do

    def pause(self):
        self.send(signal.SIGSTOP)
        self.send(signal.SIGSTOP)  # what it had just started

    def go_on(self):
        self.send(signal.SIGCONT)

    def end(self, number=signal.SIGKILL):
        if self.process is not None:
            self.send(number)
            self.go_on()
            process, self.process = self.process, None
            process.wait(PATIENCE)


class PrivateRedis(Server):
    """Loses nothing that it acknowledged: every write is synced."""

    @property
    def url(self):
        return "redis://%s:%d/0" % (self.address, self.port)

    def start(self):
        import redis
        log = open(os.path.join(self.directory, "redis.log"), "ab")
        with log:
            self.process = subprocess.Popen(
                self.prefix + ["redis-server", "--port", str(self.port), "--bind", self.address,
                               "--protected-mode", "no", "--save", "", "--appendonly", "yes",
                               "--appendfsync", "always", "--dir", self.directory],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)

        def answers():
            try:
                return self.client.ping()
            except redis.exceptions.ConnectionError:
                return False

        poll(answers, "Redis answers; its log: %s/redis.log" % self.directory)
        return self


class PrivatePostgres(Server):
    """In a directory of its own below `directory`, which its user can reach."""

    def __init__(self, directory, port, address="127.0.0.1", prefix=()):
        super().__init__(directory, port, address, prefix)
        self.bin = os.environ.get("INGEST_TEST_PG_BIN")
        if not self.bin:
            raise own_stores.Unavailable("no PostgreSQL: INGEST_TEST_PG_BIN is not set; run it "
                                         "through ./test, tests/fault/run or tests/support/stores")
        self.data = os.path.join(directory, "pg")
        os.chmod(directory, 0o755)
        os.mkdir(self.data, 0o700)
        if os.geteuid() == 0:
            import shutil
            shutil.chown(self.data, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        with open(os.path.join(self.data, "pg_hba.conf"), "a") as file:
            file.write("host all all 0.0.0.0/0 trust\n")

    def _run(self, program, *arguments):
        subprocess.run([os.path.join(self.bin, program), *arguments], check=True, cwd="/",
                       stdout=subprocess.DEVNULL, **become("postgres"))

    @property
    def url(self):
        return "postgresql://postgres@%s:%d/postgres" % (self.address, self.port)

    def start(self):
        import psycopg2
        path = os.path.join(self.directory, "postgres.log")
        with open(path, "ab") as log:
            self.process = subprocess.Popen(
                self.prefix + [os.path.join(self.bin, "postgres"), "-D", self.data,
                               "-c", "listen_addresses=" + self.address,
                               "-c", "port=%d" % self.port, "-c", "unix_socket_directories="],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
                **(become("postgres") if not self.prefix else {}))

        def answers():
            try:
                own_stores.connect(self.url).close()
                return True
            except psycopg2.OperationalError:
                return False

        poll(answers, "PostgreSQL answers; its log: " + path)
        return self

    def connect(self):
        return own_stores.connect(self.url)

    def processes(self):
        """The postmaster, which makes the others, first."""
        postmaster = self.process.pid
        with open("/proc/%d/task/%d/children" % (postmaster, postmaster)) as file:
            return [postmaster] + [int(child) for child in file.read().split()]

    def end(self, number=signal.SIGQUIT):
        """SIGQUIT to all: without a checkpoint, as `-m immediate`."""
        super().end(number)
