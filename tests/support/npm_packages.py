"""Packages of the npm registry that a test needs, exactly as its lock file says, in the build
directory. No script of a package is run."""
import os
import shutil
import subprocess
import unittest

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH",
               "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT")


def installed(source, build, name):
    """A copy of the directory `source`, with what its lock file names in node_modules."""
    directory = os.path.join(build, "tests", name)
    os.makedirs(directory, exist_ok=True)
    lock = os.path.join(source, "package-lock.json")
    # Written last, so it is there when all of it is.
    stamp = os.path.join(directory, "installed.json")
    for file in os.listdir(source):
        shutil.copy(os.path.join(source, file), directory)
    if same(lock, stamp):
        return directory
    for program in ("npm", "node"):
        if not shutil.which(program):
            raise unittest.SkipTest("no %s on this machine; ./test installs it" % program)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
         "--fetch-retries=1"], cwd=directory, text=True, capture_output=True, timeout=300)
    output = done.stdout + done.stderr
    if done.returncode != 0 and any(word in output for word in UNREACHABLE):
        raise unittest.SkipTest("the npm registry cannot be reached: " + output.strip()[:300])
    if done.returncode != 0:
        raise AssertionError("npm ci failed:\n" + output)
    shutil.copy(lock, stamp)
    return directory


def same(one, other):
    if not os.path.exists(other):
        return False
    with open(one, "rb") as a, open(other, "rb") as b:
        return a.read() == b.read()
