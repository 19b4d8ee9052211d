"""What of the host's memory, where secrets are, the kernel shows to others of its user."""
import contextlib
import glob
import os
import signal
import subprocess
import unittest

import e2e
import reloading

NOBODY = 65534
AS_NOBODY = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
WARNING = "process.dumpable: debuggers of this user"


class DumpsTest(reloading.ReloadTest):
    def setUp(self):
        super().setUp()
        if os.getuid() != 0:
            self.skipTest("only root can run the host as somebody else")
        os.chown(self.directory, NOBODY, NOBODY)

    def somebody(self, dumpable=None, prefix=(), **more):
        """A host of a user that has nothing else, as it serves."""
        if dumpable is not None:
            self.config["process"] = {"dumpable": dumpable, **more}
        self.put()
        host = self.host(self.path)
        host.prefix = [*prefix, *AS_NOBODY]
        host.start()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        return host

    def can_read(self, host, name):
        """Whether another process of the host's user can."""
        return subprocess.run(
            [*AS_NOBODY, "head", "-c", "1", "/proc/%d/%s" % (host.process.pid, name)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def owner(self, host):
        return os.stat("/proc/%d/mem" % host.process.pid).st_uid

    def test_nobody_looks_in(self):
        host = self.somebody()
        self.assertEqual(self.owner(host), 0)
        for name in ("environ", "maps", "smaps_rollup", "auxv"):
            self.assertFalse(self.can_read(host, name), name)
        self.assertTrue(self.can_read(host, "cmdline"))  # what may be read can be
        self.assertNotIn(WARNING, host.log())

    def test_who_writes_plugins_can_switch_it(self):
        # A confined process can only be started so: confinement_test.
        host = self.somebody(dumpable=True, confined=False)
        self.assertEqual(self.owner(host), NOBODY)
        for name in ("environ", "maps", "smaps_rollup", "auxv"):
            self.assertTrue(self.can_read(host, name), name)
        self.assertEqual(host.log().count(WARNING), 1)
        for dumpable, owner, warnings in ((True, NOBODY, 1), (False, 0, 1), (True, NOBODY, 2)):
            self.config["process"]["dumpable"] = dumpable
            self.put()
            status, text = reloading.ask(host, "--dir", "spool")
            self.assertEqual(status, 0, text)
            self.assertEqual(self.owner(host), owner)
            self.assertEqual(host.log().count(WARNING), warnings)

    def dies_of(self, number, dumpable):
        """The core files that it leaves, in the directory where it runs."""
        host = self.somebody(dumpable, prefix=["prlimit", "--core=unlimited"])
        host.process.send_signal(number)
        self.assertEqual(host.process.wait(e2e.PATIENCE), -number)
        host.process = None
        return glob.glob(os.path.join(self.directory, "core*"))

    @unittest.skipIf(e2e.sanitizer(), "a sanitizer takes SIGSEGV for itself and reports it")
    def test_no_core_file(self):
        for number in (signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(signal=number):
                self.assertEqual(self.dies_of(number, dumpable=False), [])
        with open("/proc/sys/kernel/core_pattern") as file:
            pattern = file.read().strip()
        if not pattern.startswith("core"):
            self.skipTest("core files go to %s here, so that none is in the directory" % pattern)
        self.assertEqual(len(self.dies_of(signal.SIGQUIT, dumpable=True)), 1)


if __name__ == "__main__":
    unittest.main()
