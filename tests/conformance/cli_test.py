"""The command line of ingest-check."""
import json
import os
import subprocess
import tempfile
import unittest

import checker

RANGE = os.path.join(checker.BUILD, "plugins", "range.so")


class CliTest(unittest.TestCase):
    def assert_refused(self, words, *expected):
        # As a document, because lines of checks that need no options come before they are read.
        done = checker.run("--json", *words)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        for text in expected:
            self.assertIn(text, done.stderr)

    def test_help_names_every_option_and_status(self):
        done = checker.run("--help")
        self.assertEqual(done.returncode, 0)
        for text in ("--options YAML", "--options @FILE", "--json", "Exit status: 0"):
            self.assertIn(text, done.stdout)

    def test_wrong_usage(self):
        self.assert_refused([], "which plugin?", "--help")
        self.assert_refused(["/nowhere/x.so"], "there is no file /nowhere/x.so")
        self.assert_refused([RANGE, "--jsn"], "there is no option --jsn")
        self.assert_refused([RANGE, RANGE], "one plugin at a time")
        self.assert_refused([RANGE, "--options"], "needs YAML or @FILE")
        self.assert_refused([RANGE, "--options", "{}", "--options={}"], "twice")

    def test_wrong_options_have_their_place(self):
        self.assert_refused([RANGE, "--options", "{ temperature: 5 }"],
                            "--options:1:16: options.temperature: found \"5\"")
        self.assert_refused([RANGE, "--options", "[1]"], "give a map")
        self.assert_refused([RANGE, "--options", "{ a: { min: \"${NOT_SET_HERE}\" } }"],
                            "NOT_SET_HERE")
        self.assert_refused([RANGE, "--options", "@/nowhere/o.yaml"], "/nowhere/o.yaml")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("temperature:\n  min: low\n")
            file.flush()
            self.assert_refused([RANGE, "--options", "@" + file.name], file.name + ":2:8: ")

    def test_options_from_a_file_and_the_environment(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("temperature: { max: \"${CHECK_TEST_MAX}\" }\n")
            file.flush()
            report = checker.Report(RANGE, "@" + file.name,
                                    env={**os.environ, "CHECK_TEST_MAX": "30"})
        self.assertEqual(report.status, 0, report.failures())

    def test_lines_and_documents_tell_the_same(self):
        faulty = os.path.join(checker.BUILD, "tests", "faulty", "size-zero.so")
        lines = checker.run(faulty)
        self.assertEqual(lines.returncode, 1, lines.stdout)
        self.assertRegex(lines.stdout, r"(?m)^FAILED   handshake +.*struct_size of 0 bytes")
        self.assertRegex(lines.stdout, r"(?m)^         what to do: ")
        self.assertRegex(lines.stdout, r"(?m)^skipped  manifest +needs `handshake`$")
        report = checker.Report(faulty)
        self.assertEqual(len(report.checks), report.document["ok"] + report.document["failed"] +
                         report.document["skipped"])
        self.assertIn("%d checks: %d ok, 1 failed" % (len(report.checks), report.document["ok"]),
                      lines.stdout)

    def test_what_needs_options_is_skipped_and_told(self):
        report = checker.Report(os.path.join(checker.BUILD, "plugins", "sqlite-sink.so"))
        self.assertEqual(report.status, 0, report.failures())
        self.assertIn("path: give --options", report.checks["create"]["said"])
        self.assertEqual(report.checks["write"]["result"], "skipped")

    def test_a_file_that_others_may_change(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "range.so")
            subprocess.run(["cp", RANGE, copy], check=True)
            os.chmod(copy, 0o666)
            report = checker.Report(copy)
            self.assertEqual(report.names("failed"), {"file"})
            self.assertIn("can be written by others", report.checks["file"]["said"])
            os.chmod(copy, 0o644)
            os.symlink(copy, os.path.join(folder, "other.so"))
            self.assertIn("not a regular file", checker.Report(
                os.path.join(folder, "other.so")).checks["file"]["said"])
            with open(os.path.join(folder, "text.so"), "w", encoding="utf-8") as file:
                file.write("no library")
            os.chmod(file.name, 0o644)
            self.assertIn("no ELF file", checker.Report(file.name).checks["file"]["said"])

    def test_every_check_is_in_the_documentation(self):
        with open(os.path.join(checker.SOURCE, "docs", "plugin-check.md"),
                  encoding="utf-8") as file:
            text = file.read()
        names = set()
        for plugin in ("range", "sqlite-sink"):
            names |= set(checker.Report(
                os.path.join(checker.BUILD, "plugins", plugin + ".so")).checks)
        self.assertEqual({name for name in names if "`%s`" % name not in text}, set())


class JsonTest(unittest.TestCase):
    def test_the_document(self):
        done = checker.run(RANGE, "--json")
        document = json.loads(done.stdout)
        self.assertEqual(document["plugin"], "range")
        self.assertEqual(document["kind"], "validator")
        self.assertGreater(document["rows_per_second"], 0)
        for check in document["checks"]:
            self.assertIn(check["result"], ("ok", "failed", "skipped"))
            self.assertTrue(check["said"], check)


if __name__ == "__main__":
    unittest.main()
