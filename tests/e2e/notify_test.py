"""What the host tells a service manager (sd_notify)."""
import contextlib
import os
import re
import socket
import subprocess
import unittest

import e2e
import reloading


class NotifyTest(reloading.ReloadTest):
    def manager(self, address):
        """The socket of one."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listening.close)
        listening.bind(address.replace("@", "\0"))
        listening.settimeout(e2e.PATIENCE)
        return listening

    def managed(self, address, **environment):
        self.put()
        host = self.host(self.path, {"NOTIFY_SOCKET": address, **environment})
        return host.start(wait=False)

    def test_a_life(self):
        for address in (os.path.join(self.directory, "notify"), "@ingest-test-%d" % os.getpid()):
            with self.subTest(address=address):
                told = self.manager(address)
                host = self.managed(address)
                self.assertEqual(told.recv(1000), b"READY=1")
                with contextlib.closing(host.client()) as client:
                    self.assertEqual(client.get("/health").status, 200)  # it is
                reloading.ask(host, "--dir", "spool")
                began = told.recv(1000).decode()
                self.assertRegex(began, r"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
                with open("/proc/uptime") as file:
                    now = float(file.read().split()[0])
                self.assertLessEqual(int(re.search(r"\d+\Z", began).group(0)) / 1e6, now + 1)
                self.assertEqual(told.recv(1000), b"READY=1")
                self.assertEqual(host.stop(), 0)
                self.assertEqual(told.recv(1000), b"STOPPING=1")
                told.setblocking(False)
                self.assertRaises(BlockingIOError, told.recv, 1000)

    def test_a_reload_that_is_refused_ends_too(self):
        told = self.manager("@ingest-refused-%d" % os.getpid())
        host = self.managed("@ingest-refused-%d" % os.getpid())
        self.assertEqual(told.recv(1000), b"READY=1")
        self.config["sinks"] = []
        self.put()
        self.assertEqual(reloading.ask(host, "--dir", "spool")[0], 2)
        self.assertIn(b"RELOADING=1", told.recv(1000))
        self.assertEqual(told.recv(1000), b"READY=1")

    def test_it_is_alive_as_often_as_asked(self):
        told = self.manager("@ingest-alive-%d" % os.getpid())
        self.managed("@ingest-alive-%d" % os.getpid(), WATCHDOG_USEC="200000")
        self.assertEqual(told.recv(1000), b"READY=1")
        for _ in range(5):
            self.assertEqual(told.recv(1000), b"WATCHDOG=1")

    def test_it_is_alive_while_a_reload_takes_long(self):
        self.config["drain"] = {"timeout": "3s"}
        kept = self.config["sinks"]
        self.config["sinks"] = [*kept, {"name": "gone", "plugin": "redis-sink", "options": {
            "url": "redis://127.0.0.1:%d/0" % e2e.free_port(), "queue": "q"}}]
        told = self.manager("@ingest-long-%d" % os.getpid())
        host = self.managed("@ingest-long-%d" % os.getpid(), WATCHDOG_USEC="400000")
        self.assertEqual(told.recv(1000), b"READY=1")
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        self.config["sinks"] = kept
        self.put()
        self.assertEqual(reloading.ask(host, "--dir", "spool")[0], 0)
        self.assertEqual(host.stop(), 0)
        notices = []
        while not notices or notices[-1] != b"STOPPING=1":
            notices.append(told.recv(1000))
        begin = next(i for i, notice in enumerate(notices) if notice.startswith(b"RELOADING=1"))
        during = notices[begin + 1:notices.index(b"READY=1", begin)]
        # Every 200 ms of the 3 s for which the sink's reading is tried to be delivered.
        self.assertEqual(set(during), {b"WATCHDOG=1"})
        self.assertGreater(len(during), 5)

    def test_somebody_elses_watchdog(self):
        told = self.manager("@ingest-else-%d" % os.getpid())
        host = self.managed("@ingest-else-%d" % os.getpid(), WATCHDOG_USEC="2000",
                            WATCHDOG_PID="1")
        self.assertEqual(told.recv(1000), b"READY=1")
        self.assertEqual(host.stop(), 0)
        self.assertEqual(told.recv(1000), b"STOPPING=1")

    def test_a_manager_that_is_not_there(self):
        for address in ("", "x", "relative/path", "/nowhere/notify", "@", "/" + "x" * 200):
            with self.subTest(address=address):
                host = self.managed(address, WATCHDOG_USEC="nonsense")
                e2e.poll(host.answers, "the host answers")
                self.assertEqual(host.stop(), 0)

    def test_commands_tell_nothing(self):
        told = self.manager("@ingest-check-%d" % os.getpid())
        self.put()
        host = self.host(self.path, {"NOTIFY_SOCKET": "@ingest-check-%d" % os.getpid()})
        subprocess.run([e2e.HOST_BINARY, "check", "--config", self.path], check=True,
                       cwd=self.directory, env=host.full_environment(), stdout=subprocess.DEVNULL)
        told.setblocking(False)
        self.assertRaises(BlockingIOError, told.recv, 1000)


if __name__ == "__main__":
    unittest.main()
