"""Every plugin that is wrong on purpose fails the checks that are about its fault, and no other."""
import concurrent.futures
import os
import unittest

import checker
import e2e

FOLDER = os.path.join(checker.BUILD, "tests", "faulty")

# Plugin -> the checks that it fails, and the essential words of each.
EXPECTED = {
    # tests/unit/plugin/faulty/faulty.c
    "no-entry": {"exports": "does not export ingest_plugin_entry_v1"},
    "returns-null": {"handshake": "cannot run here"},
    "size-zero": {"handshake": "struct_size of 0 bytes"},
    "newer-host": {"handshake": "plugin ABI 1.99 or later"},
    "other-name": {"handshake": "holds the plugin 'another'"},
    "bad-manifest": {"manifest": "not a JSON object", "unknown-interfaces": "has a table for"},
    "no-table": {"interfaces": "has not got that interface"},
    "null-function": {"unknown-interfaces": "has a table for", "interfaces": "lacks a function"},
    "undefined-symbol": {"undefined-symbols": "nobody_has_this"},
    # tests/unit/plugin/faulty/crashing.cpp, built without hiding anything
    "crashing": {"exports": "exports more than its entry symbol",
                 "options": "create let an exception out"},
    "entry-throws": {"exports": "std::", "loading": "threw an exception across the ABI: not today"},
    "get-interface-throws": {"exports": "std::",
                             "unknown-interfaces": "get_interface let an exception out",
                             "interfaces": "get_interface threw an exception"},
    # handshake.c
    "any-interface": {"unknown-interfaces": "has a table for", "interfaces": "struct_size"},
    "changes-its-mind": {"description": "describes another plugin"},
    "reserved-set": {"interfaces": "7 in `reserved`"},
    "size-huge": {"handshake": "struct_size of 1073741824"},
    # symbols.c, exports_spdlog.cpp
    "executable-stack": {"executable-stack": "asks for an executable stack"},
    "exports-pqexec": {"exports": "PQexec"},
    "needs-missing-library": {"needed-libraries": "libingest-missing-library"},
    "exports-spdlog": {"exports": "spdlog::info"},
    # throws.cpp
    "sink-throws": {"write": "let an exception out"},
    "throws-in-create": {"create": "create let an exception out"},
    "throws-in-destroy": {"create": "destroy let an exception out"},
    "throws-int": {"one-row": "validate let an exception out"},
    # process.c
    "catches-signal": {"create-effects": "SIGTERM is now ignored"},
    "changes-directory": {"create-effects": "the working directory is now /"},
    "changes-environment": {"create-effects": "the environment's TZ was changed"},
    "changes-locale": {"create-effects": "the locale is now"},
    "changes-umask": {"create-effects": "the umask is now 0"},
    "crashes-on-loading": {"loading": "SIGABRT"},
    "divides-by-option": {"options": "SIGFPE in create with these options: option 'divisor'"},
    "leaks": {"create-many": "the memory grew by 65"},
    "leaks-fd": {"create-effects": "/dev/null and was left open",
                 "create-many": "the number of descriptors grew"},
    "leaves-thread": {"create-effects": "1 thread runs that it started",
                      "create-many": "the number of threads grew"},
    "prints-on-loading": {"output": "during `loading`"},
    "quits-on-loading": {"loading": "status 3"},
    "needs-column": {"missing-columns": "it used a null pointer",
                     "renamed-columns": "it used a null pointer"},
    "says-nothing": {"options": "returned CONFIG and gave no reason"},
    "slow-create": {"create": "create takes 2."},
    "slow-loading": {"loading": "loading it takes 2."},
    "writes-to-stdout": {"output": "hello"},
    # validate.c
    "aborts": {"one-row": "SIGABRT in validate with 1 row"},
    "crashes-on-null": {"nulls": "SIGABRT"},
    "divides-by-rows": {"empty-batch": "SIGFPE"},
    "exits": {"one-row": "ended the process with status 3"},
    "garbage-code": {"one-row": "returned 4711, which is no code of the ABI"},
    "leaks-in-validate": {"validate-many": "the memory grows by 4"},
    "reads-before-start": {"guard-pages": "it read in front of the values of column 'temperature'"},
    "reads-past-end": {"guard-pages": "it read past the end of the values of column 'temperature'"},
    "remembers-trial": {"trial": "a trial batch is remembered"},
    "row-minus-one": {"report": "issue: row -1 of 100"},
    "row-too-high": {"report": "issue: row 100 of 100"},
    "rows-on-stack": {"many-rows": "the stack is used up"},
    "segfault": {"one-row": "SIGSEGV in validate with 1 row"},
    "short-buffer": {"texts": "it was killed by"},
    "sleeps": {"one-row": "validate takes 5"},
    "stack-overflow": {"one-row": "the stack is used up"},
    "undeclared-code": {"report": "code that the manifest does not list: surprise"},
    "unstable-verdict": {"determinism": "the same batch gets another verdict"},
    "writes-into-batch": {"guard-pages": "it wrote to the values of column 'temperature'"},
    "writes-undeclared-column": {"report": "'equipment_id' is not in the manifest's writes"},
    # ends.c
    "crashes-in-create": {"create": "SIGSEGV"},
    "crashes-in-destroy": {"create": "SIGSEGV"},
    "exits-on-loading": {"loading": "status 0"},
    "hangs-in-create": {"create": "was not finished"},
    "hangs-in-destroy": {"create": "was not finished"},
    "sink-crashes-in-flush": {"flush": "SIGSEGV"},
    "sink-hangs-in-health": {"health": "was not finished", "struct-sizes": "was not finished"},
    # sink.c
    "flush-rejects": {"flush": "flush returned REJECT, which is not for it"},
    "garbage-health": {"health": "the state 42"},
    "hanging-sink": {"write": "was not finished in 8 s in the first write"},
    "health-waits": {"health": "it waits for something"},
    "sink-ignores-deadline": {"write": "was not finished in 8 s in the first write"},
    "sink-not-idempotent": {"write-again": "REJECT: duplicate key"},
    "sink-says-garbage": {"write": "returned -5"},
    "sink-says-nothing": {"write": "returned RETRY and gave no reason"},
    "slow-sink-create": {"create": "create takes 2."},
}
# What a build with a sanitizer sees otherwise: there, checks have eight times the patience and the
# stack (host/conformance/patience.h), and AddressSanitizer ends the process before a signal does.
NOT_SANITIZED = {"slow-create", "slow-loading", "slow-sink-create", "health-waits", "hanging-sink",
                 "sink-ignores-deadline", "rows-on-stack", "short-buffer"}
# Faults that wait for a reading of equipment CRASH..., or for the end of the process: no check can
# know of them. tests/e2e/plugin_faults_test.py has them in a running host.
OUT_OF_REACH = {"crashes-in-thread", "exits-in-thread", "hangs", "hangs-at-exit", "sink-crashes",
                "sink-exits"}


class FaultyTest(unittest.TestCase):
    def test_each_is_in_the_table(self):
        built = {name[:-3] for name in os.listdir(FOLDER) if name.endswith(".so")}
        self.assertEqual(built, set(EXPECTED) | OUT_OF_REACH)

    def test_each_fails_what_is_due(self):
        left = NOT_SANITIZED if e2e.sanitizer() else set()
        if left:
            print("skipped, the sanitizer sees them otherwise: " + ", ".join(sorted(left)))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            reports = {name: pool.submit(checker.Report, os.path.join(FOLDER, name + ".so"))
                       for name in EXPECTED if name not in left}
            for name, report in reports.items():
                with self.subTest(name):
                    self.hold(report.result(), EXPECTED[name])

    def hold(self, report, expected):
        self.assertEqual(report.names("failed"), set(expected), report.failures())
        for check, words in expected.items():
            self.assertIn(words, report.checks[check]["said"])
            self.assertTrue(report.checks[check]["fix"])
        self.assertEqual(report.status, 1)


if __name__ == "__main__":
    unittest.main()
