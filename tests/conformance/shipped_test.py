"""The plugins that ship pass, the sinks with real servers and without one; the examples too."""
import contextlib
import os
import tempfile
import unittest

import checker
import own_stores

PLUGINS = os.path.join(checker.BUILD, "plugins")
RULES = """{ rules: [
  { name: sensor-failure, when: { temperature: { eq: 0 }, vibration: { eq: 0 } }, then: reject,
    message: all zero },
  { name: noted, when: { note: { eq: "text 1" } }, then: warn, message: that text } ] }"""
VALIDATORS = {
    "equipment-id": "{ pattern: '^[A-Z]+-[A-Z0-9]+-[0-9]{3}$', uppercase: true }",
    "range": "{ temperature: { min: -50, max: 200 }, counter: { max: 50 } }",
    "rules": RULES,
}
EXAMPLES = os.path.join(checker.BUILD, "tests", "examples")
EXAMPLE_VALIDATORS = {
    "check-digit": "{ algorithm: luhn, prefix: PUMP }",  # built where there is cargo
    "rate-of-change": "{ columns: { temperature: { per_minute_max: 30 } }, then: reject }",
    "rounded": None,
    "unit-plausibility": """{ then: convert, checks: [
        { column: temperature, unit: "°C", sent_in: "°F", min: -20, max: 60 } ] }""",
}
# What it remembers is shared by the cores, so that what one says depends on what the others saw.
SKIPPED = {"rate-of-change": {"determinism", "cores"}}
EXAMPLE_SINKS = {"ndjson-sink": "{ path: %s/readings.ndjson }", "tsv-drop": "{ directory: %s }"}
# What a sink does without a server that answers.
UNREACHABLE = {
    "postgres-sink": '{ url: "postgresql://postgres@127.0.0.1:1/none" }',
    "redis-sink": '{ url: "redis://127.0.0.1:1/0" }',
    "sqlite-sink": "{ path: /dev/null/none }",
}


def built_in(folder):
    return {name[:-3] for name in os.listdir(folder) if name.endswith(".so")}


class ShippedTest(unittest.TestCase):
    def check(self, name, options, folder=PLUGINS):
        report = checker.Report(os.path.join(folder, name + ".so"), options)
        self.assertEqual(report.status, 0, name + "\n" + report.failures())
        return report

    def check_sink(self, name, options):
        report = self.check(name, options)
        self.assertEqual(report.names("skipped"), set())
        self.assertGreater(report.document["rows_per_second"], 0)

    def test_each_has_its_test(self):
        self.assertEqual(built_in(PLUGINS), {*VALIDATORS, *UNREACHABLE})
        self.assertEqual(built_in(EXAMPLES) | {"check-digit"},
                         {*EXAMPLE_VALIDATORS, *EXAMPLE_SINKS})

    def test_validators(self):
        for name, options in VALIDATORS.items():
            with self.subTest(name):
                report = self.check(name, options)
                self.assertEqual(report.names("skipped"), set())
                self.check(name, None)

    def test_sqlite_sink(self):
        with tempfile.TemporaryDirectory() as folder:
            self.check_sink("sqlite-sink", "{ path: %s/readings.db }" % folder)

    def test_postgres_sink(self):
        with contextlib.ExitStack() as stack:
            url, _connection = own_stores.own_database(stack)
            self.check_sink("postgres-sink", '{ url: "%s" }' % url)

    def test_redis_sink(self):
        with contextlib.ExitStack() as stack:
            url, queue, _client = own_stores.own_queue(stack)
            self.check_sink("redis-sink", '{ url: "%s", queue: %s }' % (url, queue))

    def test_sinks_without_a_server(self):
        for name, options in UNREACHABLE.items():
            with self.subTest(name):
                report = self.check(name, options)
                self.assertEqual(report.checks["write"]["result"], "skipped")
                self.assertIn("it says so in time", report.checks["write"]["said"])
                self.assertEqual(report.checks["deadline"]["result"], "ok")

    def test_examples(self):
        for name in sorted(built_in(EXAMPLES)):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                options = EXAMPLE_VALIDATORS.get(name)
                if name in EXAMPLE_SINKS:
                    options = EXAMPLE_SINKS[name] % folder
                report = self.check(name, options, EXAMPLES)
                self.assertEqual(report.names("skipped"), SKIPPED.get(name, set()))


if __name__ == "__main__":
    unittest.main()
