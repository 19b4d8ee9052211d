"""A link to a network namespace that a test may cut: what is sent then vanishes without a word."""
import os
import pwd
import subprocess

import own_stores

# Set aside for tests of networks (RFC 2544): 32,768 pairs of addresses, of which one is ours.
PAIRS = 1 << 15
FAR_MAC = "02:00:00:00:00:02"


class NetworkLink:
    """A namespace and a pair of interfaces, one end in it. They go with the ExitStack, and with the
    process should that be killed."""

    def __init__(self, stack):
        if os.geteuid() != 0:
            raise own_stores.Unavailable("a network namespace needs root")
        # It lives as long as this one, which ends with its standard input, and what runs in it.
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stack.callback(self._end)
        self._holder.stdin.write(b"\n")
        self._holder.stdin.flush()
        if self._holder.stdout.read(1) != b"\n":
            raise own_stores.Unavailable("no network namespace may be made: %s"
                                         % self._holder.stderr.read().decode().strip())
        pair = self._holder.pid % PAIRS * 4
        self._near = "198.%d.%d.%d" % (18 + (pair >> 16), pair >> 8 & 255, pair + 1 & 255)
        self.address = "198.%d.%d.%d" % (18 + (pair >> 16), pair >> 8 & 255, pair + 2 & 255)
        self._interface = "ingest%d" % self._holder.pid
        self._connect()

    def _connect(self):
        self._ip("link", "add", self._interface, "type", "veth", "peer", "name", "far", "address",
                 FAR_MAC, "netns", str(self._holder.pid))
        self._ip("address", "add", self._near + "/30", "dev", self._interface)
        self._ip("link", "set", self._interface, "up")
        # Known for good: else packets would be refused at once while the link is cut, for want of
        # somebody who answers for the address.
        self._ip("neighbour", "add", self.address, "lladdr", FAR_MAC, "dev", self._interface,
                 "nud", "permanent")
        self._far_ip("address", "add", self.address + "/30", "dev", "far")
        self._far_ip("link", "set", "lo", "up")
        self.mend()

    def prefix(self, user=None):
        """Of a command, to run it at the far end, as another user or as ours."""
        command = ["nsenter", "--target", str(self._holder.pid), "--net"]
        if user:
            entry = pwd.getpwnam(user)
            command += ["--setuid", str(entry.pw_uid), "--setgid", str(entry.pw_gid)]
        return command + ["--"]

    def cut(self):
        # At the far end. Without an interface on this side, packets would take the default route.
        self._far_ip("link", "set", "far", "down")

    def mend(self):
        self._far_ip("link", "set", "far", "up")

    def _ip(self, *arguments, prefix=()):
        done = subprocess.run([*prefix, "ip", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise own_stores.Unavailable("ip %s: %s" % (" ".join(arguments), done.stderr.strip()))

    def _far_ip(self, *arguments):
        self._ip(*arguments, prefix=self.prefix())

    def _end(self):
        # The near end may be left behind for a moment, until the kernel has cleared the namespace.
        subprocess.run(["ip", "link", "delete", self._interface], capture_output=True)
        self._holder.communicate()
