"""The JSON Schema of the configuration, as a validator of the public understands it."""
import json
import os
import re
import subprocess
import unittest

import e2e

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

FILES = ("config.yaml", "presets/embedded.yaml", "presets/postgres.yaml",
         "presets/postgres-redis.yaml", "presets/redis.yaml", "bench/front.yaml",
         "plugin-api/templates/sink.yaml", "plugin-api/templates/validator.yaml")

# Broken configurations whose fault lies in what one setting asks of another, in an expression, in
# a key that is there twice, or in a text that has to be taken apart.
BEYOND_A_SCHEMA = {
    "ack_without_storage", "auth_lets_nobody_in", "auth_tokens_unsaid", "cors_commas",
    "cors_json", "cors_with_path", "duplicate_key", "duration_out_of_range", "duration_overflow",
    "empty_variable_with_message", "expression_forms", "expression_nested", "expression_open",
    "in_flight_below_body", "message_left_out", "retry_order", "secret_file_missing",
    "share_below_body",
    "sink_name_taken", "sink_names_twice", "spool_below_four_segments", "storage_far",
    "storage_unknown", "trusted_proxies_in_a_text", "unset_variable",
    "value_from_outside_is_not_shown",
    "value_in_a_list_is_not_shown",
}


def broken_configurations():
    """(name, YAML) of tests/unit/config/broken.txt, completed as broken_test.cpp does."""
    with open(os.path.join(e2e.SOURCE, "tests/unit/config/broken.txt")) as file:
        sections = re.split(r"(?m)^=== ", file.read())[1:]
    for section in sections:
        name, text = section.split("\n", 1)
        text = text.split("\n---\n", 1)[0] + "\n"
        if not name.endswith(" alone"):
            if not re.search(r"(?m)^reading:", text):
                text += "reading: { fields: { t: { type: double } } }\n"
            if not re.search(r"(?m)^sinks:", text):
                text += "sinks: [ { name: db, plugin: demo } ]\n"
        yield name.removesuffix(" alone"), text


@unittest.skipUnless(jsonschema, "no python3-jsonschema or python3-yaml here; ./test installs them")
class SchemaTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        host = self.host()
        done = subprocess.run([e2e.HOST_BINARY, "schema"], text=True, capture_output=True,
                              env=host.full_environment(), timeout=e2e.PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        schema = json.loads(done.stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)

    def faults(self, text):
        """What an editor would mark: each a path and what is wrong there."""
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            return ["not YAML: " + str(error)]
        return ["%s: %s" % (error.json_path, error.message[:200])
                for error in self.validator.iter_errors(document)]

    def test_files_that_ship_pass(self):
        for name in FILES:
            with self.subTest(name), open(os.path.join(e2e.SOURCE, name)) as file:
                self.assertEqual(self.faults(file.read()), [])

    def test_examples_of_the_documents_pass(self):
        example, = e2e.blocks("README.md", "yaml", "Configuration by example")
        self.assertEqual(self.faults(example), [])
        parts = e2e.blocks("docs/configuration.md", "yaml", "Keys")
        self.assertGreater(len(parts), 0)
        for part in parts:
            with self.subTest(part):
                self.assertEqual(self.faults(part + example), [])

    def test_what_is_printed_passes(self):
        host = self.host()
        for name in FILES[:5]:
            with self.subTest(name):
                done = subprocess.run(
                    [e2e.HOST_BINARY, "check", "--print", "--config",
                     os.path.join(e2e.SOURCE, name)], text=True, capture_output=True,
                    env={**host.full_environment(), "DATABASE_URL": "postgresql://u:p@h/d",
                         "REDIS_URL": "redis://h"}, timeout=e2e.PATIENCE)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.faults(done.stdout), [])

    def test_broken_configurations_are_refused(self):
        refused = set()
        for name, text in broken_configurations():
            if self.faults(text):
                refused.add(name)
            else:
                self.assertIn(name, BEYOND_A_SCHEMA, text)
        self.assertGreaterEqual(len(refused), 60)
        self.assertEqual(refused & BEYOND_A_SCHEMA, set(), "a schema knows of these after all")

    def test_every_way_to_write_a_value_passes(self):
        rest = "reading: { fields: { t: { type: double } } }\n" \
               "sinks: [ { name: db, plugin: demo } ]\n"
        for text in ("http: { port: '8001' }", "http: { port: +5 }", "http: { port: \"${PORT}\" }",
                     "http: { rate_limit: { enabled: 'ON' } }",
                     "http: { rate_limit: { enabled: 0 } }", "log: { level: debug }",
                     "http: { limits: { body_bytes: 4096, header_bytes: '512 B' } }",
                     "query: { timeout: 500ms }", "http:", "http: { tls: , auth: , cors: }",
                     "http: { cors: { origins: '[\"https://a.org\"]' } }",
                     "http: { trusted_proxies: 10.0.0.0/8 }", "service: { environment: 2024 }",
                     "validators:", "plugin_dirs: []", "admin: { port: 0 }"):
            with self.subTest(text):
                self.assertEqual(self.faults(text + "\n" + rest), [])
                path = self.write("way.yaml", text + "\n" + rest)
                done = subprocess.run([e2e.HOST_BINARY, "check", "--config", path], text=True,
                                      capture_output=True, timeout=e2e.PATIENCE,
                                      env={**self.host().full_environment(), "PORT": "1"})
                self.assertEqual(re.findall(r"way\.yaml:.*", done.stderr)[1:], [],
                                 "the host minds the plugin demo alone")

    def test_options_of_plugins_are_known(self):
        def options(plugin, text, kind="sinks"):
            return self.faults(
                "reading: { fields: { t: { type: double } } }\n" +
                ("validators: [ { plugin: %s, options: { %s } } ]\n"
                 "sinks: [ { name: db, plugin: demo } ]\n" if kind == "validators" else
                 "sinks: [ { name: db, plugin: %s, options: { %s } } ]\n") % (plugin, text))
        self.assertEqual(options("sqlite-sink", "path: x"), [])
        self.assertEqual(options("sqlite-sink", "path: x, busy_timeout_ms: '5'"), [])
        self.assertEqual(options("sqlite-sink", "path: x, busy_timeout_ms: \"${X}\""), [])
        self.assertEqual(options("not-known-here", "whatever: [ 1 ]"), [])
        self.assertEqual(options("range", "t: { min: 1.5 }", "validators"), [])
        for plugin, text, kind in (("sqlite-sink", "", "sinks"),
                                   ("sqlite-sink", "path: x, tabel: y", "sinks"),
                                   ("sqlite-sink", "path: [ x ]", "sinks"),
                                   ("sqlite-sink", "path: x, busy_timeout_ms: -1", "sinks"),
                                   ("sqlite-sink", "path: x, busy_timeout_ms: soon", "sinks"),
                                   ("range", "t: { least: 1 }", "validators"),
                                   ("range", "t: { min: warm }", "validators")):
            with self.subTest(plugin + " " + text):
                self.assertNotEqual(options(plugin, text, kind), [])

    def test_a_plugin_that_cannot_be_used_is_told_and_left_out(self):
        os.mkdir(os.path.join(self.directory, "p"))
        self.write(os.path.join("p", "broken.so"), "no library")
        done = subprocess.run([e2e.HOST_BINARY, "schema", "--dir",
                               os.path.join(self.directory, "p")], text=True,
                              capture_output=True, env=self.host().full_environment(),
                              timeout=e2e.PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertIn("without the options of broken, which cannot be used: ", done.stderr)
        self.assertIn('"const": "sqlite-sink"', done.stdout)


if __name__ == "__main__":
    unittest.main()
