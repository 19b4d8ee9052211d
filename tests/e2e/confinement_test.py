"""What code that runs in the host can no longer do, tried by a plugin from inside."""
import contextlib
import ctypes
import errno
import os
import re
import subprocess
import sys
import unittest

import e2e
import reloading
from with_validators import SOUND

OFF = "process.confined is off"
# What fails with another error than EPERM; the C library says ENOMEM for whatever popen() meets.
OTHERWISE = {"clone3": errno.ENOSYS, "new_call": errno.ENOSYS, "popen": errno.ENOMEM}
# What the kernel refuses to most users in any case.
PRIVILEGED = {
    "unshare", "unshare_user", "clone_user", "pivot_root", "umount", "move_mount", "fsopen",
    "swapon", "quotactl", "open_by_handle", "fanotify", "bpf", "perf", "userfaultfd", "io_uring",
    "init_module", "finit_module", "delete_module", "kexec", "reboot", "syslog", "acct",
    "hostname", "domainname", "setgroups", "raw_socket", "packet_socket", "ptrace",
    "read_memory", "write_memory", "new_call",
}
# What is tried outside of the directories that may be written, and in the system's own.
FILES = {
    "new_file", "overwrite", "append", "unnamed_file", "cut_off", "take_away", "new_directory",
    "take_directory", "point", "second_name", "pipe_file", "device_file", "socket_file",
    "move_out", "rename", "own_file", "configuration",
}
SYSTEM_FILES = {"system_settings", "system_accounts", "system_etc", "system_library",
                "system_memory", "system_environment", "system_favour"}
DENIED = {errno.EACCES, errno.EPERM, errno.EXDEV}
# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_NET_BIND_SERVICE
KEPT = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 10
AS_ROOT = "the host runs as root"
NOBODY = 65534
# Where a sanitizer looks for leaks, by a process that traces this one.
FOR_LEAKS = {"fork", "raw_fork", "ptrace", "dumpable", "dumpable_high", "be_traced"}
# Lives until it is told something: whom else on this machine the plugin could harm.
VICTIM = "import sys; sys.stdin.readline()"


def landlock():
    """The version of this kernel's, 0 for none."""
    create_ruleset, version = 444, 1
    return max(0, ctypes.CDLL(None).syscall(create_ruleset, None, 0, version))


def thread_statuses(host):
    """What /proc says of each thread of a host."""
    statuses = []
    tasks = "/proc/%d/task" % host.process.pid
    for task in os.listdir(tasks):
        with open(os.path.join(tasks, task, "status")) as file:
            statuses.append(dict(line.rstrip("\n").split(":\t", 1) for line in file
                                 if ":\t" in line))
    return statuses


def all_capabilities():
    """Whether this process may do what root may; sandboxes take some of it."""
    with open("/proc/self/status") as status:
        effective = int(re.search(r"CapEff:\s*(\w+)", status.read()).group(1), 16)
    sys_resource = 1 << 24  # no attempt needs it
    with open("/proc/sys/kernel/cap_last_cap") as last:
        return effective | sys_resource == (1 << int(last.read()) + 1) - 1


class ConfinedTest(reloading.ReloadTest):
    """With a host whose validator tries to get away."""

    def setUp(self):
        super().setUp()
        self.config["plugin_dirs"].append(SOUND)
        self.config["validators"] = [{"plugin": "escapes"}]
        victim = subprocess.Popen([sys.executable, "-c", VICTIM], stdin=subprocess.PIPE)
        self.addCleanup(victim.wait)
        self.addCleanup(victim.stdin.close)
        self.environment = {"ESCAPES_VICTIM": str(victim.pid)}

    def attempts(self):
        """Has the plugin try: errno values by the name of the attempt."""
        host = self.serve(self.environment)
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        self.assertEqual(host.stop(), 0, host.log())
        log = host.log()
        self.assertIn("\nescapes end\n", log)
        return {name: int(number)
                for name, number in re.findall(r"(?m)^escape (\w+) (-?\d+)$", log)}


class FilesTest(ConfinedTest):
    """What is outside of the spool and the directories that are listed."""

    def setUp(self):
        super().setUp()
        if landlock() < 2:
            self.skipTest("this kernel has no Landlock, or the first one")
        self.outside = os.path.join(self.directory, "outside")
        self.data = os.path.join(self.directory, "data")
        for path in (self.outside, self.data, os.path.join(self.outside, "empty")):
            os.mkdir(path)
        for name in ("there", "cut", "removable"):
            with open(os.path.join(self.outside, name), "w") as file:
                file.write("x")
        self.config["sinks"] = [reloading.sqlite("database", os.path.join(self.data, "a.db"))]
        self.environment.update(ESCAPES_OUTSIDE=self.outside,
                                ESCAPES_SPOOL=os.path.join(self.directory, "spool"),
                                ESCAPES_PLUGINS=SOUND, ESCAPES_CONFIG=self.directory)

    def file_attempts(self):
        """errno values by name, without what this kernel's Landlock does not know."""
        outcomes = {name: number for name, number in self.attempts().items()
                    if name in FILES or name in SYSTEM_FILES}
        self.assertEqual(set(outcomes), FILES | SYSTEM_FILES)
        if landlock() < 3:
            del outcomes["cut_off"]
        return outcomes

    def test_nothing_is_written_outside(self):
        self.config["process"] = {"writable": ["data"]}
        outcomes = self.file_attempts()
        self.assertEqual({name for name, number in outcomes.items() if number not in DENIED}, set())
        self.assertEqual(sorted(os.listdir(self.outside)), ["cut", "empty", "removable", "there"])
        self.assertIn('"directories":"%s, %s"' % (self.data, os.path.join(self.directory, "spool")),
                      self.served.log())
        # What is delivered to the sink stands there.
        self.assertTrue(os.path.exists(os.path.join(self.data, "a.db")))

    def test_by_default_the_system_is_not_written(self):
        outcomes = self.file_attempts()
        denied = {name for name, number in outcomes.items() if number in DENIED}
        self.assertEqual(denied, SYSTEM_FILES)

    def test_it_would_be(self):
        if os.getuid() != 0:
            self.skipTest("only root may write the system's files")
        self.config["process"] = {"confined": False}
        outcomes = self.file_attempts()
        denied = {name for name, number in outcomes.items() if number in DENIED}
        if not all_capabilities():
            denied -= {"system_memory", "system_environment"}
        self.assertEqual(denied, set())

    def test_a_sink_outside_is_told_of(self):
        self.config["process"] = {"writable": []}
        self.serve(self.environment)
        with contextlib.closing(self.served.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 202)
        self.assertFalse(self.served.connected("database"))
        self.assertIn("files can be written here alone", self.served.log())
        e2e.poll(lambda: "unable to open database file" in self.served.log(), "the log says why")

    def test_a_directory_that_is_not_there(self):
        self.config["process"] = {"writable": ["data", "dta"]}
        self.put()
        host = self.host(self.path, self.environment).start(wait=False)
        self.assertEqual(host.process.wait(e2e.PATIENCE), 1, host.log())
        self.assertIn("process.writable: %s is not there; make it" %
                      os.path.join(self.directory, "dta"), host.log())

    def test_life_goes_on(self):
        """A reload with a new plugin and a new sink with a file of its own."""
        self.config["process"] = {"writable": ["data"]}
        self.config["validators"] = []
        self.serve()
        self.install(1)
        self.config["validators"] = [reloading.stamp("new")]
        self.config["sinks"].append(reloading.sqlite("second", os.path.join(self.data, "b.db")))
        self.reload()
        with contextlib.closing(self.served.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        e2e.poll(lambda: all(sink["waiting"] == 0 and sink["delivered"] == 1
                             for sink in self.served.ledger()["sinks"]), "both have it")
        text = self.refused(self.changed(lambda config: config["process"].update(writable=[])))
        self.assertIn("process.writable: a change of it needs a restart", text)


class RightsTest(ConfinedTest):
    def test_root_keeps_what_files_and_ports_need(self):
        if os.getuid() != 0:
            self.skipTest("who is not root has no capabilities")
        host = self.serve(self.environment)
        for status in thread_statuses(host):
            kept = int(status["CapPrm"], 16)
            self.assertEqual(kept & ~KEPT, 0, status)
            self.assertEqual(int(status["CapEff"], 16), kept)
            for name in ("CapInh", "CapBnd", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(host.log().count(AS_ROOT), 1)

    def test_another_user_is_not_warned(self):
        if os.getuid() != 0:
            self.skipTest("only root can run the host as somebody else")
        os.chown(self.directory, NOBODY, NOBODY)
        self.put()
        host = self.host(self.path)
        host.prefix = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
        host.start()
        self.assertNotIn(AS_ROOT, host.log())

    def test_root_reads_what_is_somebody_elses_at_a_reload(self):
        if os.getuid() != 0:
            self.skipTest("only root can give a file away")
        self.config["validators"] = []
        self.serve()
        self.put()
        os.chown(self.path, NOBODY, NOBODY)
        os.chmod(self.path, 0o600)
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 0, text)


class CallsTest(ConfinedTest):
    def test_no_call_gets_away(self):
        outcomes = self.attempts()
        self.assertGreaterEqual(len(outcomes), 30)
        let_through = {name for name, number in outcomes.items()
                       if number != OTHERWISE.get(name, errno.EPERM)} - FILES - SYSTEM_FILES
        allowed = FOR_LEAKS if e2e.sanitizer() == "address" else set()
        self.assertEqual(let_through - allowed, set())
        self.assertNotIn(OFF, self.served.log())

    def test_they_would_get_away(self):
        self.config["process"] = {"confined": False}
        outcomes = self.attempts()
        refused = {name for name, number in outcomes.items()
                   if number == OTHERWISE.get(name, errno.EPERM)}
        ours = set(outcomes) - PRIVILEGED - FILES - SYSTEM_FILES
        self.assertGreaterEqual(len(ours), 30)
        self.assertEqual(refused & ours, set())
        self.assertEqual(self.served.log().count(OFF), 1)
        if not all_capabilities():
            self.skipTest("only root with all capabilities can try the rest: %s" %
                          ", ".join(sorted(PRIVILEGED)))
        self.assertEqual(refused - FILES - SYSTEM_FILES, set())

    def test_the_switches_are_for_a_start(self):
        self.serve()
        for change in ({"confined": False}, {"dumpable": True}):
            text = self.refused(self.changed(lambda config: config.update(process=change)))
            self.assertIn("needs a restart", text)
            self.assertIn("process.%s: " % next(iter(change)), text)

    def test_it_gains_no_privileges(self):
        for status in thread_statuses(self.serve(self.environment)):
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")


if __name__ == "__main__":
    unittest.main()
