"""What stands against the use of memory errors, as it is in the files that the build has made."""
import glob
import json
import os
import re
import subprocess
import unittest

import e2e

PLUGINS = sorted(glob.glob(os.path.join(e2e.BUILD, "plugins", "*.so")))
PROGRAMS = [os.path.join(e2e.BUILD, "bin", name) for name in ("ingest-host", "ingest-check")]
# Undefined symbols: the C library's checked calls, and where a damaged stack frame ends.
CHECKED_CALL = re.compile(r" UND __\w+_chk@", re.MULTILINE)
STACK_CHECK = re.compile(r" UND __stack_chk_fail@", re.MULTILINE)
# Each has to be in every command of the release build.
FLAGS = ("-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3",
         "-Wformat-security", "-Werror", "-O2")


def readelf(file, *what):
    return subprocess.run(["readelf", "-W", *what, file], text=True, capture_output=True,
                          check=True).stdout


def cached(build, name):
    with open(os.path.join(build, "CMakeCache.txt")) as cache:
        return re.search(r"^%s:\w+=(.*)$" % name, cache.read(), re.MULTILINE).group(1)


class Elf(unittest.TestCase):
    """What is asserted of one file."""

    def assert_linked(self, file):
        segments, dynamic = readelf(file, "--segments"), readelf(file, "--dynamic")
        self.assertRegex(segments, r"(?m)^ +GNU_RELRO ")
        self.assertRegex(segments, r"(?m)^ +GNU_STACK .* RW +0x")
        self.assertNotRegex(segments, r"(?m)^ +LOAD .* RWE ")
        self.assertRegex(dynamic, r"\(FLAGS\).*\bBIND_NOW\b|\(FLAGS_1\).*\bNOW\b")
        self.assertNotRegex(dynamic, r"TEXTREL|RPATH|RUNPATH")
        self.assertRegex(readelf(file, "--file-header"), r"Type: +DYN ")
        if file in PROGRAMS:
            self.assertRegex(dynamic, r"\(FLAGS_1\).*\bPIE\b")

    def assert_compiled(self, file):
        self.assertRegex(readelf(file, "--dyn-syms"), STACK_CHECK)


@unittest.skipIf(e2e.sanitizer(), "sanitized builds have the sanitizer instead")
class Built(Elf):
    def test_how_they_are_linked(self):
        self.assertGreaterEqual(len(PLUGINS), 6)
        for file in [*PROGRAMS, *PLUGINS]:
            with self.subTest(file=file):
                self.assert_linked(file)

    def test_how_they_are_compiled(self):
        if cached(e2e.BUILD, "CMAKE_BUILD_TYPE") == "Debug":
            self.skipTest("Debug builds are plain code; ReleaseBuild looks at the others")
        for file in [*PROGRAMS, *PLUGINS]:
            with self.subTest(file=file):
                self.assert_compiled(file)
        for file in PROGRAMS:
            self.assertRegex(readelf(file, "--dyn-syms"), CHECKED_CALL)


class ReleaseBuild(Elf, e2e.HostTest):
    """What ships, whatever build is tested: its commands, and one plugin of it."""

    def setUp(self):
        super().setUp()
        self.build = os.path.join(self.directory, "release")
        self.cmake("--preset", "release", "-B", self.build)

    def cmake(self, *words):
        done = subprocess.run([cached(e2e.BUILD, "CMAKE_COMMAND"), *words], cwd=e2e.SOURCE,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_command_has_the_flags(self):
        with open(os.path.join(self.build, "compile_commands.json")) as file:
            commands = [one["command"].split() for one in json.load(file)
                        if one["file"].endswith((".c", ".cpp")) and
                        one["file"].startswith((os.path.join(e2e.SOURCE, "host", ""),
                                                os.path.join(e2e.SOURCE, "plugins", "")))]
        self.assertGreater(len(commands), 150)
        for command in commands:
            self.assertEqual([flag for flag in FLAGS if flag not in command], [], command)

    def test_a_plugin_is_made_with_them(self):
        self.cmake("--build", self.build, "--target", "range")
        plugin = os.path.join(self.build, "plugins", "range.so")
        self.assert_linked(plugin)
        self.assert_compiled(plugin)
        self.assertRegex(readelf(plugin, "--dyn-syms"), CHECKED_CALL)


if __name__ == "__main__":
    unittest.main()
