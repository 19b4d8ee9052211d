"""What health costs and what it tells: the stores are not asked because somebody asks the host, and
nobody learns from an answer where they are, what they are and what they say."""
import contextlib
import re
import socket
import time
import unittest

import e2e
import own_stores
from poll import poll
from private_servers import PrivatePostgres, PrivateRedis

PROBES = 10_000
AT_ONCE = 250
# As docs/SECURITY.md promises; a host asks every two seconds at most.
PINGS_PER_SECOND = 1
MEMBERS = {"service", "status", "version", "timestamp", "uptime_seconds", "database", "redis"}


def ask(port, path, count):
    """So many requests on one connection, some at a time; how many were answered with 200."""
    request = ("GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path).encode()
    good = 0
    with socket.create_connection(("127.0.0.1", port), timeout=e2e.PATIENCE) as sock, \
            sock.makefile("rb") as answers:
        for _ in range(count // AT_ONCE):
            sock.sendall(request * AT_ONCE)
            for _ in range(AT_ONCE):
                good += answers.readline().startswith(b"HTTP/1.1 200 ")
                length = 0
                while line := answers.readline().strip():
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                answers.read(length)
    return good


class HealthTest(e2e.HostTest):
    def serve(self):
        redis = PrivateRedis(self.directory, e2e.free_port())
        self.postgres = PrivatePostgres(self.directory, e2e.free_port())
        for server in (redis, self.postgres):
            self.addCleanup(server.end)
            server.start()
        self.redis = redis.client
        self.addCleanup(self.redis.close)
        with contextlib.closing(self.postgres.connect()) as connection:
            for setting in ("log_statement = 'all'", "log_connections = on"):
                connection.cursor().execute("ALTER SYSTEM SET " + setting)
            connection.cursor().execute("SELECT pg_reload_conf()")
        host = self.host("config.yaml", own_stores.store_environment(
            self.postgres.url, redis.url, "queue")).start()
        poll(lambda: host.connected("database", "redis"), "the sinks are connected")
        return host

    def asked(self):
        """(statements, connections) that PostgreSQL has had, (commands, connections) Redis."""
        with open(self.directory + "/postgres.log") as file:
            log = file.read()
        calls = {name: stat["calls"] for name, stat in self.redis.info("commandstats").items()
                 if name != "cmdstat_info"}  # this question
        return (len(re.findall(r"LOG:  (?:statement|execute)", log)),
                log.count("connection authorized"), sum(calls.values()),
                self.redis.info("stats")["total_connections_received"])

    def test_many_probes_cost_the_stores_nothing(self):
        host = self.serve()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        before, begun = self.asked(), time.monotonic()
        for path in ("/health", "/health/ready"):
            self.assertEqual(ask(host.port, path, PROBES), PROBES)
        # A probe that is due comes; so it is seen that what is counted is what is sent.
        poll(lambda: host.connected("database") and
             all(now > then for now, then in zip(self.asked()[::2], before[::2])),
             "the sinks are asked whether they are well")
        most = PINGS_PER_SECOND * (time.monotonic() - begun) + 2
        statements, connections, commands, clients = (
            now - then for now, then in zip(self.asked(), before))
        self.assertEqual((connections, clients), (0, 0))
        self.assertLessEqual(statements, most)
        self.assertLessEqual(commands, most)

    def test_a_store_that_is_gone_is_not_asked_more_often(self):
        host = self.serve()
        self.postgres.pause()
        self.addCleanup(self.postgres.go_on)
        before = self.asked()
        self.assertEqual(ask(host.port, "/health", PROBES), PROBES)
        self.assertEqual(self.asked()[1], before[1])

    def test_an_answer_tells_nothing_of_inside(self):
        redis_port, postgres_port = e2e.free_port(), e2e.free_port()
        host = self.host("config.yaml", own_stores.store_environment(
            "postgresql://someone@127.0.0.1:%d/secret_place" % postgres_port,
            "redis://127.0.0.1:%d/0" % redis_port, "queue")).start()
        poll(lambda: host.log().count("a sink is down") == 2, "both sinks fail")
        told = []
        with contextlib.closing(host.client()) as client:
            for path in ("/health", "/health/ready"):
                answer = client.get(path)
                told.append(answer.body.decode())
                for name, value in answer.headers.items():
                    told.append("%s: %s" % (name, value))
            health = client.get("/health").json
            ready = client.get("/health/ready").json
        self.assertEqual(set(health), MEMBERS)
        self.assertEqual((health["database"], health["redis"]), ("disconnected", "disconnected"))
        self.assertEqual(set(ready), {"ready", "checks"})
        self.assertEqual(set(ready["checks"]), {"database", "redis", "spool"})
        text = "\n".join(told).lower()
        for word in ("127.0.0.1", "someone", "secret_place", "postgres", "libpq", "hiredis",
                     "refused", "timeout", "error", "connect to", "password", self.directory):
            self.assertNotIn(word, text)
        for port in (redis_port, postgres_port):  # not five digits of a time or an id
            self.assertNotRegex(text, r"(?<![\w.-])%d(?![\w-]|\.\d)" % port)


if __name__ == "__main__":
    unittest.main()
