"""The systemd unit: that it is one, how much it leaves open, and that the host can live in it."""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import unittest

import e2e

FOLDER = os.path.join(e2e.SOURCE, "deploy", "systemd")
UNIT = os.path.join(FOLDER, "ingest-host.service")
CREDENTIALS = "/run/credentials/ingest-host.service"
# `systemd-analyze security` counts from 0 (nothing is open) to 10.
EXPOSURE_MAX = 1.2
# Says which system calls the filter of the unit lets through.
ANALYZE = shutil.which("systemd-analyze")
# As MemoryDenyWriteExecute=, by the kernel itself; prctl(2).
DENY_WRITE_EXECUTE = """
import ctypes, os, sys
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
    sys.exit(77)
if len(sys.argv) > 1:
    os.execv(sys.argv[1], sys.argv[1:])
"""


def settings(name, path=UNIT):
    with open(path) as file:
        return re.findall(r"(?m)^%s=(.*)$" % name, file.read())


@unittest.skipUnless(ANALYZE, "there is no systemd-analyze")
class UnitTest(e2e.HostTest):
    def analyze(self, *words):
        done = subprocess.run([ANALYZE, "--no-pager", *words], text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_it_is_one(self):
        with open(UNIT) as file:
            text = file.read()
        self.assertIn("ExecStart=/usr/bin/ingest-host ", text)
        # The program has to be there.
        path = self.write("ingest-host.service", text.replace("/usr/bin/ingest-host",
                                                              e2e.HOST_BINARY))
        self.assertEqual(self.analyze("verify", "--man=no", "--generators=no", path), "")

    def test_the_loader_is_told_nothing(self):
        unset = set(settings("UnsetEnvironment")[0].split())
        self.assertLessEqual({"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"}, unset)

    def test_little_is_open(self):
        said = self.analyze("security", "--offline=true", UNIT)
        exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", said).group(1))
        self.assertLessEqual(exposure, EXPOSURE_MAX, said)
        with open(os.path.join(e2e.SOURCE, "docs", "SECURITY.md")) as file:
            self.assertIn("exposure level %.1f" % exposure, file.read())

    def calls_in(self, group):
        """The system calls of a group, with those of the groups in it; or a call itself."""
        if not group.startswith("@"):
            return {group}
        names = set()
        for word in self.analyze("syscall-filter", group).split("\n")[1:]:
            word = word.strip()
            if word.startswith("@"):
                names |= self.calls_in(word)
            elif word and not word.startswith("#"):
                names.add(word)
        return names

    def test_the_host_needs_no_call_that_is_refused(self):
        if e2e.sanitizer():
            self.skipTest("a sanitizer has calls of its own")
        allowed, refused = settings("SystemCallFilter")
        calls = set.union(*(self.calls_in(group) for group in allowed.split()))
        # What is needed to start a process at all is never refused.
        calls -= (set.union(*(self.calls_in(group) for group in refused.lstrip("~").split())) -
                  self.calls_in("@default"))
        environment, *_ = self.stores()
        host = self.host("config.yaml", environment)
        trace = os.path.join(self.directory, "trace")
        host.prefix = ["strace", "-D", "-f", "-qq", "-o", trace]
        host.start()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
            self.assertEqual(client.get("/health").status, 200)
            self.assertEqual(client.get("/metrics").status, 200)
        subprocess.run([e2e.HOST_BINARY, "reload", "--dir", "spool"], cwd=self.directory,
                       env=host.full_environment(), check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(host.stop(), 0)
        with open(trace) as file:
            made = set(re.findall(r"(?m)^\d+ +(\w+)\(", file.read()))
        self.assertIn("memfd_create", made)
        self.assertIn("seccomp", made)
        self.assertIn("landlock_create_ruleset", made)
        # By which root gives up its capabilities; a user of the unit's own has none.
        self.assertEqual(made - calls - {"capset"}, set())


class LifeTest(e2e.HostTest):
    def test_plugins_load_where_no_memory_becomes_code(self):
        if e2e.sanitizer():
            self.skipTest("a sanitizer makes code of its own")
        deny = [sys.executable, "-c", DENY_WRITE_EXECUTE]
        if subprocess.run(deny).returncode == 77:
            self.skipTest("this kernel has no PR_SET_MDWE")
        host = self.host()
        host.prefix = deny
        host.start()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)

    def test_there_is_time_to_stop(self):
        seconds, = settings("TimeoutStopSec")
        self.assertGreaterEqual(int(seconds.rstrip("s")), 10 + 5 + 10)

    def test_files_for_all_connections(self):
        files, = settings("LimitNOFILE")
        host = self.host()
        host.prefix = ["prlimit", "--nofile=%s" % files]
        host.start()
        self.assertNotIn("fewer files may be open", host.log())

    def test_secrets_come_as_credentials(self):
        with open(os.path.join(e2e.SOURCE, "presets", "postgres-redis.yaml")) as file:
            text = file.read().split("\nstorage:")[0]
        with open(os.path.join(FOLDER, "credentials.yaml")) as file:
            text += "\n" + file.read().replace(CREDENTIALS, self.directory)
        for line in settings("LoadCredential", os.path.join(FOLDER, "stores.conf")):
            name, source = line.split(":")
            self.assertEqual(source, "/etc/ingest/secrets/" + name)
            self.assertIn("%s/%s}" % (self.directory, name), text)
            scheme = {"database-url": "postgresql", "redis-url": "redis"}[name]
            os.chmod(self.write(name, "%s://u:s3cret-word@127.0.0.1/0" % scheme), 0o400)
        config = self.write("config.yaml", text)
        host = self.host(config, {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")})
        for words in ((), ("--print",)):
            done = subprocess.run([e2e.HOST_BINARY, "check", "--config", config, *words],
                                  text=True, capture_output=True, env=host.full_environment())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("s3cret-word", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
