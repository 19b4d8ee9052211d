"""Load that comes whatever becomes of it (bench/open_loop), and who watches the host meanwhile."""
import json
import os
import subprocess
import threading
import time


def open_loop(build, port, connections, patience, *phases, cpus=None):
    """Each phase is (requests a second, seconds); `patience` in seconds. Its figures of each second
    of it all, see bench/open_loop.cpp; `cpus`: as taskset has them."""
    command = ["taskset", "--cpu-list", cpus] if cpus else []
    command += [os.path.join(build, "bench", "open_loop"), str(port), str(connections),
                str(int(patience * 1000)), *("%f:%f" % phase for phase in phases)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class _Repeated:
    """Does something ten times a second until stop()."""

    def __init__(self):
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopping.wait(0.1):
            self.look()

    def stop(self):
        self._stopping.set()
        self._thread.join()


class Watcher(_Repeated):
    """Asks for a path over one connection."""

    def __init__(self, client, path, port):
        self.client, self.path, self.port = client, path, port
        self.waits, self.failures = [], 0
        super().__init__()

    def look(self):
        begin = time.monotonic()
        try:
            good = self.client.get(self.path).status == 200
        except OSError:
            good = False
        self.waits.append(time.monotonic() - begin)
        self.failures += not good


class Memory(_Repeated):
    """What a process has resident, in MiB."""

    def __init__(self, pid):
        self.path, self.mib = "/proc/%d/status" % pid, []
        super().__init__()

    def look(self):
        with open(self.path) as file:
            kib = next(line for line in file if line.startswith("VmRSS:")).split()[1]
        self.mib.append(int(kib) / 1024)
