"""Each plugin that is wrong on purpose, in the real binary, with the outcome that is due to it."""
import glob
import os
import re
import signal
import subprocess
import unittest

import e2e
import plugin_faults
from faulty_hosts import FAULTY, FaultyHostTest, health, sink_line
from plugin_faults import BY_NAME, FAULTS

# What AddressSanitizer ends the process for, which nothing else notices or before anything does.
FOUND_BY_SANITIZER = {"leaks", "leaks-in-validate", "reads-past-end", "reads-before-start",
                      "short-buffer"}
SERVES_ITS_OWN_WAY = {"exports-pqexec", "sleeps", "writes-into-batch"}
AT_START = ("loading", "create")
AT_END = ("destroy", "flush")


def left_to_sanitizer(fault):
    left = e2e.sanitizer() == "address" and fault.plugin in FOUND_BY_SANITIZER
    if left:
        print(fault.plugin + ": skipped, AddressSanitizer ends the process for it")
    return left


def of(outcome):
    return [fault for fault in FAULTS if fault.outcome is outcome]


def crashing(*functions):
    return [fault for fault in of(plugin_faults.CRASHES) if fault.detail[1] in functions]


def status_of(fault):
    name = fault.detail[0]
    return -getattr(signal, name).value if name.startswith("SIG") else None


def counts(host):
    """Of the one validator: its plugin, failures and misbehaviours."""
    with e2e.contextlib.closing(host.client()) as client:
        validator, = client.get("/api/v1/plugins").json["validators"]
    return (validator["plugin"], validator["counts"]["failures"],
            validator["counts"]["misbehaviours"])


class TableTest(unittest.TestCase):
    def test_every_plugin_is_in_it(self):
        built = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(FAULTY, "*.so"))}
        self.assertEqual(built - plugin_faults.NOT_HERE, set(BY_NAME))
        self.assertEqual(len(BY_NAME), len(FAULTS))

    def test_the_document_is_up_to_date(self):
        with open(os.path.join(e2e.SOURCE, "docs/plugin-faults.md")) as file:
            self.assertEqual(file.read(), plugin_faults.document())


class StartTest(FaultyHostTest):
    def check(self, host):
        done = subprocess.run([e2e.HOST_BINARY, "check", "--config", host.config], text=True,
                              env=host.full_environment(), cwd=host.directory,
                              capture_output=True, timeout=e2e.PATIENCE)
        return done.returncode, done.stderr

    def test_what_is_refused_is_told_with_its_place(self):
        for fault in of(plugin_faults.REFUSED):
            with self.subTest(fault.plugin):
                host = self.faulty_host(fault)
                status, words = self.check(host)
                self.assertEqual(status, 2, words)
                self.assertRegex(words, "^" + re.escape(host.config) + r":6:\d+: validators\[0\]")
                self.assertIn(fault.detail[0], words)
                host.start(wait=False)
                self.ends(host, 2)
                self.assertIn(words, host.log())

    def test_crashes_at_the_start_name_the_plugin(self):
        for fault in crashing(*AT_START):
            with self.subTest(fault.plugin):
                host = self.faulty_host(fault)
                status, words = self.check(host)
                self.assert_status(host, status, status_of(fault))
                told = " (%s) while plugin '%s' was in %s" % (fault.detail[0], fault.plugin,
                                                             fault.detail[1])
                self.assertIn(told, words)
                host.start(wait=False)
                self.ends(host, status_of(fault))
                self.assertIn(told, host.log())

    def test_exit_when_it_is_loaded_is_no_success(self):
        fault = BY_NAME["exits-on-loading"]
        host = self.faulty_host(fault)
        told = "ended by exit() while plugin 'exits-on-loading' was in loading"
        status, words = self.check(host)
        self.assertEqual(status, 1, words)
        self.assertIn(told, words)
        host.start(wait=False)
        self.ends(host, 1)
        self.assertIn(told, host.log())

    def test_one_that_quits_ends_it_with_its_own_status(self):
        host = self.faulty_host(BY_NAME["quits-on-loading"])
        self.assertEqual(self.check(host)[0], 3)
        host.start(wait=False)
        self.ends(host, 3)

    def test_a_start_that_hangs_is_named(self):
        host = self.faulty_host(BY_NAME["hangs-in-create"]).start(wait=False)
        e2e.poll(lambda: "a plugin does not return from create" in host.log(), "the log says so")
        self.assertIn('"plugin":"hangs-in-create"', host.log())


class ServingTest(FaultyHostTest):
    def test_those_that_hurt_nobody(self):
        for fault in of(plugin_faults.SERVES):
            if fault.plugin in SERVES_ITS_OWN_WAY:
                continue
            if left_to_sanitizer(fault):
                continue
            with self.subTest(fault.plugin):
                host = self.faulty_host(fault).start()
                with e2e.contextlib.closing(host.client()) as client:
                    answer = client.ingest(e2e.reading())
                self.assertEqual(answer.status, 201, answer.body)
                self.assertEqual(host.stop(), 0, host.log())
                self.assertIn(fault.log, host.log())
                if fault.log.startswith("a plugin "):
                    self.assertIn('"plugin":"%s"' % fault.plugin, host.log())

    def test_symbols_of_a_plugin_are_its_own(self):
        url, _ = self.database()
        fault = BY_NAME["exports-pqexec"]
        sink = '  - { name: postgres, plugin: postgres-sink, options: { url: "%s" } }\n' % url
        host = self.faulty_host(fault, sinks=sink).start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
        e2e.poll(lambda: sink_line(host, "postgres")["delivered"] == 1, "libpq is libpq")
        self.assertEqual(host.stop(), 0)

    def test_what_is_written_into_a_batch_is_stored(self):
        host = self.faulty_host(BY_NAME["writes-into-batch"]).start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(temperature=21.5)).status, 201)
        self.assertEqual(host.stop(), 0)
        stored = self.rows(os.path.join(host.directory, "readings.db"))
        self.assertEqual([row["temperature"] for row in stored], [0.0])

    def test_failures_refuse_or_pass(self):
        for fault in of(plugin_faults.FAILS):
            for on_error in ("refuse", "pass"):
                with self.subTest(fault.plugin, on_error=on_error):
                    host = self.faulty_host(fault, on_error=on_error).start()
                    with e2e.contextlib.closing(host.client()) as client:
                        answers = [client.ingest(e2e.reading(i)) for i in range(2)]
                    passes = on_error == "pass"
                    for answer in answers:
                        self.assertEqual(answer.status, 201 if passes else 503, answer.body)
                        self.assertEqual("Retry-After" in answer.headers, not passes)
                        self.assertNotIn(b"ABI", answer.body)
                    self.assertEqual(host.ledger()["spool"]["accepted"], 2 if passes else 0)
                    self.assertEqual(counts(host), (fault.plugin, 2, 0))
                    self.assertEqual(host.stop(), 0)
                    for told in ('"validator":"%s","plugin":"%s"' % (fault.plugin, fault.plugin),
                                 fault.detail[0], '"failures":2'):
                        self.assertIn(told, host.log())

    def test_misbehaviours_are_named_and_change_nothing(self):
        for fault in of(plugin_faults.MISBEHAVES):
            with self.subTest(fault.plugin):
                host = self.faulty_host(fault).start()
                with e2e.contextlib.closing(host.client()) as client:
                    answer = client.ingest(e2e.reading(7))
                refuses = fault.plugin == "undeclared-code"
                self.assertEqual(answer.status, 422 if refuses else 201, answer.body)
                if refuses:
                    self.assertEqual(answer.json["errors"][0]["code"], "surprise")
                self.assertEqual(counts(host), (fault.plugin, 0, 1))
                self.assertEqual(host.stop(), 0)
                self.assertIn('"plugin":"%s"' % fault.plugin, host.log())
                self.assertIn(fault.detail[0], host.log())
                if not refuses:
                    stored, = self.rows(os.path.join(host.directory, "readings.db"))
                    self.assertEqual(stored["equipment_id"], e2e.reading(7)["equipment_id"])


class DyingTest(FaultyHostTest):
    """The process goes down; what was acknowledged is there when it runs without the plugin."""

    def dies(self, fault, status, told, sends):
        """`sends`: a reading makes it die; else SIGTERM does."""
        host = self.faulty_host(fault)
        faulty, sound = host.config, self.config("sound", second_sink=fault.sink)
        host.config = sound
        host.start()
        load = self.load(host.port, "journal of " + fault.plugin, connections=4)
        e2e.poll(lambda: load.accepted >= 20 or load.error, "readings are acknowledged")
        host.kill()  # with whatever is under way
        host.config = faulty
        host.start(wait=False)
        if sends:
            e2e.poll(lambda: self.is_gone(host, fault), "the process is gone")
        else:
            accepted = load.accepted
            e2e.poll(lambda: load.accepted >= accepted + 20 or load.error, "it serves")
            host.process.terminate()
        self.ends(host, status)
        self.assertIn(told, host.log())
        self.assertIn(os.path.join(FAULTY, fault.plugin + ".so"), host.log())
        host.config = sound
        host.start()
        accepted = load.accepted
        e2e.poll(lambda: load.accepted >= accepted + 20 or load.error, "it serves again")
        load.stop()
        e2e.poll(lambda: not any(sink["waiting"] for sink in host.ledger()["sinks"]),
                 "everything is delivered")
        self.assertEqual(host.stop(), 0, host.log())
        stores = [os.path.join(host.directory, "readings.db")]
        self.forget_triggers(*stores)
        self.assert_kept(load, sqlite=stores)

    def is_gone(self, host, fault):
        with e2e.contextlib.closing(e2e.Client(host.port)) as client, \
                e2e.contextlib.suppress(OSError, e2e.http.client.HTTPException):
            client.ingest(e2e.reading(**fault.reading))
        return host.process.poll() is not None

    def test_crashes(self):
        for fault in crashing("validate", "write"):
            if left_to_sanitizer(fault):
                continue
            with self.subTest(fault.plugin):
                self.dies(fault, status_of(fault),
                          "while plugin '%s' was in %s" % (fault.plugin, fault.detail[1]), True)

    def test_crashes_of_a_thread_of_its_own(self):
        fault, = crashing("a thread of its own")
        self.dies(fault, -signal.SIGSEGV,
                  "(SIGSEGV) in a thread of plugin 'crashes-in-thread'", True)

    def test_crashes_at_the_end(self):
        for fault in crashing(*AT_END):
            with self.subTest(fault.plugin):
                self.dies(fault, status_of(fault),
                          "while plugin '%s' was in %s" % (fault.plugin, fault.detail[1]), False)

    def test_exit_is_as_bad(self):
        for fault in of(plugin_faults.EXITS):
            if fault.plugin == "exits-on-loading":
                continue
            with self.subTest(fault.plugin):
                where = ("in a thread of plugin '%s'" % fault.plugin
                         if fault.plugin == "exits-in-thread" else
                         "while plugin '%s' was %s" % (fault.plugin, fault.detail[0]))
                self.dies(fault, 1, "ended by exit() " + where, True)


class HangingTest(FaultyHostTest):
    def names(self, host, plugin, function):
        found = health(host)
        calls = found.get("stuck_calls", []) if found else []
        return any((call["plugin"], call["function"]) == (plugin, function) for call in calls)

    def send(self, host, reading, times=1):
        """Requests on connections of their own, whose answers nobody waits for."""
        for _ in range(times):
            client = e2e.Client(host.port, timeout=0.2)
            self.addCleanup(client.close)
            with e2e.contextlib.suppress(OSError):
                client.ingest(reading)

    def test_a_slow_validator_is_named_and_answers(self):
        host = self.faulty_host(BY_NAME["sleeps"]).start()
        # Again, if the core that has it is the one that is to answer.
        e2e.poll(lambda: self.send(host, e2e.reading()) or
                 self.names(host, "sleeps", "validate"), "/health names it")
        e2e.poll(lambda: self.rows(os.path.join(host.directory, "readings.db")),
                 "the reading is stored")
        e2e.poll(lambda: "stuck_calls" not in (health(host) or ["stuck_calls"]),
                 "it is well again")
        self.assertEqual(host.stop(), 0)
        self.assertIn("a plugin returned from validate at last", host.log())

    def test_the_drain_ends_whatever_hangs(self):
        hosts = {name: self.faulty_host(BY_NAME[name], drain="1s").start()
                 for name in ("hangs", "hangs-in-destroy", "hanging-sink", "sink-ignores-deadline",
                              "sink-hangs-in-health")}
        hanging = hosts["hangs"]
        self.send(hanging, e2e.reading(**BY_NAME["hangs"].reading))
        e2e.poll(lambda: "a plugin does not return from validate" in hanging.log(),
                 "the log names it")
        for host in hosts.values():
            if host is not hanging:
                self.send(host, e2e.reading())
        for host in hosts.values():
            host.process.terminate()
        for name, host in hosts.items():
            with self.subTest(name):
                self.ends(host, 1)
                self.assertIn("something does not end, a plugin maybe", host.log())

    def test_a_hanging_validator_is_named_by_another_core(self):
        host = self.faulty_host(BY_NAME["hangs"])
        host.environment["HTTP_THREADS"] = "4"
        host.start()
        # Connections go to the cores in turn, and the first core takes them.
        first = host.client()
        self.addCleanup(first.close)
        self.assertEqual(first.get("/health").status, 200)
        self.send(host, e2e.reading(**BY_NAME["hangs"].reading))
        e2e.poll(lambda: self.names(host, "hangs", "validate"), "/health names it")
        host.kill()

    def test_a_destructor_of_the_library_that_hangs(self):
        host = self.faulty_host(BY_NAME["hangs-at-exit"]).start()
        host.process.terminate()
        self.ends(host, -signal.SIGALRM)
        self.assertIn('"message":"stopped"', host.log())


class SinkTest(FaultyHostTest):
    """A second sink is wrong; the first one and the clients do not notice."""

    def serve(self, fault, readings=5):
        """A host that took some, and their answers' ids."""
        host = self.faulty_host(fault, drain="1s").start()
        e2e.poll(lambda: host.connected("database"), "the storage is connected")
        with e2e.contextlib.closing(host.client()) as client:
            for i in range(readings):
                answer = client.ingest(e2e.reading(i))
                self.assertEqual(answer.status, 201, answer.body)
        return host

    def replace(self, host, waiting):
        """With a sound sink of the same name."""
        host.config = self.config("sound", second_sink=True)
        other = self.path("other.db")
        if os.path.exists(other):
            os.unlink(other)
        host.start()
        e2e.poll(lambda: sink_line(host, "other")["waiting"] == 0, "what waited is delivered")
        e2e.poll(lambda: host.connected("database", "other"), "both are connected")
        self.assertEqual(host.stop(), 0, host.log())
        self.assertEqual(len(self.rows(other)), waiting)

    def test_one_that_cannot_write_waits_alone(self):
        for fault in of(plugin_faults.SINK_DOWN):
            with self.subTest(fault.plugin):
                host = self.serve(fault)
                e2e.poll(lambda: sink_line(host, "other")["retries"] >= 2, "it is tried again")
                found = health(host)
                self.assertEqual((found["database"], found["other"]),
                                 ("connected", "disconnected"))
                self.assertEqual(sink_line(host, "other")["waiting"], 5)
                self.assertEqual(sink_line(host, "database")["delivered"], 5)
                self.assertEqual(host.stop(), 0, host.log())
                self.assertIn(fault.detail[0], host.log())
                self.replace(host, 5)

    def test_one_that_hangs_waits_alone(self):
        for fault in of(plugin_faults.SINK_HANGS):
            with self.subTest(fault.plugin):
                host = self.serve(fault)
                e2e.poll(lambda: health(host)["other"] == "disconnected", "/health shows it")
                self.assertEqual(health(host)["database"], "connected")
                self.assertEqual(sink_line(host, "database")["delivered"], 5)
                waiting = sink_line(host, "other")["waiting"]
                self.assertEqual(waiting, 5)
                host.kill()
                self.replace(host, waiting)

    def test_a_storage_sink_that_hangs_makes_it_202(self):
        fault = BY_NAME["hanging-sink"]
        host = self.faulty_host(fault, storage="other", ack_timeout="100ms").start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 202)
        host.kill()
        self.replace(host, 1)

    def test_one_that_refuses_what_it_has(self):
        host = self.serve(BY_NAME["sink-not-idempotent"])
        e2e.poll(lambda: sink_line(host, "other")["waiting"] == 0, "it is through")
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(9)).status, 201)
        e2e.poll(lambda: sink_line(host, "other")["dead_lettered"] >= 1, "it is a dead letter")
        self.assertEqual(sink_line(host, "database")["delivered"], 6)
        self.assertEqual(host.stop(), 0)
        self.assertIn("duplicate key", host.log())

    def test_one_whose_health_is_garbage(self):
        host = self.serve(BY_NAME["garbage-health"])
        e2e.poll(lambda: sink_line(host, "other")["delivered"] == 5, "it delivers")
        self.assertFalse(host.connected("other"))
        self.assertEqual(host.stop(), 0)

    def test_one_whose_health_waits(self):
        host = self.serve(BY_NAME["health-waits"])
        e2e.poll(lambda: sink_line(host, "other")["delivered"] == 5, "it delivers")
        e2e.poll(lambda: host.connected("other"), "it is connected")


if __name__ == "__main__":
    unittest.main()
