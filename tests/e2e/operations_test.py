"""docs/OPERATIONS.md: its blocks, typed one after the other as they stand, to one shell of root:
from the package to the host that is open, secured and watched, and away again.

They write into overlays, and meet a network, a PostgreSQL and a Redis of this test's own. What
stands in for a program of an installed machine is in PROGRAMS and tests/support/service_unit.py.
"""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

import yaml

import e2e
import own_mounts
import own_network
import own_stores
import service_unit
import tls
from certificates import Authority
from metrics_test import promtool
from poll import PATIENCE, poll
from private_servers import PrivatePostgres, PrivateRedis

DOCUMENT = os.path.join(e2e.SOURCE, "docs", "OPERATIONS.md")
CONFIG = "/etc/ingest/config.yaml"
# Of this machine, but not loopback: who comes from here is a client like any other.
OUTSIDE = "192.0.2.1"
PROGRAMS = {
    # Without a network; what the package depends on is what its build has.
    "apt-get": "#!/bin/sh\n"
               "case $1 in\n"
               "install) exec dpkg --force-depends --force-unsafe-io --install \"$2\" ;;\n"
               "purge) exec dpkg --purge \"$2\" ;;\n"
               "esac\nexit 2\n",
    # Writes what the test has laid out for the file.
    "editor": "#!/bin/sh\ntest -f \"$1\" && cat \"{edits}/$(basename \"$1\")\" > \"$1\"\n",
}
# Blocks that nobody types, by their first line.
NOT_TYPED = {
    "http:": "what `editor` writes into " + CONFIG,
    "scrape_configs:": "the configuration of a Prometheus, which promtool looks at",
}


def blocks():
    """(section, language, text) of all code blocks, in order."""
    section = ""
    found = []
    with open(DOCUMENT) as file:
        lines = iter(file.read().split("\n"))
    for line in lines:
        if line.startswith("## "):
            section = line[3:]
        fence = re.fullmatch(r" *```(\w*)", line)
        if fence:
            text = ""
            for inner in lines:
                if inner.strip() == "```":
                    break
                text += inner + "\n"
            found.append((section, fence.group(1), textwrap.dedent(text)))
    return found


def setUpModule():
    if e2e.sanitizer():
        raise unittest.SkipTest("a package of a build with a sanitizer is nobody's")
    for tool in ("cpack", "dpkg", "dpkg-shlibdeps", "promtool"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest("%s is not installed" % tool)
    directory = tempfile.mkdtemp(prefix="ingest-hosts-")
    unittest.addModuleCleanup(shutil.rmtree, directory)
    hosts = shutil.copy("/etc/hosts", directory)
    try:
        own_network.unshare_network(hosts)
    except own_stores.Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None
    subprocess.run(["ip", "address", "add", OUTSIDE + "/24", "dev", "near"], check=True)


class Shell:
    """A bash that is typed to, and ends at the first command that fails."""

    def __init__(self, cwd, environment):
        self.process = subprocess.Popen(["bash", "-euo", "pipefail"], cwd=cwd, env=environment,
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def type(self, text):
        """What it printed; an AssertionError with that when it failed."""
        end = "typed %d" % id(text)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("{\n%s\n} </dev/null\necho '%s'\n" % (text, end))
            self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            if line.rstrip("\n").endswith(end):
                return printed
            printed += line
        raise AssertionError("%s\n%s" % (text, printed))

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class InstalledTest(e2e.HostTest):
    """A machine of its own: what is installed and written there goes with the test."""

    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o755)
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        room = os.path.join(self.directory, "room")
        os.mkdir(room)
        own_mounts.mount_tmpfs(self.stack, room, 1 << 30)
        # /lib is a link into /usr where those are merged.
        for path in sorted({os.path.realpath(path) for path in ("/etc", "/lib", "/usr", "/var")}):
            if not path.startswith("/usr/"):
                own_mounts.mount_overlay(self.stack, path, room + path)
        own_mounts.mount_tmpfs(self.stack, "/run", 1 << 20)
        os.makedirs("/run/systemd/system")  # that systemd runs
        self.log = os.path.join(self.directory, "host.log")
        self.manager = service_unit.Manager(self.directory, self.log)
        self.stack.callback(self.manager.close)
        self.shell = self.shell_of_root()

    def shell_of_root(self):
        """In a checkout that is built, as ./run --build has left the build that is tested."""
        self.checkout = os.path.join(self.directory, "checkout")
        release = os.path.join(self.checkout, "build", "release")
        os.makedirs(release)
        self.program(os.path.join(self.checkout, "run"), "#!/bin/sh\ntest \"$*\" = --build\n")
        shutil.copy(os.path.join(e2e.BUILD, "CPackConfig.cmake"), release)
        programs, self.edits = (os.path.join(self.directory, name)
                                for name in ("programs", "edits"))
        os.mkdir(programs)
        os.mkdir(self.edits)
        for name, text in PROGRAMS.items():
            self.program(os.path.join(programs, name), text.format(edits=self.edits))
        self.manager.install(os.path.join(programs, "systemctl"))
        shell = Shell(self.checkout, {"PATH": programs + ":" + os.environ["PATH"], "HOME": "/root"})
        self.stack.callback(shell.close)
        return shell

    def program(self, path, text):
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def logged(self):
        with open(self.log) as file:
            return file.read()

    def client(self, address="127.0.0.1", context=None):
        client = e2e.Client(8001, tls=context, address=address)
        self.addCleanup(client.close)
        return client


class OperationsTest(InstalledTest):
    def setUp(self):
        super().setUp()
        # Where the certificates are, as an authority hands them over.
        self.authority = Authority(self.directory)
        self.context = tls.context(self.authority)
        self.hand_over("first")
        self.key = ""

    def hand_over(self, name):
        pair = self.authority.issue(name, names="IP:127.0.0.1,IP:" + OUTSIDE)
        shutil.copy(pair.certificate, os.path.join(self.checkout, "fullchain.pem"))
        shutil.copy(pair.key, os.path.join(self.checkout, "privkey.pem"))

    def lay_out(self, path, text):
        with open(os.path.join(self.edits, os.path.basename(path)), "w") as file:
            file.write(text)

    def outside(self):
        return self.client(OUTSIDE, self.context)

    def served(self):
        """The certificate that a new connection gets."""
        client = self.client(context=self.context)
        client.get("/health")
        return client.connection.sock.getpeercert(binary_form=True)

    def send(self, client, key=None, number=0):
        shown = {"Authorization": "Bearer " + key} if key else {}
        return client.ingest(e2e.reading(number), headers=shown).status

    def assert_nobody_outside(self):
        with self.assertRaises(ConnectionRefusedError):
            self.client(OUTSIDE).get("/health")

    # Before and after the blocks of a section -------------------------------------------------

    def after_install(self, printed):
        self.assertFalse(self.manager.is_running())
        self.assertFalse(os.path.exists(service_unit.WANTS))

    def before_configure(self):
        servers = tempfile.mkdtemp(prefix="ingest-servers-")
        self.addCleanup(shutil.rmtree, servers, True)
        try:
            self.postgres = PrivatePostgres(servers, e2e.free_port())
        except own_stores.Unavailable as reason:
            self.skipTest(str(reason))
        self.redis = PrivateRedis(servers, e2e.free_port())
        for server in (self.postgres, self.redis):
            self.addCleanup(server.end)
            server.start()
        self.lay_out("database-url", self.postgres.url + "\n")
        self.lay_out("redis-url", self.redis.url + "\n")

    def after_configure(self, printed):
        self.assertIn("all is well", printed)
        self.assertNotIn(self.postgres.url, printed)

    def after_start(self, printed):
        self.assertIn("nothing is different", printed)
        self.shell.type("systemctl reload ingest-host")
        poll(lambda: self.logged().count("nothing is different") == 2, "that reloads too")
        client = self.client()
        self.assertEqual(self.send(client), 201)
        self.assert_nobody_outside()

    def before_make_it_safe_to_expose(self):
        extra, = [text for section, language, text in blocks()
                  if section == "Make it safe to expose" and language == "yaml"]
        with open(CONFIG) as file:
            config = yaml.safe_load(file)
        for section, members in yaml.safe_load(extra).items():
            config.setdefault(section, {}).update(members)
        self.lay_out(CONFIG, yaml.safe_dump(config, allow_unicode=True))

    def after_make_it_safe_to_expose(self, printed):
        self.key, = re.findall(r"(?m)^ingk_\S+$", printed)
        self.assertRegex(printed, r"(?m)^line-4 +ingest ")
        self.assertRegex(printed, r"(?m)^401$")
        self.assertRegex(printed, r"(?m)^ingest_ready 1$")
        sinks = r"(?m)^ingest_sink_connected\{.*\} %s$"
        self.assertEqual(len(re.findall(sinks % "[01]", printed)), 2)
        with contextlib.closing(e2e.Client(8002)) as client:
            poll(lambda: len(re.findall(sinks % 1, client.get("/metrics").body.decode())) == 2,
                 "both sinks are connected")
        self.assert_nobody_outside()
        self.assertNotIn("http.auth is off", self.logged())

    def after_open_it(self, printed):
        outside = self.outside()
        self.assertEqual(outside.get("/health/ready").status, 200)
        for path in ("/metrics", "/internal/ledger"):
            self.assertEqual(outside.get(path).status, 404)
        self.assertEqual((self.send(outside), self.send(outside, self.key, 1)), (401, 201))
        with self.assertRaises(ConnectionRefusedError):
            e2e.Client(8002, address=OUTSIDE).get("/metrics")
        self.assertEqual(self.stored(), 2)
        poll(lambda: self.redis.client.llen("sensor_data_queue") == 2, "both are published")

    def stored(self):
        with contextlib.closing(self.postgres.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM sensor_data")
            return cursor.fetchone()[0]

    def before_renew_and_revoke(self):
        self.former = self.served()
        self.going_on = self.outside()
        self.assertEqual(self.send(self.going_on, self.key, 2), 201)
        self.connection = self.going_on.connection.sock
        self.hand_over("second")

    def after_renew_and_revoke(self, printed):
        self.assertIn("changed: http.tls\n", printed)
        self.assertNotEqual(self.served(), self.former)
        poll(lambda: self.send(self.going_on, self.key, 3) == 401, "the key is refused")
        self.assertIs(self.going_on.connection.sock, self.connection)

    def after_watch_it(self, printed):
        text, = [text for section, _, text in blocks() if section == "Watch it"]
        promtool(self, "check", "config", self.write("prometheus.yml", text))
        job, = yaml.safe_load(text)["scrape_configs"]
        address, port = job["static_configs"][0]["targets"][0].split(":")
        with contextlib.closing(e2e.Client(int(port), address=address)) as client:
            told = client.get("/metrics").body.decode()
        promtool(self, "check", "metrics", text=told)
        self.assertRegex(told, r'(?m)^ingest_readings_total\{outcome="stored"\} [1-9]')

    def after_upgrade_back_up_move(self, printed):
        with open(CONFIG) as file:
            self.assertIn("secrets/api-keys", file.read())
        self.assertEqual(self.outside().get("/health/ready").status, 200)

    def after_take_it_away(self, printed):
        self.assertFalse(self.manager.is_running())
        for path in (service_unit.WANTS, service_unit.UNIT, CONFIG, "/usr/bin/ingest-host"):
            self.assertFalse(os.path.lexists(path), path)
        self.assertTrue(os.path.isdir("/var/lib/ingest/spool"))
        self.assertTrue(os.path.isdir("/etc/ingest/secrets"))

    def test_as_it_stands(self):
        seen = set()
        sections = list(dict.fromkeys(section for section, *_ in blocks()))
        hooks = {name for name in dir(self) if name.startswith(("before_", "after_"))}
        for section in sections:
            name = re.sub(r"\W+", "_", section.lower())
            hooks -= {"before_" + name, "after_" + name}
            getattr(self, "before_" + name, lambda: None)()
            printed = ""
            for text in (text for where, language, text in blocks()
                         if where == section and not self.is_listed(language, text, seen)):
                printed += self.shell.type(text)
            getattr(self, "after_" + name, lambda printed: None)(printed)
        self.assertEqual(hooks, set(), "a section has another name")
        self.assertEqual(set(NOT_TYPED) - seen, set(), "not in the document any more")

    def is_listed(self, language, text, seen):
        first = text.split("\n", 1)[0]
        if language == "sh":
            return False
        self.assertIn(first, NOT_TYPED, "this block is neither typed nor listed: " + text)
        seen.add(first)
        return True


class PackageScriptsTest(InstalledTest):
    def install(self):
        self.shell.type(next(text for section, *_, text in blocks() if section == "Install"))

    def test_who_purges_a_running_host_stops_it_and_leaves_no_link(self):
        self.install()
        self.shell.type("systemctl enable --now ingest-host")
        self.assertEqual(self.client().get("/health").status, 200)
        process = self.manager.process
        self.shell.type("apt-get purge ingest-host")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertFalse(os.path.lexists(service_unit.WANTS))
        with self.assertRaisesRegex(AssertionError, "there is no such unit"):
            self.shell.type("systemctl start ingest-host")

    def test_an_upgrade_leaves_it_running(self):
        self.install()
        self.shell.type("systemctl enable --now ingest-host")
        process = self.manager.process
        self.install()
        self.assertIs(self.manager.process, process)
        self.assertIsNone(process.poll())
        self.assertTrue(os.path.islink(service_unit.WANTS))


if __name__ == "__main__":
    unittest.main()
