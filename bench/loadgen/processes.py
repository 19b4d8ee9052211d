"""What processes take, from /proc, and how fast the machine is just now."""
import os
import socket
import subprocess
import sys

TICKS = os.sysconf("SC_CLK_TCK")
LISTEN = "0A"  # state in /proc/net/tcp

# Turns of a loop in a quarter of a second: the same code on every core at once, so that what else
# the machine does, or its host, shows.
LOOP = """
import time
begin = time.perf_counter()
turns = 0
while time.perf_counter() - begin < 0.25:
    x = 0
    for i in range(20000):
        x += i * i
    turns += 20000
print(turns / (time.perf_counter() - begin) / 1e6)
"""


def speed():
    """Million turns a second, all cores together."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE, text=True)
             for _ in range(os.cpu_count() or 1)]
    return sum(float(loop.communicate()[0]) for loop in loops)


class Snapshot:
    """Of all processes, at one time."""

    def __init__(self):
        self._children = {}
        self._seconds = {}
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % name) as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue  # it ended
            self._children.setdefault(int(fields[1]), []).append(int(name))
            # user and system time, its own and that of children that it has waited for
            self._seconds[int(name)] = sum(int(ticks) for ticks in fields[11:15]) / TICKS

    def tree(self, root):
        """The process and its descendants, as far as they are there."""
        found = [root] if root in self._seconds else []
        for process in found:
            found += self._children.get(process, [])
        return found

    def cpu_seconds(self, root):
        """Of the tree, including what ended and was waited for."""
        return sum(self._seconds[process] for process in self.tree(root))


def pss_mb(root):
    """Memory of the tree with shared pages counted by share; None where it may not be read."""
    kilobytes = 0
    for process in Snapshot().tree(root):
        try:
            with open("/proc/%d/smaps_rollup" % process) as file:
                kilobytes += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except ProcessLookupError:
            continue
        except OSError:
            return None
    return kilobytes / 1024 or None


def is_here(host):
    """Whether the address is one of this machine's."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as s:
            s.bind(address)
        return True
    except OSError:
        return False


def listener(port):
    """The process that listens on the port, the topmost if several share the socket; None if that
    cannot be seen."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            continue
        inodes |= {"socket:[%s]" % row[9] for row in rows
                   if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port}
    # Whoever started process 1 did not start it to serve, though it may have opened the socket.
    holders = [int(name) for name in os.listdir("/proc")
               if name.isdigit() and name != "1" and inodes & _open_files(name)]
    snapshot = Snapshot()
    tops = [process for process in holders
            if not any(process in snapshot.tree(other) for other in holders if other != process)]
    return tops[0] if tops else None


def _open_files(process):
    folder = "/proc/%s/fd" % process
    found = set()
    try:
        for name in os.listdir(folder):
            try:
                found.add(os.readlink(os.path.join(folder, name)))
            except OSError:
                continue
    except OSError:
        pass
    return found
