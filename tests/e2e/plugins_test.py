"""What plugins there are: `ingest-host plugins`, and GET /api/v1/plugins of a running host."""
import hashlib
import json
import os
import shutil
import subprocess
import unittest

import e2e
from with_validators import FAULTY, embedded

PATH = "/api/v1/plugins"
PLUGINS = os.path.join(e2e.BUILD, "plugins")
SHIPPED = {"equipment-id": "validator", "range": "validator", "rules": "validator",
           "postgres-sink": "sink", "redis-sink": "sink", "sqlite-sink": "sink"}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class ListingTest(e2e.HostTest):
    def list(self, *words):
        done = subprocess.run([e2e.HOST_BINARY, "plugins", *words], cwd=self.directory, text=True,
                              env=self.host().full_environment(), capture_output=True,
                              timeout=2 * e2e.PATIENCE)
        return done.returncode, done.stdout

    def list_json(self, *words):
        status, text = self.list("--json", *words)
        return status, json.loads(text)

    def directory_of(self, name, *files):
        path = os.path.join(self.directory, name)
        os.mkdir(path, mode=0o755)
        for file in files:
            shutil.copy(file, path)
        return path

    def test_what_ships(self):
        status, listing = self.list_json("--dir", PLUGINS)
        self.assertEqual(status, 0)
        self.assertEqual(list(listing), ["abi", "directories", "plugins", "refused", "shadowed",
                                         "others"])
        self.assertEqual({p["id"]: p["kind"] for p in listing["plugins"]}, SHIPPED)
        self.assertEqual((listing["refused"], listing["shadowed"]), ([], []))
        self.assertEqual(listing["directories"], [{"path": PLUGINS, "error": None}])
        for plugin in listing["plugins"]:
            self.assertEqual(list(plugin), [
                "id", "version", "kind", "description", "abi", "file", "sha256", "shared_state",
                "answers_queries", "reads", "writes", "options", "issues"])
            self.assertEqual(plugin["abi"], listing["abi"])
            self.assertEqual(plugin["file"], os.path.join(PLUGINS, plugin["id"] + ".so"))
            self.assertEqual(plugin["sha256"], sha256(plugin["file"]))
        by_id = {p["id"]: p for p in listing["plugins"]}
        self.assertEqual(by_id["equipment-id"]["writes"], ["equipment_id"])
        self.assertIn("out_of_range", [i["code"] for i in by_id["range"]["issues"]])
        uppercase = next(o for o in by_id["equipment-id"]["options"] if o["name"] == "uppercase")
        self.assertEqual((uppercase["type"], uppercase["default"]), ("boolean", True))
        url = next(o for o in by_id["postgres-sink"]["options"] if o["name"] == "url")
        self.assertEqual((url["required"], url["secret"]), (True, True))
        self.assertIs(by_id["sqlite-sink"]["answers_queries"], True)
        self.assertIs(by_id["redis-sink"]["answers_queries"], False)

    def test_the_digest_can_be_pinned(self):
        _, listing = self.list_json("--dir", PLUGINS)
        digest = next(p["sha256"] for p in listing["plugins"] if p["id"] == "range")
        pinned = embedded().replace("  - plugin: range\n",
                                    "  - plugin: range\n    sha256: %s\n" % digest)
        path = self.write("pinned.yaml", pinned)
        environment = self.host().full_environment()
        check = [e2e.HOST_BINARY, "check", "--config", path]
        done = subprocess.run(check, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.write("pinned.yaml", pinned.replace(digest, "0" * 64))
        done = subprocess.run(check, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(digest, done.stderr)

    def test_what_cannot_be_used_is_told_and_the_rest_listed(self):
        directory = self.directory_of(
            "mixed", *(os.path.join(FAULTY, f + ".so") for f in (
                "crashes-on-loading", "quits-on-loading", "prints-on-loading", "size-huge")),
            os.path.join(PLUGINS, "range.so"))
        shutil.copy(os.path.join(PLUGINS, "rules.so"), os.path.join(directory, "open.so"))
        os.chmod(os.path.join(directory, "open.so"), 0o666)
        shutil.copy(os.path.join(PLUGINS, "rules.so"), os.path.join(directory, "Rules.so"))
        with open(os.path.join(directory, "README"), "w") as file:
            file.write("about them")
        with open(os.path.join(directory, "text.so"), "w") as file:
            file.write("no library")
        status, listing = self.list_json("--dir", directory)
        self.assertEqual(status, 1)
        listed = {p["id"] for p in listing["plugins"]}
        self.assertEqual(listed, set(SHIPPED) | {"prints-on-loading"})
        refused = {r["id"]: r for r in listing["refused"]}
        self.assertEqual(set(refused), {"crashes-on-loading", "quits-on-loading", "size-huge",
                                        "open", "text"})
        self.assertIn("SIGABRT", refused["crashes-on-loading"]["reason"])
        self.assertIn("exit status 3", refused["quits-on-loading"]["reason"])
        self.assertIn("chmod go-w", refused["open"]["reason"])
        self.assertIn("text.so", refused["text"]["reason"])
        self.assertEqual(refused["text"]["sha256"], hashlib.sha256(b"no library").hexdigest())
        self.assertIsNone(refused["open"]["sha256"], "it was not even read")
        self.assertEqual({os.path.basename(o["file"]) for o in listing["others"]
                          if o["file"].startswith(directory)}, {"README", "Rules.so"})
        # The executable's own directory comes last.
        self.assertEqual([(s["file"], s["by"]) for s in listing["shadowed"]],
                         [(os.path.join(PLUGINS, "range.so"),
                           os.path.join(directory, "range.so"))])
        status, text = self.list("--dir", directory)
        self.assertEqual(status, 1)
        self.assertIn("crashes-on-loading: cannot be used\n", text)
        self.assertIn("not used; %s has the same name" % os.path.join(directory, "range.so"), text)
        self.assertIn("README: not a plugin; its name does not end in .so", text)
        self.assertRegex(text, r"(?m)^  sha256 [0-9a-f]{64}$")

    def test_directories_that_are_not_there(self):
        missing = os.path.join(self.directory, "missing")
        status, listing = self.list_json("--dir", missing)
        self.assertEqual(status, 1, "it was asked for")
        self.assertEqual(listing["directories"][0],
                         {"path": missing, "error": "No such file or directory"})
        self.assertEqual({p["id"] for p in listing["plugins"]}, set(SHIPPED))
        self.assertIn("directory %s: No such file" % missing, self.list("--dir", missing)[1])
        # The preset's own ./plugins need not be there.
        preset = os.path.join(e2e.SOURCE, "presets/embedded.yaml")
        status, listing = self.list_json("--config", preset)
        self.assertEqual((status, len(listing["directories"])), (0, 2))

    def test_a_file_that_is_no_configuration(self):
        self.assertEqual(self.list("--json", "--config", "/nonexistent.yaml"), (2, ""))


class LoadedTest(e2e.HostTest):
    def start(self, before="", after="", environment=None):
        config = self.write("plugins.yaml", embedded(before, after))
        self.running = self.host(config, environment).start()
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        e2e.poll(lambda: self.running.connected("database"), "the storage is connected")

    def loaded(self):
        answer = self.client.get(PATH)
        self.assertEqual(answer.status, 200)
        return answer.json

    def test_what_is_loaded(self):
        self.start(before="  - plugin: throws-int\n    on_error: pass\n",
                   after="  - plugin: remembers\n")
        loaded = self.loaded()
        self.assertEqual([v["name"] for v in loaded["validators"]],
                         ["throws-int", "equipment-id", "range", "rules", "remembers"])
        for plugin in loaded["validators"]:
            self.assertEqual(list(plugin), [
                "name", "plugin", "version", "kind", "description", "abi", "file", "sha256",
                "options_set", "instances", "shared_state", "on_error", "counts", "issues"])
            self.assertEqual(plugin["kind"], "validator")
            self.assertEqual(os.path.basename(plugin["file"]), plugin["plugin"] + ".so")
            self.assertEqual(plugin["sha256"], sha256(plugin["file"]))
        by_name = {v["name"]: v for v in loaded["validators"]}
        self.assertEqual(by_name["throws-int"]["on_error"], "pass")
        self.assertEqual(by_name["range"]["on_error"], "refuse")
        self.assertEqual(by_name["range"]["options_set"],
                         ["temperature", "vibration", "pressure", "humidity", "voltage"])
        self.assertEqual((by_name["range"]["instances"], by_name["range"]["shared_state"]),
                         (2, False), "one for each core")
        self.assertEqual((by_name["remembers"]["instances"], by_name["remembers"]["shared_state"]),
                         (1, True))
        (sink,) = loaded["sinks"]
        self.assertEqual(list(sink), ["name", "plugin", "version", "kind", "description", "abi",
                                      "file", "sha256", "options_set", "workers", "ready",
                                      "answers_queries"])
        self.assertEqual((sink["name"], sink["plugin"], sink["workers"], sink["ready"],
                          sink["options_set"], sink["answers_queries"]),
                         ("database", "sqlite-sink", 1, "optional", ["path", "table"], True))
        self.assertNotIn("readings.db", json.dumps(loaded), "values are never shown")

    def test_counts_by_code_add_up(self):
        self.start(before="  - plugin: throws-int\n    on_error: pass\n",
                   after="  - plugin: undeclared-code\n")
        bodies = [e2e.reading(temperature=900, vibration=9), e2e.reading(equipment_id="x"),
                  e2e.reading(temperature=160, vibration=1.6), e2e.reading(temperature="x")]
        for body in bodies:
            self.assertEqual(self.client.ingest(body).status, 422)
        self.assertEqual(self.client.batch(bodies[:2]).status, 422)
        counted = {}
        for validator in self.loaded()["validators"]:
            counts = validator["counts"]
            for kind in ("rejections", "warnings"):
                self.assertEqual(counts[kind], sum(i[kind] for i in validator["issues"]))
            counted[validator["name"]] = (counts, {i["code"]: (i["rejections"], i["warnings"])
                                                   for i in validator["issues"]})
        self.assertEqual(counted["throws-int"],
                         ({"rejections": 0, "warnings": 0, "failures": 5, "misbehaviours": 0},
                          {None: (0, 0)}))
        counts, by_code = counted["range"]
        self.assertEqual(counts["rejections"], 4)
        self.assertEqual(by_code, {"out_of_range": (4, 0), None: (0, 0)})
        self.assertEqual(counted["equipment-id"][1]["length"], (2, 0))
        self.assertEqual(counted["rules"][1]["*"], (0, 3))
        counts, by_code = counted["undeclared-code"]
        self.assertEqual((counts["rejections"], counts["misbehaviours"]), (5, 5))
        self.assertEqual(by_code, {"wrong": (0, 0), None: (5, 0)})

    def test_no_option_value_is_shown(self):
        secret = "hunter2-canary"
        stores = {"DATABASE_URL": "postgresql://u:%s@127.0.0.1:1/d" % secret,
                  "REDIS_URL": "redis://:%s@127.0.0.1:1/0" % secret}
        host = self.host("config.yaml", stores).start()
        with e2e.contextlib.closing(host.client()) as client:
            answer = client.get(PATH)
        self.assertNotIn(secret, answer.body.decode())
        self.assertEqual([s["name"] for s in answer.json["sinks"]], ["database", "redis"])
        self.assertIn("url", answer.json["sinks"][0]["options_set"])

    def test_methods(self):
        self.start()
        head = self.client.request("HEAD", PATH)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(int(head.headers["Content-Length"]), len(self.client.get(PATH).body))
        for method in ("POST", "PUT", "DELETE"):
            answer = self.client.request(method, PATH)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))
        options = self.client.request("OPTIONS", PATH)
        self.assertEqual((options.status, options.headers["Allow"]), (204, "GET, HEAD, OPTIONS"))
        self.assertIn("get", self.client.get("/api/v1/openapi.json").json["paths"][PATH])


if __name__ == "__main__":
    unittest.main()
