"""`new-plugin`: what it writes builds without a warning, passes its checks, and works."""
import json
import os
import shutil
import subprocess
import unittest

import e2e

LANGUAGES = {"cpp": "C++", "c": "C", "rust": "Rust"}
BUILD_SECONDS = 300
BUILD = """
cmake -G Ninja -S . -B build
cmake --build build
ctest --test-dir build --output-on-failure --no-tests=error
"""
# What is only a warning to its author is an error here.
STRICT = {"CFLAGS": "-Werror", "CXXFLAGS": "-Werror", "RUSTFLAGS": "-Dwarnings"}


class NewPluginTest(e2e.HostTest):
    def new_plugin(self, *words):
        return subprocess.run([e2e.HOST_BINARY, "new-plugin", *words], cwd=self.directory,
                              text=True, capture_output=True, timeout=e2e.PATIENCE)

    def built(self, kind, language):
        """The directory of a project that is built and checked."""
        if language == "rust" and shutil.which("cargo") is None:
            self.skipTest("cargo is not installed, so nothing in Rust can be built")
        name = "my-%s-%s" % (language, kind)
        done = self.new_plugin(name, "--kind", kind, "--lang", language)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a %s in %s, in %s" % (kind, LANGUAGES[language], name), done.stdout)
        project = os.path.join(self.directory, name)
        # Also where new files are by default writable by the group.
        said = self.bash("umask 002\n" + BUILD, project, STRICT, BUILD_SECONDS)
        self.assertNotIn("warning", said.lower())
        self.assertTrue(os.path.exists(os.path.join(project, "build", name + ".so")))
        return project

    def served(self, project, **environment):
        """A host with the project's configuration, its data where the configuration says."""
        environment.update({"SPOOL_DIR": "", "SQLITE_PATH": ""})
        host = self.host(os.path.join(project, "config.yaml"), environment, project).start()
        e2e.poll(lambda: host.connected("database"), "the storage is connected")
        return host

    def check_validator(self, language):
        host = self.served(self.built("validator", language))
        with e2e.contextlib.closing(host.client()) as client:
            refused = client.ingest(e2e.reading(1, temperature=85))
            self.assertEqual(refused.status, 422, refused.body)
            (error,) = refused.json["errors"]
            self.assertEqual((error["field"], error["code"]), ("temperature", "not_measured"))
            self.assertEqual(client.ingest(e2e.reading(2, temperature=84)).status, 201)

    def check_sink(self, language):
        project = self.built("sink", language)
        lines = os.path.join(project, "out", "readings.jsonl")
        host = self.served(project, LINES_PATH=lines)
        readings = [e2e.reading(1, equipment_id='A "quoted" \\ \n one \u00e9'),
                    e2e.reading(2, temperature=0.1, humidity=...)]
        with e2e.contextlib.closing(host.client()) as client:
            answers = [client.ingest(reading) for reading in readings]
            self.assertEqual([answer.status for answer in answers], [201, 201])
            # There is no place for the file yet: the readings wait.
            e2e.poll(lambda: client.get("/health").json["lines"] == "disconnected",
                     "the sink says that it cannot write")
            os.mkdir(os.path.dirname(lines))
            with open(lines, "w") as file:
                file.write('{"half":')
            kept = e2e.poll(lambda: self.parsed(lines, 2), "the readings are in the file")
        self.assertEqual([line["reading_id"] for line in kept],
                         [answer.json["reading_id"] for answer in answers])
        for line, sent in zip(kept, readings):
            for field in ("equipment_id", "temperature", "vibration", "pressure"):
                self.assertEqual(line[field], sent[field])
            self.assertEqual(line["humidity"], sent.get("humidity"))
            self.assertEqual(line["timestamp"] // 1000000 % 60, int(sent["timestamp"][17:19]))

    def parsed(self, path, count):
        with open(path) as file:
            lines = file.readlines()
        return [json.loads(line) for line in lines] if len(lines) == count else None

    def test_a_validator_in_cpp(self):
        self.check_validator("cpp")

    def test_a_validator_in_c(self):
        self.check_validator("c")

    def test_a_validator_in_rust(self):
        self.check_validator("rust")

    def test_a_sink_in_cpp(self):
        self.check_sink("cpp")

    def test_a_sink_in_c(self):
        self.check_sink("c")

    def test_a_sink_in_rust(self):
        self.check_sink("rust")

    def test_git_keeps_nothing_that_a_build_makes(self):
        self.assertEqual(self.new_plugin("x", "--kind", "sink", "--lang", "c").returncode, 0)
        project = os.path.join(self.directory, "x")
        left = self.bash("git init -q .\ngit add -A\nmkdir build target var\n"
                         "touch build/a target/b var/c .ingest-plugin\ngit status --short\n",
                         project)
        self.assertEqual(sorted(left.split()[1::2]),
                         [".gitignore", "CMakeLists.txt", "README.md", "config.yaml", "x.c"])

    def test_what_is_there_stays(self):
        here = self.write("taken", "mine")
        done = self.new_plugin("taken", "--kind", "sink", "--lang", "c")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(here + " is there already", done.stderr)
        with open(here) as file:
            self.assertEqual(file.read(), "mine")
        self.assertEqual(os.listdir(self.directory), ["taken"])

    def test_names_that_cannot_be(self):
        for name, language, why in (("Stuck", "c", "a-z"), ("test", "c", "CMake"),
                                    ("match", "rust", "crate"), ("range", "c", "already")):
            with self.subTest(name):
                done = self.new_plugin(name, "--kind", "validator", "--lang", language)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(why, done.stderr)
                self.assertEqual(os.listdir(self.directory), [])

    def test_a_folder_of_another_name(self):
        done = self.new_plugin("x", "--kind", "sink", "--lang", "c", "--dir", "it's here")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("x.c", os.listdir(os.path.join(self.directory, "it's here")))
        self.assertIn(r"cd 'it'\''s here'", done.stdout)


if __name__ == "__main__":
    unittest.main()
