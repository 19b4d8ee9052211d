"""Plugin files, links, directories and names that somebody may have tampered with: `check` and
`serve` refuse each, and nothing of the plugin has run by then, not even its constructors."""
import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import unittest

import e2e
from poll import poll
from with_validators import embedded

SOURCES = [os.path.join(e2e.SOURCE, path)
           for path in ("tests/plugins/sound/remembers.c", "tests/e2e/canary.c")]
NOBODY = 65534
NEEDS_ROOT = unittest.skipIf(os.geteuid() != 0, "only root can give a file to another user")


class TamperTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.above = os.path.join(self.directory, "above")
        self.plugins = os.path.join(self.above, "plugins")
        self.file = os.path.join(self.plugins, "remembers.so")
        # Where a host that confines itself lets its plugins write.
        self.spool = os.path.join(self.directory, "spool")
        self.mark = os.path.join(self.spool, "mark")
        for path in (self.above, self.plugins, self.spool):
            os.mkdir(path)
            os.chmod(path, 0o755)
        self.compile(self.file, self.mark)
        self.configure(self.plugins, "remembers")

    def compile(self, to, mark, *flags):
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-fvisibility=hidden",
                        "-I", os.path.join(e2e.SOURCE, "plugin-api/include"),
                        '-DCANARY_MARK="%s"' % mark, *SOURCES, "-o", to, *flags],
                       check=True, cwd=self.directory, timeout=e2e.PATIENCE)
        os.chmod(to, 0o644)

    def configure(self, directory, name, more=""):
        text = embedded("  - plugin: %s\n%s" % (name, more))
        first = "  - %s\n" % os.path.join(e2e.BUILD, "plugins")
        assert text.count(first) == 1
        self.config = os.path.join(self.directory, "config.yaml")
        with open(self.config, "w") as file:
            file.write(text.replace(first, "  - %s\n%s" % (directory, first)))

    def run_host(self, command, binary=e2e.HOST_BINARY):
        host = self.host(self.config)
        done = subprocess.run([binary, command, "--config", self.config],
                              cwd=self.directory, env=host.full_environment(), text=True,
                              capture_output=True, timeout=e2e.PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def assert_refused(self, *words):
        for command in ("check", "serve"):
            with self.subTest(command=command):
                status, said = self.run_host(command)
                self.assertEqual(status, 2, said)
                lines = [line for line in said.splitlines()
                         if line.startswith(self.config + ":")]
                self.assertEqual(len(lines), 1, said)
                self.assertRegex(lines[0][len(self.config):], r"^:\d+:\d+: .+")
                for word in words:
                    self.assertIn(word, lines[0])
                self.assertFalse(os.path.exists(self.mark), "the plugin's code ran: " + said)

    def test_untampered_it_is_loaded(self):
        status, said = self.run_host("check")
        self.assertEqual(status, 0, said)
        self.assertTrue(os.path.exists(self.mark), "the canary sings")
        os.remove(self.mark)
        self.host(self.config).start()
        self.assertTrue(os.path.exists(self.mark), "the canary sings")

    def test_a_link_in_place_of_the_file(self):
        elsewhere = os.path.join(self.above, "remembers.so")
        os.rename(self.file, elsewhere)
        os.symlink(elsewhere, self.file)
        self.assert_refused(self.file, "not a regular file; put the library itself there")

    def test_a_link_in_place_of_the_directory(self):
        link = os.path.join(self.above, "link")
        os.symlink(self.plugins, link)
        for name in (link, link + "/"):
            self.configure(name, "remembers")
            self.assert_refused(link, "is a symbolic link; name the directory that it leads to")

    @NEEDS_ROOT
    def test_a_link_of_somebody_else_on_the_way(self):
        link = os.path.join(self.directory, "link")
        os.symlink(self.above, link)
        self.configure(os.path.join(link, "plugins"), "remembers")
        self.assertEqual(self.run_host("check")[0], 0, "the user of the host may make links")
        os.remove(self.mark)
        os.lchown(link, NOBODY, NOBODY)
        self.assert_refused(link, "belongs to user %d" % NOBODY)

    def test_a_name_that_leads_out_of_the_directory(self):
        os.mkdir(os.path.join(self.plugins, "inner"), 0o755)
        self.configure(os.path.join(self.plugins, "inner"), "../remembers")
        self.assert_refused('"../remembers" does not fit; give a plugin\'s name')

    def test_a_name_that_is_an_absolute_path(self):
        for name in (self.file, self.file[:-len(".so")]):
            self.configure(self.plugins, name)
            self.assert_refused('"%s" does not fit; give a plugin\'s name' % name)

    def test_a_file_that_others_may_write(self):
        for mode in (0o664, 0o646, 0o666):
            os.chmod(self.file, mode)
            self.assert_refused("run chmod go-w " + self.file)

    def test_a_directory_that_others_may_write(self):
        for mode in (0o775, 0o757, 0o777):
            os.chmod(self.plugins, mode)
            self.assert_refused("run chmod go-w " + self.plugins)

    def test_a_directory_above_that_others_may_write(self):
        for mode in (0o775, 0o757, 0o777):
            os.chmod(self.above, mode)
            self.assert_refused("%s can be written by others" % self.above)
        # As /tmp is: others cannot rename what is ours.
        os.chmod(self.above, 0o1777)
        status, said = self.run_host("check")
        self.assertEqual(status, 0, said)

    def test_below_what_the_host_is_below_too(self):
        # Who may write there may put another host in the place of this one.
        binary = os.path.join(self.above, "bin", "ingest-host")
        os.mkdir(os.path.dirname(binary), 0o755)
        try:
            os.link(e2e.HOST_BINARY, binary)
        except OSError:  # another file system
            shutil.copy(e2e.HOST_BINARY, binary)
        os.chmod(self.above, 0o777)
        self.configure(self.plugins, "remembers")
        status, said = self.run_host("check", binary)
        self.assertEqual(status, 0, said)
        os.chmod(self.plugins, 0o777)
        status, said = self.run_host("check", binary)
        self.assertEqual(status, 2, said)
        self.assertIn("run chmod go-w " + self.plugins, said)

    @NEEDS_ROOT
    def test_a_file_of_somebody_else(self):
        os.chown(self.file, NOBODY, NOBODY)
        self.assert_refused(self.file, "belongs to user %d" % NOBODY)

    @NEEDS_ROOT
    def test_directories_of_somebody_else(self):
        for path in (self.plugins, self.above):
            os.chown(path, NOBODY, NOBODY)
            self.assert_refused("%s belongs to user %d" % (path, NOBODY))
            os.chown(path, 0, 0)

    @NEEDS_ROOT
    def test_a_hard_link_to_a_file_of_somebody_else(self):
        theirs = os.path.join(self.directory, "theirs.so")
        os.rename(self.file, theirs)
        os.chown(theirs, NOBODY, NOBODY)
        os.link(theirs, self.file)
        self.assert_refused(self.file, "belongs to user %d" % NOBODY)

    def test_another_content_than_is_pinned(self):
        self.configure(self.plugins, "remembers", "    sha256: %s\n" % ("0" * 64))
        self.assert_refused(self.file, "not the one that the configuration pins")

    def test_what_is_not_a_file(self):
        def pipe():
            os.mkfifo(self.file, 0o644)

        def directory():
            os.mkdir(self.file, 0o755)

        def a_socket():
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
                made.bind(self.file)

        def device():
            os.mknod(self.file, stat.S_IFCHR | 0o644, os.makedev(1, 5))  # as /dev/zero

        for make in (pipe, directory, a_socket, device):
            with self.subTest(make.__name__):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(self.file)
                try:
                    make()
                except PermissionError as error:
                    self.skipTest("no device can be made here: %s" % error)
                self.assert_refused(self.file)
                if make is directory:
                    os.rmdir(self.file)

    def test_libraries_from_where_others_may_put_some(self):
        open_to_all = os.path.join(self.directory, "open")
        os.mkdir(open_to_all)
        os.chmod(open_to_all, 0o777)
        for path, words in (("$ORIGIN", "a copy in memory"),
                            ("/usr/lib:$ORIGIN/../lib", "a copy in memory"),
                            ("lib", "depends on where the host is started"),
                            ("/usr/lib::/lib", "depends on where the host is started"),
                            (open_to_all, "run chmod go-w " + open_to_all),
                            (os.path.join(open_to_all, "absent"),
                             "run chmod go-w " + open_to_all),
                            (os.path.join(tempfile.gettempdir(), "nobody-made-this"),
                             "others may make it")):
            for kind in ("--enable-new-dtags", "--disable-new-dtags"):
                with self.subTest(path=path, kind=kind):
                    self.compile(self.file, self.mark, "-Wl,%s,-rpath,%s" % (kind, path))
                    self.assert_refused(self.file, "looks for libraries in '", words)
        self.compile(self.file, self.mark, "-Wl,-rpath,%s" % self.plugins)
        status, said = self.run_host("check")
        self.assertEqual(status, 0, said)

    def test_a_library_by_a_path_of_its_own(self):
        planted = os.path.join(self.directory, "planted.so")
        self.compile(planted, os.path.join(self.spool, "planted"))
        # Without a name of its own a library is needed by the path that it was linked by.
        self.compile(self.file, self.mark, "-Wl,--no-as-needed", "./planted.so")
        self.assert_refused("looks for libraries in './planted.so'")
        self.assertFalse(os.path.exists(os.path.join(self.spool, "planted")))

    def test_one_that_is_changed_while_it_is_loaded(self):
        # Another takes turns with the good one, in its place and inside of its bytes, while the
        # host is told to load what is there: what runs is always what was verified.
        evil_mark = os.path.join(self.spool, "evil")
        evil = os.path.join(self.above, "evil.so")
        self.compile(evil, evil_mark)
        with open(evil, "rb") as file:
            evil_bytes = file.read()
        with open(self.file, "rb") as file:
            good_bytes = file.read()
        digest = subprocess.run(["sha256sum", self.file], check=True, text=True,
                                capture_output=True).stdout.split()[0]
        self.configure(self.plugins, "remembers", "    sha256: %s\n" % digest)
        host = self.host(self.config).start()
        stopped = threading.Event()
        swaps = []

        def put(content, mode):
            beside = self.file + ".new"
            with open(beside, "wb") as file:
                file.write(content)
            os.chmod(beside, mode)
            os.rename(beside, self.file)

        def swap():
            while not stopped.is_set():
                put(evil_bytes, 0o644)
                put(good_bytes, 0o644)
                with open(self.file, "r+b") as file:
                    file.write(evil_bytes[:len(good_bytes)])
                put(evil_bytes, 0o666)
                put(good_bytes, 0o644)
                swaps.append(1)

        swapping = threading.Thread(target=swap)
        swapping.start()
        try:
            poll(lambda: swaps, "the file is swapped")
            outcomes = set()
            for _ in range(30):
                status, said = self.run_host("reload")
                outcomes.add(status)
                self.assertFalse(os.path.exists(evil_mark), said)
        finally:
            stopped.set()
            swapping.join()
        self.assertLessEqual(outcomes, {0, 2}, "a reload is done or refused")
        self.assertTrue(host.answers())
        shutil.copy(evil, self.file)
        self.configure(self.plugins, "remembers")
        status, said = self.run_host("reload")
        self.assertEqual(status, 0, said)
        self.assertTrue(os.path.exists(evil_mark), "without a digest this canary sings too")


class LoaderEnvironmentTest(e2e.HostTest):
    """Who sets the environment of a process decides what code it runs: the log says that it was."""

    WARNING = "the environment tells the loader which libraries to load, or where from"

    def warnings(self, environment):
        host = self.host(environment={"LOG_FORMAT": "json", **environment}).start()
        self.assertEqual(host.stop(), 0, host.log())
        lines = [json.loads(line) for line in host.log().splitlines() if line.startswith("{")]
        os.remove(host.log_path)
        return [line for line in lines if line["message"].startswith(self.WARNING)]

    def test_one_warning_names_what_is_set(self):
        self.assertEqual(self.warnings({"LD_PRELOAD": ""}), [])
        said = self.warnings({"LD_LIBRARY_PATH": self.directory, "LD_BIND_NOW": "1"})
        self.assertEqual([(line["level"], line["variables"]) for line in said],
                         [("WARNING", "LD_BIND_NOW, LD_LIBRARY_PATH")])


if __name__ == "__main__":
    unittest.main()
