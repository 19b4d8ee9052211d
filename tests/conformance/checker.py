"""Runs ingest-check, as these tests do it."""
import json
import os
import subprocess

BUILD = os.environ["INGEST_BUILD_DIR"]
SOURCE = os.environ["INGEST_SOURCE_DIR"]
SANITIZER = os.environ.get("INGEST_SANITIZE", "")
BINARY = os.path.join(BUILD, "bin", "ingest-check")
# Each check has a limit of its own; under sanitizers all of them take several times as long.
PATIENCE = 900


def run(*words, **settings):
    return subprocess.run([BINARY, *words], text=True, capture_output=True, timeout=PATIENCE,
                          **settings)


class Report:
    """What ingest-check says of a plugin, by check."""

    def __init__(self, file, options=None, **settings):
        words = [file, "--json"] + (["--options", options] if options else [])
        done = run(*words, **settings)
        if done.returncode not in (0, 1):
            raise AssertionError("ingest-check %s: status %d\n%s" % (
                " ".join(words), done.returncode, done.stderr))
        self.status = done.returncode
        self.document = json.loads(done.stdout)
        self.checks = {check["name"]: check for check in self.document["checks"]}

    def names(self, result):
        return {name for name, check in self.checks.items() if check["result"] == result}

    def failures(self):
        return "\n".join("%s: %s" % (name, self.checks[name]["said"])
                         for name in sorted(self.names("failed")))
