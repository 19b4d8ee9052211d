"""docs/plugin-guide.md: its commands, typed as they stand but for port and build folder."""
import json
import os
import unittest

import e2e

BUILD_SECONDS = 300


def blocks(language, section):
    return e2e.blocks("docs/plugin-guide.md", language, section)


class PluginGuideTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        # A checkout that is built.
        self.checkout = os.path.join(self.directory, "checkout")
        os.makedirs(os.path.join(self.checkout, "build"))
        os.symlink(e2e.BUILD, os.path.join(self.checkout, "build", "release"))
        make = blocks("sh", "Ten minutes")[0]
        # What stays in the reader's shell.
        self.host_line = make.split("\n", 1)[0] + "\n"
        self.project = os.path.join(self.directory, "dry-pump")

    def type(self, script, cwd=None):
        return self.bash(script, cwd or self.checkout, seconds=BUILD_SECONDS)

    def type_later(self, script):
        """In the project, to the shell that the first commands were typed to."""
        return self.type("%scd ../dry-pump\n%s" % (self.host_line, script))

    def replace(self, name, old, new):
        path = os.path.join(self.project, name)
        with open(path) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w") as file:
            file.write(text.replace(old, new))

    def test_installing(self):
        build, install = blocks("sh", "Before you begin")
        self.assertEqual(build, "./run --build\n")  # what made the build that is tested here
        self.assertIn("sqlite-sink", self.type(install))

    def test_ten_minutes(self):
        make, again, serve, refused, explain = blocks("sh", "Ten minutes")
        (source,) = blocks("cpp", "Ten minutes")
        (entry,) = blocks("yaml", "Ten minutes")
        self.type(make)
        with open(os.path.join(self.project, "dry-pump.cpp"), "w") as file:
            file.write(source)
        old = "  - plugin: dry-pump\n    options: { field: temperature, value: 85 }\n"
        self.replace("config.yaml", old, entry)
        self.assertIn("all is well", self.type_later(again))
        self.assertEqual(serve, "$host --config config.yaml\n")
        host = self.host(os.path.join(self.project, "config.yaml"), directory=self.project).start()
        answer = json.loads(self.bash(refused.replace(":8001", ":%d" % host.port)))
        (error,) = answer["errors"]
        self.assertEqual((error["field"], error["code"]), ("pressure", "runs_dry"))
        self.assertIn("runs dry", error["message"])
        explained = json.loads(self.bash(explain.replace(":8001", ":%d" % host.port)))
        verdicts = {v["plugin"]: v["verdict"] for v in explained["validators"]}
        self.assertEqual((explained["status_code"], verdicts["dry-pump"]), (422, "rejected"))
        (digest,) = blocks("sh", "Shipping")
        pinned = self.type_later(digest).split()[0]
        self.replace("config.yaml", entry, "%s    sha256: %s\n" % (entry, pinned))
        self.assertIn("all is well", self.type_later("$host check --config config.yaml"))
        with e2e.contextlib.closing(host.client()) as client:
            for good in ({"vibration": 0.59}, {"pressure": 0.2}):
                reading = e2e.reading(1, **{"vibration": 0.7, "pressure": 0.1, **good})
                self.assertIn(client.ingest(reading).status, (201, 202))

    def test_state_per_equipment(self):
        (source,) = blocks("cpp", "State per equipment")
        make, *_ = blocks("sh", "Ten minutes")
        host, new, *rest = make.split("\n")
        self.type("\n".join([host, new]))
        with open(os.path.join(self.project, "dry-pump.cpp"), "w") as file:
            file.write(source.replace('"jump", "0.1.0"', '"dry-pump", "0.1.0"'))
        self.replace("config.yaml", "options: { field: temperature, value: 85 }",
                     "options: { jump_max: 20 }")
        self.type("\n".join(rest))
        host = self.host(os.path.join(self.project, "config.yaml"), directory=self.project).start()
        with e2e.contextlib.closing(host.client()) as client:
            for temperature, jumps in ((20, False), (40, False), (61, True), (62, False)):
                answer = client.ingest(e2e.reading(0, temperature=temperature))
                self.assertIn(answer.status, (201, 202), answer.body)
                self.assertEqual("jump" in answer.body.decode(), jumps, temperature)

    def test_a_sink(self):
        (make,) = blocks("sh", "Sinks")
        self.type(self.host_line + make)
        self.assertIn("tap.cpp", os.listdir(os.path.join(self.directory, "tap")))


if __name__ == "__main__":
    unittest.main()
