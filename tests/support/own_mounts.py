"""Mounts that only this process and its children see, and that end with them at the latest."""
import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
# <sched.h>, <sys/mount.h>
_CLONE_NEWNS = 0x00020000
_MS_REC = 0x4000
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, "cannot %s: %s" % (what, os.strerror(number)))


def unshare_mounts():
    """For the calling thread and whatever it starts from now on; OSError without the right to."""
    _check(_libc.unshare(_CLONE_NEWNS), "have mounts of its own (are you root?)")
    _check(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "make mounts private")


def mount_tmpfs(stack, path, size):
    """`size` bytes at `path`, until the ExitStack ends; call unshare_mounts() before."""
    options = "size=%d,mode=755" % size
    _check(_libc.mount(b"tmpfs", path.encode(), b"tmpfs", 0, options.encode()),
           "mount a tmpfs at " + path)
    # Detached, so that a process that still has a file in it keeps nobody from ending.
    stack.callback(_libc.umount2, path.encode(), _MNT_DETACH)


def mount_overlay(stack, path, room):
    """What is written below `path` goes into `room`, a directory on a tmpfs; as above."""
    changes, work = (os.path.join(room, name) for name in ("changes", "work"))
    os.makedirs(changes)
    os.makedirs(work)
    options = "lowerdir=%s,upperdir=%s,workdir=%s" % (path, changes, work)
    _check(_libc.mount(b"overlay", path.encode(), b"overlay", 0, options.encode()),
           "mount an overlay at " + path)
    stack.callback(_libc.umount2, path.encode(), _MNT_DETACH)
