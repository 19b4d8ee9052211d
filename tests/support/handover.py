"""One listening socket that hosts serve in turn: this process holds it, as a service manager
would, and passes it on as sd_listen_fds(3) says."""
import os
import socket
import sys

import e2e

WAITING = "another process owns the spool; waiting for it to end"
SERVING = '"message":"serving"'

# Descriptor 3, and LISTEN_PID is the process that becomes the host.
_LAUNCH = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[2]))
os.environ["LISTEN_FDS"] = sys.argv[3]
os.execv(sys.argv[4], sys.argv[4:])
"""


class HeldSocket:
    """Listens on a free loopback port until close()."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1024)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()

    def start(self, host, descriptor=None, count=1, pid_off_by=0):
        """Starts `host`, an e2e.Host, on the socket, or on another descriptor. Its log is its own,
        as several run at the same time. Returns at once."""
        descriptor = self.socket.fileno() if descriptor is None else descriptor
        host.prefix = [sys.executable, "-c", _LAUNCH, str(descriptor), str(pid_off_by), str(count)]
        host.descriptors = (descriptor,)
        host.port = self.port
        host.log_path = os.path.join(host.directory, "host-%d.log" % id(host))
        return host.start(wait=False)


def said(host, words):
    """Whether it is in the log of a host that runs."""
    if words in host.log():
        return True
    if host.process.poll() is not None:
        raise AssertionError("the host ended with %d:\n%s" % (host.process.returncode, host.log()))
    return False


def wait_for(host, words):
    e2e.poll(lambda: said(host, words), "the log of the host says '%s'" % words)


def hand_over(held, former, successor):
    """Starts `successor`, stops `former` while it waits, and returns when the successor serves:
    the former one's exit status."""
    held.start(successor)
    wait_for(successor, WAITING)
    status = former.stop()
    wait_for(successor, SERVING)
    return status
