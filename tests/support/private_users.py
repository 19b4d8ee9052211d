"""python3 private_users.py UID GROUPS COMMAND...: becomes the command as systemd makes a service
with DynamicUser=, SupplementaryGroups= (GROUPS: ids with commas between), PrivateUsers=, no
capability and NoNewPrivileges=: in a user namespace that has names for root and this user alone."""
import ctypes
import os
import sys

_CLONE_NEWUSER = 0x10000000  # <sched.h>


def name_users(process, uid):
    """From outside of the namespace of `process`, whose root has no right to."""
    for kind in ("uid_map", "gid_map"):
        with open("/proc/%d/%s" % (process, kind), "w") as file:
            file.write("0 0 1\n%d %d 1\n" % (uid, uid))


def main(uid, groups, *command):
    # Groups without a name in the namespace still count for files.
    os.setgroups([int(group) for group in groups.split(",") if group])
    process = os.getpid()
    ready, tell = os.pipe()
    outside = os.fork()
    if outside == 0:
        os.close(tell)
        os.read(ready, 1)
        name_users(process, int(uid))
        os._exit(0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        sys.exit("no users of its own: " + os.strerror(ctypes.get_errno()))
    os.write(tell, b"x")
    if os.waitpid(outside, 0)[1] != 0:
        sys.exit("its users got no names")
    os.umask(0o077)
    os.execvp("setpriv", ["setpriv", "--reuid", uid, "--regid", uid, "--keep-groups",
                          "--bounding-set", "-all", "--no-new-privs", *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
