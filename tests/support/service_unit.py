"""A service manager for one unit, as far as an operator meets one: `systemctl` in a test's shell.

What it reads are the unit and its drop-ins, and only at a daemon-reload. The service gets their
Environment=, ExecStart=, ExecReload=, SupplementaryGroups= and StateDirectory=, a user that exists
nowhere else, and none of root's rights; it has started when it says so (Type=notify). Not here,
but in systemd_test: the sandbox of mounts and system calls.
"""
import grp
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading

from poll import PATIENCE

NAME = "ingest-host"
UNIT = "/lib/systemd/system/ingest-host.service"
DROP_INS = "/etc/systemd/system/ingest-host.service.d"
WANTS = "/etc/systemd/system/multi-user.target.wants/ingest-host.service"
# One of those that systemd takes for DynamicUser=.
UID = 61234
# What a shell calls as `systemctl`: asks the manager.
CALLER = """#!{python}
import socket, sys
with socket.socket(socket.AF_UNIX) as manager:
    manager.connect({address!r})
    manager.sendall("\\0".join(sys.argv[1:]).encode())
    manager.shutdown(socket.SHUT_WR)
    status, _, text = manager.makefile().read().partition("\\n")
print(text, end="", file=sys.stderr if int(status) else sys.stdout)
sys.exit(int(status))
"""


class Unit:
    """The settings of all sections together, as systemd adds them up."""

    def __init__(self):
        self.lists = {}
        paths = [UNIT]
        if os.path.isdir(DROP_INS):
            paths += [os.path.join(DROP_INS, name) for name in sorted(os.listdir(DROP_INS))
                      if name.endswith(".conf")]
        for path in paths:
            with open(path) as file:
                for line in file:
                    name, is_setting, value = line.strip().partition("=")
                    if is_setting and not name.startswith("#"):
                        self.lists.setdefault(name, []).append(value)

    def last(self, name):
        return self.lists[name][-1]

    def environment(self):
        words = [word for line in self.lists["Environment"] for word in shlex.split(line)]
        return dict(word.split("=", 1) for word in words)

    def groups(self):
        names = " ".join(self.lists.get("SupplementaryGroups", [])).split()
        return [grp.getgrnam(name).gr_gid for name in names]


class Refused(Exception):
    pass


class Manager:
    """Serves a `systemctl` until close(). The service is a child of this process."""

    def __init__(self, directory, log):
        self.directory = directory
        self.log = log
        self.unit = None
        self.process = None
        self.environment = {}  # of the service, beside the unit's
        self.address = os.path.join(directory, "manager")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.address)
        self.socket.listen()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def install(self, path):
        with open(path, "w") as file:
            file.write(CALLER.format(python=sys.executable, address=self.address))
        os.chmod(path, 0o755)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # close()
                return
            with connection:
                words = connection.makefile().read().split("\0")
                try:
                    answer = "0\n" + (self._do(words) or "")
                except (Refused, KeyError, OSError, subprocess.SubprocessError) as error:
                    answer = "1\nsystemctl %s: %s\n" % (" ".join(words), error)
                connection.sendall(answer.encode())

    def _do(self, words):
        known = {"daemon-reload": self.read, "enable": self.enable, "disable": self.disable,
                 "start": self.start, "stop": self.stop, "restart": self.restart,
                 "reload": self.reload, "show": self.show}
        names = [word.removesuffix(".service") for word in words[1:]
                 if not word.startswith("--") and word != "Environment"]
        if words[0] not in known or names != ([] if words[0] == "daemon-reload" else [NAME]):
            raise Refused("nobody has taught this manager that")
        if self.unit is None and words[0] != "daemon-reload":
            raise Refused("there is no such unit; was it read?")
        text = known[words[0]]()
        if "--now" in words:
            (self.start if words[0] == "enable" else self.stop)()
        return text

    def read(self):
        self.unit = Unit() if os.path.exists(UNIT) else None

    def enable(self):
        os.makedirs(os.path.dirname(WANTS), exist_ok=True)
        os.symlink(UNIT, WANTS)

    def disable(self):
        os.remove(WANTS)

    def show(self):
        return " ".join("=".join(pair) for pair in self.unit.environment().items()) + "\n"

    def start(self):
        if self.is_running():
            return
        unit = self.unit
        state = os.path.join("/var/lib", unit.last("StateDirectory"))
        os.makedirs(state, exist_ok=True)
        os.chmod(state, int(unit.last("StateDirectoryMode"), 8))
        os.chown(state, UID, UID)
        told = os.path.join(self.directory, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            if os.path.exists(told):
                os.remove(told)
            notified.bind(told)
            os.chmod(told, 0o777)
            becoming = os.path.join(os.path.dirname(__file__), "private_users.py")
            groups = ",".join(map(str, unit.groups()))
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, becoming, str(UID), groups,
                     *shlex.split(unit.last("ExecStart"))],
                    cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": os.environ["PATH"], **self.environment, **unit.environment(),
                         "NOTIFY_SOCKET": told})
            self._await_ready(notified)

    def _await_ready(self, notified):
        """Looks at the process from time to time: it may end instead."""
        for _ in range(int(PATIENCE * 10)):
            if select.select([notified], [], [], 0.1)[0] and b"READY=1" in notified.recv(1000):
                return
            if self.process.poll() is not None:
                with open(self.log) as log:
                    raise Refused("the service ended with %d:\n%s" % (self.process.returncode,
                                                                     log.read()[-4000:]))
        raise Refused("the service does not say that it is ready")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(PATIENCE)
            if status != 0:
                raise Refused("the service ended with %d" % status)

    def restart(self):
        self.stop()
        self.start()

    def reload(self):
        if not self.is_running():
            raise Refused("the service does not run")
        command = self.unit.last("ExecReload").replace("$MAINPID", str(self.process.pid))
        subprocess.run(shlex.split(command), check=True)
