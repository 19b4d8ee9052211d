"""Live change: what each kind of reload does, what is refused, and who is told."""
import contextlib
import os
import re
import signal
import sqlite3
import threading
import unittest

import e2e
import reloading
from reloading import sqlite, stamp


class ReloadTest(reloading.ReloadTest):
    def serve(self, environment=None):
        host = super().serve(environment)
        self.client = host.client()
        self.addCleanup(self.client.close)
        self.sent = 0
        return host

    def ingest(self, status=201, **changes):
        self.sent += 1
        answer = self.client.ingest(e2e.reading(self.sent, **changes))
        self.assertEqual(answer.status, status, answer.body)
        return answer.json

    def stamps(self):
        """What the stamps said about one reading: [(build, seen, word)]."""
        return [(int(build), int(seen), word) for build, seen, word in re.findall(
            r'build (\d), reading (\d+), [^}]*\\"word\\":\\"(\w+)\\"',
            self.client.ingest(e2e.reading(0)).body.decode())]

    def rows(self, file):
        path = os.path.join(self.directory, file)
        with contextlib.closing(sqlite3.connect(path)) as db:
            try:
                return db.execute("SELECT count(*) FROM sensor_data").fetchone()[0]
            except sqlite3.OperationalError:
                return 0

    def has_rows(self, file, count):
        e2e.poll(lambda: self.rows(file) == count, "%s has %d rows" % (file, count))

    # Validators -----------------------------------------------------------------------------------

    def test_validators_are_added_changed_moved_and_removed(self):
        self.install(1)
        host = self.serve()
        self.assertEqual(self.stamps(), [])
        self.config["validators"] = [stamp("a"), stamp("b")]
        self.assertIn("added: validator stamp, validator stamp\n", self.reload())
        self.assertEqual(self.stamps(), [(1, 1, "a"), (1, 1, "b")])
        self.config["validators"] = [stamp("a"), stamp("c")]
        text = self.reload()
        self.assertIn("changed: validator stamp\n", text)
        self.assertIn("kept: validator stamp, sink database\n", text)
        self.assertEqual(self.stamps(), [(1, 2, "a"), (1, 1, "c")], "what is kept keeps its state")
        self.config["validators"].reverse()
        self.assertIn("changed: order of validators\n", self.reload())
        self.assertEqual(self.stamps(), [(1, 2, "c"), (1, 3, "a")])
        self.config["validators"] = [stamp("a")]
        self.assertIn("removed: validator stamp\n", self.reload())
        self.assertEqual(self.stamps(), [(1, 4, "a")])
        self.assertIn("nothing is different", self.reload())
        self.assertEqual(self.stamps(), [(1, 5, "a")])
        self.assertEqual(host.stop(), 0)

    def test_an_option_counts_from_the_next_request_on(self):
        self.config["validators"] = [{"plugin": "range",
                                      "options": {"temperature": {"max": 100}}}]
        self.serve()
        self.ingest(temperature=50)
        self.ingest(422, temperature=150)
        self.config["validators"][0]["options"]["temperature"]["max"] = 200
        self.reload()
        self.ingest(temperature=150)
        document = self.client.get("/api/v1/openapi.json")
        limits = document.json["components"]["schemas"]["Reading"]["properties"]["temperature"]
        self.assertEqual(limits["maximum"], 200)
        tag = document.headers["ETag"]
        self.config["validators"][0]["options"]["temperature"]["max"] = 60
        self.reload()
        self.ingest(422, temperature=150)
        document = self.client.get("/api/v1/openapi.json", headers={"If-None-Match": tag})
        self.assertEqual(document.status, 200, "another document has another tag")

    def test_whether_ids_are_upper_case_counts_for_lookups_too(self):
        self.config["validators"] = [{"plugin": "equipment-id"}]
        self.serve()
        self.ingest(equipment_id="pump-a1-001")
        latest = "/api/v1/sensors/pump-a1-001/latest"
        self.assertEqual(self.client.get(latest).json["count"], 1)
        self.config["validators"] = []
        self.reload()
        self.assertEqual(self.client.get(latest).json["count"], 0)

    def test_a_new_build_in_the_same_file(self):
        self.install(1)
        self.config["validators"] = [stamp("a")]
        host = self.serve()
        self.assertEqual(self.stamps(), [(1, 1, "a")])
        self.install(2)
        self.assertEqual(self.stamps(), [(1, 2, "a")], "overwriting the file hurts nobody")
        self.assertIn("changed: validator stamp", self.reload())
        self.assertEqual(self.stamps(), [(2, 1, "a")])
        self.install(1)
        self.reload()
        self.assertEqual(self.stamps(), [(1, 1, "a")], "another instance of what was loaded before")
        with open("/proc/%d/maps" % host.process.pid) as maps:
            copies = {line.split()[4] for line in maps if "memfd:stamp.so" in line}
        self.assertEqual(len(copies), 2, "each build is loaded once")

    # Sinks ----------------------------------------------------------------------------------------

    def test_a_sink_is_added_removed_and_comes_back(self):
        host = self.serve()
        self.ingest()
        self.config["sinks"].append(sqlite("second"))
        self.assertIn("added: sink second\n", self.reload())
        self.ingest()
        self.has_rows("second.db", 1)
        self.has_rows("database.db", 2)
        del self.config["sinks"][1]
        self.assertIn("removed: sink second\n", self.reload())
        self.assertNotIn("second", self.client.get("/health").json)
        self.ingest()
        self.has_rows("database.db", 3)
        self.assertEqual(self.rows("second.db"), 1)
        self.config["sinks"].insert(0, sqlite("second"))
        self.reload()
        self.has_rows("second.db", 2)
        sinks = {sink["name"]: sink for sink in host.ledger()["sinks"]}
        self.assertEqual(sinks["second"]["accepted"], 1, "what came while it was away")
        self.assertEqual(sinks["database"]["delivered"], 3)

    def test_a_sink_that_leaves_gets_what_was_accepted_before(self):
        self.config["ack"] = "spool"
        self.config["sinks"].append(sqlite("second"))
        self.serve()
        for _ in range(20):
            self.ingest(202)
        del self.config["sinks"][1]
        self.reload()
        self.assertEqual(self.rows("second.db"), 20)

    def test_a_sink_that_cannot_be_reached_leaves_its_readings_behind(self):
        self.config["drain"] = {"timeout": "100ms"}
        self.config["sinks"].append(
            {"name": "redis", "plugin": "redis-sink",
             "options": {"url": "redis://127.0.0.1:%d/0" % e2e.free_port(), "queue": "q"}})
        host = self.serve()
        self.ingest()
        self.config["sinks"].pop()
        self.reload()
        self.assertRegex(host.log(), '"readings wait for a sink that is not configured; they are '
                                     'kept","sink":"redis","position":0,"waiting":1')
        self.ingest()
        self.assertEqual(host.stop(), 0)
        self.assertIn("cursor-redis", os.listdir(os.path.join(self.directory, "spool")))

    def test_a_sink_is_rebuilt_from_its_cursor(self):
        host = self.serve()
        for members in ({"workers": 3}, {"batch_rows_max": 7}, {"write_timeout": "7s"},
                        {"retry": {"delay_min": "5ms", "delay_max": "1s"}}):
            with self.subTest(members):
                self.ingest()
                self.config["sinks"][0].update(members)
                self.assertIn("changed: sink database\n", self.reload())
        self.ingest()
        self.config["sinks"][0]["options"]["path"] = "other.db"
        self.reload()
        self.ingest()
        self.has_rows("database.db", 5)
        self.has_rows("other.db", 1)
        self.assertEqual(host.ledger()["sinks"][0]["delivered"], 6, "counts go on")
        self.config["sinks"][0]["ready"] = "required"
        self.assertIn("changed: sink database\n", self.reload())
        self.assertEqual(self.client.get("/health/ready").status, 200)

    def test_another_storage_and_another_ack(self):
        self.config["sinks"].append(sqlite("second"))
        self.serve()
        self.ingest()
        self.config["ack"] = "spool"
        self.assertIn("changed: sink database, ack\n", self.reload())
        self.ingest(202)
        self.config.update(ack="sink", storage="second", ack_timeout="30s")
        self.reload()
        self.ingest(equipment_id="PUMP-A9-001")
        self.has_rows("second.db", 3)
        latest = self.client.get("/api/v1/sensors/PUMP-A9-001/latest")
        self.assertEqual((latest.status, latest.json["count"]), (200, 1))
        del self.config["sinks"][0]
        self.reload()
        self.ingest()
        del self.config["storage"], self.config["ack"]
        self.reload()
        self.ingest(202)
        self.assertEqual(self.client.get("/api/v1/sensors/A/latest").status, 501)

    # The rest -------------------------------------------------------------------------------------

    def test_the_front_changes_too(self):
        host = self.serve()
        self.assertEqual(self.client.get("/", headers={"Origin": "https://a.example"})
                         .headers["Access-Control-Allow-Origin"], "*")
        self.config["http"]["cors"] = {"origins": []}
        self.config["http"]["limits"] = {"body_bytes": "1KiB"}
        self.config["http"]["batch"] = {"readings_max": 2}
        self.config["log"] = {"level": "DEBUG"}
        text = self.reload()
        self.assertIn("changed: log.level, http.cors.origins, http.limits.body_bytes, "
                      "http.batch.readings_max\n", text)
        answer = self.client.get("/", headers={"Origin": "https://a.example"})
        self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
        self.assertIn('"level":"DEBUG"', host.log())
        self.assertEqual(self.client.ingest(b" " * 2000).status, 413)
        self.assertEqual(self.client.batch([e2e.reading(i) for i in range(2)]).status, 201)
        self.assertEqual(self.client.batch([e2e.reading(i) for i in range(3)]).status, 422)
        self.config["http"]["rate_limit"] = {"enabled": True, "per_minute": 1}
        self.reload()
        self.ingest()
        self.ingest(429)
        self.config["validators"] = [{"plugin": "range"}]
        self.reload()
        self.ingest(429)  # whoever was counted stays so
        self.config["http"]["rate_limit"]["enabled"] = False
        self.reload()
        self.ingest()

    def test_secrets_are_read_again(self):
        self.write("word", "first\n")
        self.install(1)
        self.config["validators"] = [stamp("${file:word}")]
        self.serve()
        self.assertEqual(self.stamps(), [(1, 1, "first")])
        self.write("word", "second\n")
        self.reload()
        self.assertEqual(self.stamps(), [(1, 1, "second")])

    def test_what_is_wrong_is_told_and_changes_nothing(self):
        self.install(1)
        self.config["validators"] = [stamp("a")]
        host = self.serve()
        self.assertEqual(self.stamps(), [(1, 1, "a")])

        def wrong(config):
            config["htpp"] = {}
            config["validators"][0]["options"] = {"wrod": "b"}
            config["sinks"].append({"name": "third", "plugin": "no-such"})

        text = self.refused(self.changed(wrong))
        for words in ("htpp", r"wrod.* of validators\[0\].options",
                      r"sinks\[1\].plugin: .*no-such"):
            said = re.escape(self.path) + r":\d+:\d+: .*" + words
            self.assertRegex(text, said)
            self.assertRegex(host.log(), said)
        self.assertIn("what served goes on", text)
        places = re.findall("^" + re.escape(self.path) + r":\d+:\d+: ", text, re.M)
        self.assertEqual(len(places), 3, text)
        fails = self.changed(lambda config: config["validators"].append(stamp("b", fails=True)))
        self.assertRegex(self.refused(fails), re.escape(self.place('"fails": ', fails)) +
                         ".*this build 1 was told to fail")
        with open(self.path, "w") as file:
            file.write("http: [\n")
        status, text = self.command("--dir", os.path.join(self.directory, "spool"))
        self.assertEqual((status, text.startswith(self.path + ":")), (2, True), text)
        status, text = self.command("--config", self.path)
        self.assertEqual((status, text.startswith(self.path + ":")), (2, True), text)
        with open(os.path.join(self.plugins, "stamp.so"), "wb") as file:
            file.write(b"no library")
        self.put()
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 2, text)
        self.assertIn("cannot open", text)
        self.assertEqual(self.stamps(), [(1, 2, "a")])

    def test_keys_that_need_a_restart(self):
        host = self.serve()

        def change(config):
            config["service"] = {"name": "other", "environment": "other"}
            config["log"] = {"format": "text"}
            config["http"].update(host="127.0.0.2", port=1, threads=3)
            config["spool"] = {"dir": "elsewhere", "size_max": "1GiB", "segment_size": "1MiB",
                               "memory": "1MiB"}
            config["reading"]["unknown_fields"] = "keep"
            config["reading"]["fields"]["rpm"] = {"type": "integer"}
            config["reading"]["fields"]["voltage"]["required"] = True
            del config["reading"]["fields"]["humidity"]

        config = self.changed(change)
        self.put(config)
        status, text = self.command("--dir", os.path.join(self.directory, "spool"))
        self.assertEqual(status, 2, text)
        for key in ("service.name", "service.environment", "log.format", "http.host", "http.port",
                    "http.threads", "spool.dir", "spool.size_max", "spool.segment_size",
                    "spool.memory", "reading.unknown_fields", "reading.fields.rpm",
                    "reading.fields.voltage", "reading.fields"):
            self.assertRegex(text, re.escape(self.path) + r":\d+:\d+: " + re.escape(key) +
                             ": .* needs a restart")
        self.assertIn(self.place('"threads": ', config) + ": http.threads", text)
        self.assertEqual(text.count("needs a restart"), 14)
        self.ingest()
        self.put()
        # Documentation is no schema.
        self.config["reading"]["fields"]["voltage"]["unit"] = "kV"
        self.config["reading"]["unknown_fields"] = "reject"
        self.assertIn("changed: reading.unknown_fields, reading.fields\n", self.reload())
        self.assertIn("kV", self.client.get("/api/v1/openapi.json").body.decode())
        self.ingest(422, unheard_of=1)
        self.assertTrue(host.answers())

    # Who asks, and when ---------------------------------------------------------------------------

    def test_sighup(self):
        self.install(1)
        host = self.serve()
        self.config["validators"] = [stamp("a")]
        self.put()
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: '"message":"reloaded"' in host.log(), "it is reloaded")
        self.assertRegex(host.log(), '"added":"validator stamp","removed":"","changed":"",'
                                     '"kept":"sink database","duration_ms":')
        self.assertEqual(self.stamps(), [(1, 1, "a")])
        with open(self.path, "w") as file:
            file.write("nonsense: 1\n")
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: "not reloaded: the configuration is wrong" in host.log(), "it is refused")
        self.assertEqual(self.stamps(), [(1, 2, "a")])
        self.assertEqual(host.stop(), 0)

    def test_several_who_ask_at_once_are_all_told(self):
        self.serve()
        outcomes = []

        def ask():
            outcomes.append(self.command("--config", self.path))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in outcomes], [0] * 8, outcomes)

    def test_without_a_host(self):
        self.put()
        self.served = self.host(self.path)
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 1, text)
        os.mkdir(os.path.join(self.directory, "spool"))
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 1)
        self.assertIn("no host answers at %s/spool/control" % self.directory, text)
        self.served.start()
        self.assertEqual(self.command("--config", self.path)[0], 0)
        self.served.kill()
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 1, "its socket is there still")
        self.assertIn("no host answers", text)
        self.served.start()
        self.assertEqual(self.command("--config", self.path)[0], 0, "the next one takes its place")
        self.assertEqual(self.served.stop(), 0)
        self.assertNotIn("control", os.listdir(os.path.join(self.directory, "spool")))

    def test_while_the_host_stops(self):
        self.config["drain"] = {"timeout": "60s"}
        self.config["sinks"].append(
            {"name": "redis", "plugin": "redis-sink", "retry": {"delay_max": "1h"},
             "options": {"url": "redis://127.0.0.1:%d/0" % e2e.free_port(), "queue": "q"}})
        host = self.serve()
        self.ingest()
        host.process.send_signal(signal.SIGTERM)
        e2e.poll(lambda: '"message":"stopping"' in host.log(), "it stops")
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: "not reloaded: the host is stopping" in host.log(), "it says no")
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 1)
        self.assertIn("starting or stopping", text)
        host.process.send_signal(signal.SIGTERM)
        self.assertEqual(host.process.wait(e2e.PATIENCE), 1)
        host.process = None

    def test_told_to_stop_during_a_reload_that_does_not_end(self):
        self.config["plugin_dirs"].append(os.path.join(e2e.BUILD, "tests", "faulty"))
        self.config["drain"] = {"timeout": "0ms"}
        self.config["sinks"].append({"name": "hanging", "plugin": "hanging-sink"})
        host = self.serve()
        self.ingest()
        e2e.poll(lambda: self.rows("database.db") == 1, "the readings are on their way")
        del self.config["sinks"][1]
        self.put()
        asking = threading.Thread(target=lambda: self.told.append(
            self.command("--config", self.path)))
        self.told = []
        asking.start()
        e2e.poll(lambda: "hanging" not in self.client.get("/health").json, "it is replaced")
        self.ingest()
        host.process.send_signal(signal.SIGTERM)
        self.assertEqual(host.process.wait(e2e.PATIENCE), 1)
        host.process = None
        asking.join()
        self.assertEqual(self.told[0][0], 1)
        self.assertIn("the host ended before it said", self.told[0][1])

    def test_words_of_the_command(self):
        self.served = self.host(self.path)
        for words in ([], ["--pid"], ["--config", self.path, "--wait", "0"],
                      ["--config", self.path, "--wait", "soon"]):
            status, text = self.command(*words)
            self.assertEqual(status, 2, text)

    def test_a_directory_with_a_long_path(self):
        deep = os.path.join(self.directory, *["d" * 50] * 4)
        os.makedirs(deep)
        self.config["spool"]["dir"] = os.path.join(deep, "spool")
        self.serve()
        self.assertIn("nothing is different", self.reload())


if __name__ == "__main__":
    unittest.main()
