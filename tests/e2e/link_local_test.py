"""What sinks and the exporter of traces connect to: never a link-local address, where clouds give
credentials to who asks from the machine, however a configuration spells it."""
import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import unittest

import e2e
import own_network
import own_stores
import reloading
from poll import poll

# Each is 169.254.169.254, or fe80::1.
ADDRESSES = ("169.254.169.254", "2852039166", "0xA9FEA9FE", "0xa9.0376.169.254", "169.254.43518",
             "[::ffff:169.254.169.254]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
             "[fe80::1%25near]")
REFUSED = "link-local addresses (169.254.0.0/16, fe80::/10) are not connected to"
HOSTS = """127.0.0.1 localhost plain.internal both.internal
::1 localhost
169.254.169.254 metadata.internal both.internal
::ffff:169.254.169.254 mapped.internal
"""


def setUpModule():
    directory = tempfile.mkdtemp(prefix="ingest-hosts-")
    unittest.addModuleCleanup(shutil.rmtree, directory)
    hosts = os.path.join(directory, "hosts")
    with open(hosts, "w") as file:
        file.write(HOSTS)
    try:
        own_network.unshare_network(hosts)
    except own_stores.Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None


class Listener:
    """Takes connections at every address, and notes where to and who spoke."""

    def __init__(self):
        self.socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True,
                                           backlog=64)
        self.port = self.socket.getsockname()[1]
        self.seen = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with contextlib.suppress(OSError):  # end()
            while True:
                connection, _ = self.socket.accept()
                with connection, contextlib.suppress(OSError):
                    address = connection.getsockname()[0].removeprefix("::ffff:")
                    connection.settimeout(e2e.PATIENCE)
                    self.seen.append((self._speaker(connection.recv(4)), address))

    @staticmethod
    def _speaker(begin):
        return {b"POST": "tracing", b"*1\r\n": "redis", b"*2\r\n": "redis"}.get(begin, "postgres")

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class LinkLocalTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.end)

    def options(self, plugin, host):
        url = {"postgres-sink": "postgresql://user@%s:%d/db",
               "redis-sink": "redis://%s:%d/0"}[plugin] % (host, self.listener.port)
        return {"url": url}

    def configuration(self, sinks=(), tracing=None):
        """With sinks at these hosts beside the storage, and a collector."""
        config = reloading.configuration()
        config["sinks"] += [{"name": plugin.partition("-")[0], "plugin": plugin,
                             "options": self.options(plugin, host),
                             "retry": {"delay_max": "100ms"}} for plugin, host in sinks]
        if tracing:
            config["tracing"] = {"endpoint": "http://%s:%d/v1/traces" % (tracing,
                                                                         self.listener.port),
                                 "sample_every": 1}
        return self.write("config.yaml", json.dumps(config))

    def all_three(self, host):
        return self.configuration([("postgres-sink", host), ("redis-sink", host)], host)

    def serve(self, config):
        directory = tempfile.mkdtemp(dir=self.directory)
        host = self.host(config, directory=directory).start()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        return host

    def complaints(self, host):
        """Loggers or sinks whose lines say why they do not connect."""
        lines = [json.loads(line) for line in host.log().splitlines() if REFUSED in line]
        return {line.get("sink") or line["logger"] for line in lines}

    def test_an_address_is_refused_by_the_check(self):
        for plugin in ("postgres-sink", "redis-sink"):
            for address in ADDRESSES:
                config = self.configuration([(plugin, address)])
                host = self.host(config)
                with self.assertRaises(AssertionError) as ended:
                    host.start()
                self.assertRegex(str(ended.exception), r"ended with 2:")
                self.assertIn("leads to a link-local address: " + REFUSED, host.log(), address)
                os.remove(host.log_path)
        self.assertEqual(self.listener.seen, [])

    def test_libpq_is_told_addresses_in_many_ways(self):
        url = "postgresql://user@plain.internal:%d/db?%s"
        for more in ("hostaddr=169.254.169.254", "host=169.254.169.254",
                     "host=plain.internal,2852039166&hostaddr=127.0.0.1,0xA9FEA9FE"):
            config = reloading.configuration()
            config["sinks"].append({"name": "postgres", "plugin": "postgres-sink",
                                    "options": {"url": url % (self.listener.port, more)}})
            host = self.host(self.write("config.yaml", json.dumps(config)))
            with self.assertRaises(AssertionError):
                host.start()
            self.assertIn(REFUSED, host.log(), more)
            os.remove(host.log_path)
        self.assertEqual(self.listener.seen, [])

    def test_the_environment_of_libpq(self):
        config = reloading.configuration()
        config["sinks"].append({"name": "postgres", "plugin": "postgres-sink",
                                "options": {"url": "postgresql:///db"}})
        path = self.write("config.yaml", json.dumps(config))
        for name in ("PGHOST", "PGHOSTADDR"):
            host = self.host(path, {name: "169.254.169.254", "PGPORT": str(self.listener.port)},
                             tempfile.mkdtemp(dir=self.directory)).start()
            poll(lambda host=host: "postgres" in self.complaints(host), host.log_path)
            host.stop()
        self.assertEqual(self.listener.seen, [])

    def test_a_name_that_leads_there(self):
        for name in ("metadata.internal", "mapped.internal"):
            host = self.serve(self.all_three(name))
            poll(lambda host=host: self.complaints(host) >= {"postgres", "redis", "trace"},
                 "all three say why: %s" % name)
            self.assertTrue(host.connected("database"), "the other sink is well")
            host.stop()
        self.assertEqual(self.listener.seen, [])

    def test_a_collector_at_an_address(self):
        for address in ADDRESSES:
            host = self.serve(self.configuration(tracing=address))
            poll(lambda host=host: "trace" in self.complaints(host) or
                 "does not take spans" in host.log(), host.log_path)
            self.assertEqual(self.complaints(host), {"trace"}, address)
            host.stop()
        self.assertEqual(self.listener.seen, [])

    def test_what_is_not_link_local_is_connected_to(self):
        expected = {(who, "127.0.0.1") for who in ("postgres", "redis", "tracing")}
        for name in ("127.0.0.1", "plain.internal", "both.internal"):
            host = self.serve(self.all_three(name))
            poll(lambda: set(self.listener.seen) >= expected, "all three come: " + name)
            host.stop()
            self.assertEqual(set(self.listener.seen), expected, name)
            self.listener.seen.clear()


if __name__ == "__main__":
    unittest.main()
