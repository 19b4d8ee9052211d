"""The SDK as outside teams get it: installed, found by CMake from a project outside of this tree,
and what it builds loaded by the installed host."""
import contextlib
import json
import os
import shutil
import subprocess
import unittest

import e2e

OUTSIDE = """
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES %s)
find_package(IngestPlugin 1.0 REQUIRED)
if(NOT EXISTS "${IngestPlugin_HOST}" OR NOT EXISTS "${IngestPlugin_RUST_CRATE}/Cargo.toml"
   OR NOT EXISTS "${IngestPlugin_EXAMPLES}/README.md")
  message(FATAL_ERROR "the package names what is not there")
endif()
%s
"""

CPP_SOURCE = """
#include <ingest/sdk/validator.hpp>
using namespace ingest::sdk;
class Limit {
public:
    Limit(Host, const Options& options, Schema schema)
        : temperature_(schema.column<double>("temperature")), max_(options.need<double>("/max")) {}
    void check(Row row) {
        const auto value = row.get(temperature_);
        if (value && *value > max_) row.reject(temperature_, "too_hot", "is too hot");
    }
private:
    Typed<double> temperature_;
    double max_;
};
INGEST_VALIDATOR(Limit, "limit-cpp", "1.0.0", "A limit.", R"({"kind": "validator",
    "options": [{"name": "max", "type": "number", "required": true}], "reads": ["temperature"],
    "issues": [{"code": "too_hot", "description": "Above max."}]})");
"""

C_SOURCE = """
#include <ingest/sdk/plugin.h>
#include <stdlib.h>
struct limit { int32_t column; double max; };
static int32_t create(const ingest_host *host, ingest_str json, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    ingest_reader options = ingest_read(host, json, error);
    struct limit *limit = malloc(sizeof *limit);
    limit->max = ingest_need_f64(&options, "/max");
    limit->column = ingest_need_column(schema, "temperature", "g", error);
    if (options.code != INGEST_OK || limit->column < 0) { free(limit); return INGEST_CONFIG; }
    *self = limit;
    return INGEST_OK;
}
static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    const struct limit *limit = self;
    (void)error;
    for (int64_t row = 0; row < ingest_rows_of(batch); ++row)
        if (ingest_has(batch, limit->column, row) &&
            ingest_f64(batch, limit->column, row) > limit->max)
            ingest_reject(report, row, limit->column, "too_hot", "is too hot");
    return INGEST_OK;
}
static const ingest_validator table = {sizeof table, 0, create, validate, free};
INGEST_EXPORT("limit-c", "1.0.0", "A limit.", "{\\"kind\\": \\"validator\\","
    "\\"options\\": [{\\"name\\": \\"max\\", \\"type\\": \\"number\\", \\"required\\": true}],"
    "\\"reads\\": [\\"temperature\\"],"
    "\\"issues\\": [{\\"code\\": \\"too_hot\\", \\"description\\": \\"Above max.\\"}]}",
    INGEST_VALIDATOR_ID, table)
"""


def run(*command, cwd=None, check=True):
    done = subprocess.run(command, text=True, capture_output=True, cwd=cwd,
                          timeout=e2e.PATIENCE * 4)
    if check and done.returncode != 0:
        raise AssertionError("%s:\n%s%s" % (" ".join(command), done.stdout, done.stderr))
    return done


class Installed(e2e.HostTest):
    """One installation for all tests: they only read it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.work = stack.enter_context(e2e.tempfile.TemporaryDirectory(prefix="ingest-sdk-"))
        cls.prefix = os.path.join(cls.work, "prefix")
        run("cmake", "--install", e2e.BUILD, "--prefix", cls.prefix)

    def build(self, source, check=True):
        """Configures and builds with what is installed; the directory with what came out."""
        build = os.path.join(self.directory, "build-" + os.path.basename(source))
        configured = run("cmake", "-S", source, "-B", build, "-G", "Ninja",
                         "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_PREFIX_PATH=" + self.prefix,
                         "-DINGEST_PLUGIN_OUTPUT_DIRECTORY=" + self.plugins(), check=check)
        if configured.returncode == 0:
            run("cmake", "--build", build)
        return configured

    def plugins(self):
        return os.path.join(self.directory, "plugins")

    def serve(self, config):
        """The installed host with what was built here, beside what is installed."""
        os.makedirs(self.plugins(), mode=0o755, exist_ok=True)
        host = self.host(config, {"PLUGIN_DIR": self.plugins()})
        host.binary = os.path.join(self.prefix, "bin/ingest-host")
        return host.start()

    def config(self, validators, sinks=""):
        """The installed preset for one machine, with more plugins in it."""
        with open(os.path.join(self.prefix, "share/ingest/presets/embedded.yaml")) as file:
            yaml = file.read()
        yaml = yaml.replace("validators:\n", "validators:\n" + validators) + sinks
        return self.write("config.yaml", yaml)

    def project(self, name, languages, lines, files):
        directory = os.path.join(self.directory, name)
        os.mkdir(directory)
        for path, text in {"CMakeLists.txt": OUTSIDE % (languages, lines), **files}.items():
            with open(os.path.join(directory, path), "w") as file:
                file.write(text)
        return directory

    def assert_limits(self, plugin):
        host = self.serve(self.config("  - { plugin: %s, options: { max: 30 } }\n" % plugin))
        with contextlib.closing(host.client()) as client:
            refused = client.ingest(e2e.reading(1, temperature=30.5))
            self.assertEqual(refused.status, 422, refused.body)
            self.assertEqual(refused.json["errors"][0]["code"], "too_hot")
            self.assertEqual(refused.json["errors"][0]["field"], "temperature")
            self.assertIn(client.ingest(e2e.reading(1, temperature=30)).status, (201, 202))


class InstallTest(Installed):
    def test_cpp_from_outside(self):
        self.build(self.project("cpp", "CXX", "ingest_add_plugin(NAME limit-cpp SOURCES limit.cpp)",
                                {"limit.cpp": CPP_SOURCE}))
        self.assert_limits("limit-cpp")

    def test_c_from_outside(self):
        self.build(self.project("c", "C", "ingest_add_plugin(NAME limit-c SOURCES limit.c)",
                                {"limit.c": C_SOURCE}))
        self.assert_limits("limit-c")

    def test_what_the_functions_are_told_wrongly(self):
        for call, expected in (
                ("ingest_add_plugin(NAME Limit SOURCES limit.c)", "has 1 to 64 of a-z, 0-9 and -"),
                ("ingest_add_plugin(NAME limit)", "SOURCES are needed"),
                ("ingest_add_rust_plugin(NAME limit)", "CRATE, the directory of Cargo.toml"),
                ("find_package(IngestPlugin 2.0 REQUIRED)", "version: 1")):
            with self.subTest(call):
                directory = self.project("p", "C", call, {"limit.c": C_SOURCE})
                configured = self.build(directory, check=False)
                shutil.rmtree(directory)
                self.assertNotEqual(configured.returncode, 0)
                self.assertIn(expected, " ".join(configured.stderr.split()))

    def test_the_component_alone_has_no_host(self):
        prefix = os.path.join(self.directory, "sdk")
        run("cmake", "--install", e2e.BUILD, "--prefix", prefix, "--component", "sdk")
        self.assertTrue(os.path.exists(os.path.join(prefix, "include/ingest/plugin.h")))
        self.assertFalse(os.path.exists(os.path.join(prefix, "bin/ingest-host")))
        self.assertFalse(os.path.exists(os.path.join(prefix, "lib")))

    def test_all_of_it_is_below_the_prefix(self):
        run("env", "DESTDIR=" + self.directory, "cmake", "--install", e2e.BUILD,
            "--prefix", "/opt/ingest")
        self.assertEqual(os.listdir(self.directory), ["opt"])
        self.assertEqual(os.listdir(os.path.join(self.directory, "opt")), ["ingest"])

    def test_every_shipped_plugin_and_preset_is_installed(self):
        listed = run(os.path.join(self.prefix, "bin/ingest-host"), "plugins").stdout
        for name in ("equipment-id", "range", "rules", "postgres-sink", "redis-sink",
                     "sqlite-sink"):
            self.assertRegex(listed, r"(?m)^%s \d" % name)
        for preset in os.listdir(os.path.join(e2e.SOURCE, "presets")):
            self.assertTrue(os.path.exists(os.path.join(self.prefix, "share/ingest/presets",
                                                        preset)), preset)
        self.assertTrue(os.path.exists(os.path.join(self.prefix, "share/ingest/config.yaml")))


class ExamplesTest(Installed):
    """All examples, built from where they are installed, in one running host."""

    def setUp(self):
        super().setUp()
        self.build(os.path.join(self.prefix, "share/ingest/examples"))

    def test_all_in_one_host(self):
        ndjson, drop = (os.path.join(self.directory, name) for name in ("out.ndjson", "drop"))
        os.mkdir(drop)
        rust = os.path.exists(os.path.join(self.plugins(), "check-digit.so"))
        if not rust:
            print("without check-digit: there is no cargo")
        host = self.serve(self.config("""
  - plugin: rounded
  - plugin: unit-plausibility
    options:
      then: convert
      checks:
        - { column: temperature, unit: "°C", sent_in: "°F", min: -20, max: 60 }
""" + ("  - { plugin: check-digit, options: { algorithm: luhn, prefix: CHECKED } }\n" if rust
       else "") + """
  - plugin: rate-of-change
    options: { columns: { humidity: { per_minute_max: 1 } }, then: reject }
""", """
  - { name: lines, plugin: ndjson-sink, options: { path: %s } }
  - { name: drop, plugin: tsv-drop, options: { directory: %s } }
""" % (ndjson, drop)))
        with contextlib.closing(host.client()) as client:
            def code_of(i, **changes):
                answer = client.ingest(e2e.reading(i, pressure=1.25, **changes))
                return answer.json["errors"][0]["code"] if answer.status == 422 else answer.status

            stored = (201, 202)
            rounded = client.ingest(e2e.reading(0, pressure=2))
            self.assertEqual(rounded.json["errors"][0]["code"], "rounded")
            self.assertIn(code_of(1, temperature=68, humidity=40), stored)
            # The same equipment, a second later, 20 % more humid.
            self.assertEqual(code_of(1, timestamp="2026-01-01T00:00:02Z", humidity=60), "too_fast")
            if rust:
                self.assertEqual(code_of(2, equipment_id="CHECKED-1-019"), "check_digit")
                self.assertIn(code_of(2, equipment_id="CHECKED-0-018"), stored)
        expected = 2 if rust else 1

        def delivered():
            with open(ndjson) as file:
                lines = file.read().splitlines()
            rows = []
            for name in os.listdir(drop):
                if name.endswith(".tsv"):
                    with open(os.path.join(drop, name)) as file:
                        rows += file.read().splitlines()
            return len(lines) == expected and len(rows) == expected and (lines, rows)

        e2e.poll(lambda: os.path.exists(ndjson) and delivered(), "both sinks have the readings")
        lines, rows = delivered()
        first = json.loads(lines[0])
        self.assertAlmostEqual(first["temperature"], 20, places=9)
        self.assertTrue(any(first["reading_id"] in row for row in rows), rows)


if __name__ == "__main__":
    unittest.main()
