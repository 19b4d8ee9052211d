"""What code that runs in the host can no longer do, tried by a plugin from inside."""
import contextlib
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
# Where a sanitizer looks for leaks, by a process that traces this one.
FOR_LEAKS = {"fork", "raw_fork", "ptrace", "dumpable", "dumpable_high", "be_traced"}
# Lives until it is told something: whom else on this machine the plugin could harm.
VICTIM = "import sys; sys.stdin.readline()"


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


class CallsTest(ConfinedTest):
    def test_no_call_gets_away(self):
        outcomes = self.attempts()
        self.assertGreaterEqual(len(outcomes), 30)
        let_through = {name for name, number in outcomes.items()
                       if number != OTHERWISE.get(name, errno.EPERM)}
        allowed = FOR_LEAKS if e2e.sanitizer() == "address" else set()
        self.assertEqual(let_through - allowed, set())
        self.assertNotIn(OFF, self.served.log())

    def test_they_would_get_away(self):
        self.config["process"] = {"confined": False}
        outcomes = self.attempts()
        refused = {name for name, number in outcomes.items()
                   if number == OTHERWISE.get(name, errno.EPERM)}
        ours = set(outcomes) - PRIVILEGED
        self.assertGreaterEqual(len(ours), 30)
        self.assertEqual(refused & ours, set())
        self.assertEqual(self.served.log().count(OFF), 1)
        if not all_capabilities():
            self.skipTest("only root with all capabilities can try the rest: %s" %
                          ", ".join(sorted(PRIVILEGED)))
        self.assertEqual(refused, set())

    def test_the_switches_are_for_a_start(self):
        self.serve()
        for change in ({"confined": False}, {"dumpable": True}):
            text = self.refused(self.changed(lambda config: config.update(process=change)))
            self.assertIn("needs a restart", text)
            self.assertIn("process.%s: " % next(iter(change)), text)

    def test_it_gains_no_privileges(self):
        host = self.serve()
        tasks = "/proc/%d/task" % host.process.pid
        for task in os.listdir(tasks):
            with open(os.path.join(tasks, task, "status")) as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")


if __name__ == "__main__":
    unittest.main()
