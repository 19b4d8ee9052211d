"""A network of this process's own: no other interface than its own, and names that a test makes up.
It ends with the process."""
import ctypes
import os
import subprocess

import own_mounts
import own_stores

_CLONE_NEWNET = 0x40000000  # <sched.h>


def _run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise own_stores.Unavailable("%s: %s" % (" ".join(command), done.stderr.strip()))


def unshare_network(hosts):
    """For the calling thread and whatever it starts from now on; `hosts`: a file to take the place
    of /etc/hosts. There is `lo` with 169.254.169.254 too, and `near` with fe80::1."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        own_mounts.unshare_mounts()
    except OSError as error:
        raise own_stores.Unavailable(str(error)) from None
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise own_stores.Unavailable("no network of its own may be made: "
                                     + os.strerror(ctypes.get_errno()))
    _run("mount", "--bind", hosts, "/etc/hosts")
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", "169.254.169.254/32", "dev", "lo")
    _run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    for end in ("near", "far"):
        _run("ip", "link", "set", end, "up")
    _run("ip", "address", "add", "fe80::1/64", "dev", "near", "nodad")
