"""The README's examples, typed as they stand but for the port and the build's folder."""
import json
import os
import shutil
import unittest

import e2e


def blocks(language, section):
    return e2e.blocks("README.md", language, section)


class ReadmeTest(e2e.HostTest):
    def test_try_it(self):
        host = self.host().start()
        e2e.poll(lambda: host.connected("database"), "the storage is connected")
        (script,) = blocks("sh", "Try it")
        commands = [c for c in script.split("\n\n") if c.strip()]
        answers = [json.loads(self.bash(c.replace(":8001", ":%d" % host.port))) for c in commands]
        health, single, batch, latest = answers
        self.assertEqual(health["status"], "healthy")
        self.assertEqual(single["status"], "received")
        self.assertEqual(batch["successful"], 1)
        self.assertEqual(batch["errors"][0]["field"], "temperature")
        self.assertIn("at most 200", batch["errors"][0]["error"])
        self.assertEqual(latest["count"], 2)
        self.assertEqual(latest["readings"][1]["reading_id"], single["reading_id"])

    def test_why_was_it_refused(self):
        host = self.host().start()
        (script,) = blocks("sh", "Why was it refused?")
        explained = json.loads(self.bash(script.replace(":8001", ":%d" % host.port)))
        self.assertEqual((explained["outcome"], explained["status_code"]), ("refused", 422))
        self.assertEqual({v["name"]: v["verdict"] for v in explained["validators"]},
                         {"equipment-id": "passed", "range": "rejected", "rules": "warned"})
        self.assertEqual(explained["validators"][0]["changes"][0]["after"], "PUMP-HALL3-001")

    def test_the_configuration_by_example(self):
        (yaml,) = blocks("yaml", "Configuration by example")
        path = self.write("my.yaml", yaml)
        self.assertIn("all is well", self.bash("%s check --config %s" % (e2e.HOST_BINARY, path)))

    def test_a_validator_of_your_own(self):
        (source,) = blocks("cpp", "A validator of your own")
        with open(os.path.join(e2e.SOURCE, "plugin-api/examples/rounded/rounded.cpp")) as example:
            self.assertEqual(source, example.read())
        script, install = blocks("sh", "A validator of your own")
        self.assertIn("cmake --install build/release", install)  # typed by tests/sdk
        build, copy, _ = script.replace("\\\n", " ").strip().split("\n")
        # A checkout with what the commands name.
        checkout = os.path.join(self.directory, "checkout")
        shutil.copytree(os.path.join(e2e.SOURCE, "presets"), os.path.join(checkout, "presets"))
        os.symlink(os.path.join(e2e.SOURCE, "plugin-api"), os.path.join(checkout, "plugin-api"))
        shutil.copytree(os.path.join(e2e.BUILD, "plugins"),
                        os.path.join(checkout, "build/release/plugins"))
        with open(os.path.join(checkout, "rounded.cpp"), "w") as file:
            file.write(source)
        self.bash("umask 022; " + build + "\n" + copy, cwd=checkout, seconds=300)
        host = self.host(os.path.join(checkout, "presets/mine.yaml"),
                         {"PLUGIN_DIR": os.path.join(checkout, "build/release/plugins")}).start()
        with e2e.contextlib.closing(host.client()) as client:
            refused = client.ingest(e2e.reading(1, pressure=2))
            self.assertEqual(refused.status, 422, refused.body)
            self.assertEqual(refused.json["errors"][0]["code"], "rounded")
            self.assertIn(client.ingest(e2e.reading(1, pressure=2.25)).status, (201, 202))


if __name__ == "__main__":
    unittest.main()
