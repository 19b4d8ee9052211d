"""Makes system calls of a host fail or fall short."""
import os
import shutil
import subprocess

import e2e
from harness import Skip, poll

SHORT_IO = os.path.join(e2e.BUILD, "tests", "short_io.so")


class Strace:
    """Errors injected into a host's system calls, each rule counted per thread of the host.

    A rule is "CALL[,CALL]:error=NAME:when=FIRST[..LAST][+STEP]". With `paths` only calls on those
    files count. The host stays the child of whoever starts it, and strace ends with it.
    """

    def __init__(self, log, *rules, paths=()):
        self.log = log
        calls = ",".join(rule.split(":")[0] for rule in rules)
        self.prefix = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "signal=none",
                       "-o", log, "-e", "trace=" + calls]
        for rule in rules:
            self.prefix += ["-e", "inject=" + rule]
        for path in paths:
            self.prefix += ["-P", path]

    def injected(self):
        """How many calls failed for it; after the host has ended."""
        def count():
            with open(self.log) as log:
                return log.read().count("(INJECTED)")
        return poll(count, "a fault was injected; what was traced: " + self.log)

    # Under ptrace LeakSanitizer cannot do its work and says so in a report.
    ENVIRONMENT = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def need_strace():
    if not shutil.which("strace"):
        raise Skip("strace is not installed:  apt-get install strace")
    tried = subprocess.run(["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=fdatasync",
                            "-e", "inject=fdatasync:error=EIO", "-o", "/dev/null", "true"],
                           stderr=subprocess.PIPE, text=True)
    if tried.returncode != 0:
        raise Skip("processes cannot be traced here: " + tried.stderr.strip())
