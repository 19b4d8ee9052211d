"""The load generator: Debian's wrk with post.lua."""
import json
import os
import shutil
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "post.lua")
ANSWER_SECONDS = 60  # a later answer counts as a timeout


class Missing(Exception):
    """There is no wrk; the message says where it comes from."""


class Failed(Exception):
    pass


class Answers:
    """What came of one run."""

    def __init__(self, result):
        self.seconds = result["duration_us"] / 1e6
        self.statuses = {int(status): count for status, count in result["statuses"].items()}
        self.broken = {kind: result[kind] for kind in ("connect", "read", "write", "timeout")
                       if result[kind]}
        self.p50_ms, self.p99_ms, self.p999_ms = (
            result[name] / 1e3 for name in ("p50_us", "p99_us", "p999_us"))

    @property
    def acknowledged(self):
        """Requests that were answered 2xx."""
        return sum(n for status, n in self.statuses.items() if 200 <= status < 300)

    @property
    def errors(self):
        """Count by status or kind of trouble."""
        refused = {str(status): n for status, n in sorted(self.statuses.items())
                   if not 200 <= status < 300}
        return {**refused, **self.broken}

    @property
    def unknown(self):
        """Requests that were sent and never answered, those at the end of the run aside."""
        return sum(self.broken.get(kind, 0) for kind in ("read", "write", "timeout"))


def program():
    found = shutil.which("wrk")
    if not found:
        raise Missing("wrk is not installed:  apt-get install wrk")
    return found


def threads_for(connections):
    """wrk gives each thread the same number of connections, and drops the rest."""
    return max(n for n in range(1, (os.cpu_count() or 1) + 1) if connections % n == 0)


def run(url, bodies, connections, seconds):
    """POSTs the lines of the file `bodies` to `url`, as fast as answers come."""
    done = subprocess.run(
        [program(), "-t%d" % threads_for(connections), "-c%d" % connections, "-d%ds" % seconds,
         "--timeout", "%ds" % ANSWER_SECONDS, "--latency", "-s", SCRIPT, url, "--", bodies],
        capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return Answers(json.loads(line[len("RESULT "):]))
    raise Failed("wrk failed with %d:\n%s%s" % (done.returncode, done.stdout, done.stderr))
