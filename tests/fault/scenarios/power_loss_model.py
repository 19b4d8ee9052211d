"""The log beside a simple reference on a file system that forgets what was not synced."""
import os
import re
import subprocess

import e2e
from harness import Skip, expect

SUMMARY = "the log against a reference on a disk that forgets what was not synced; cycles: seeds"
# ./test has its 500 seeds already: the unit test spool_model_test.
SHORT = {"cycles": 100}
LONG = {"cycles": 10000}


def run(fault):
    binary = os.path.join(e2e.BUILD, "tests", "spool_model_test")
    if not os.path.exists(binary):
        raise Skip("there is no %s: build the target spool_model_test" % binary)
    done = subprocess.run([binary], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "INGEST_SEEDS": str(fault.cycles)})
    seed = re.search(r"INGEST_SEED=(\d+)", done.stdout)
    again = "INGEST_SEED=%s %s" % (seed[1], binary) if seed else "of an unknown seed"
    expect(done.returncode == 0, "exit status %d, play it again: %s\n%s"
           % (done.returncode, again, done.stdout[-8000:]))
    fault.figures["checked"] = fault.cycles
