"""Two source trees, each built and served in turn against the same stores.

Import this only below tests/support/stores, with tests/support in sys.path.
"""
import os
import subprocess
import tempfile

import e2e

from . import serving

ROOT = e2e.SOURCE


class Failed(Exception):
    pass


class Tree:
    """`name` is what tables call it."""

    def __init__(self, name, root):
        self.name = name
        self.root = root

    def build(self):
        # The same file in another tree is the same to the compiler's cache.
        environment = {**os.environ, "CCACHE_NOHASHDIR": "1", "CCACHE_BASEDIR": self.root}
        if subprocess.run(["./run", "--build"], cwd=self.root, env=environment,
                          stdin=subprocess.DEVNULL).returncode:
            raise Failed("%s does not build" % self.name)

    def config(self, preset):
        path = os.path.join(self.root,
                            "config.yaml" if preset == "full" else "presets/%s.yaml" % preset)
        if not os.path.exists(path):
            raise Failed("%s has no %s" % (self.name, os.path.relpath(path, self.root)))
        return path

    def served(self, preset):
        return serving.served(self.name, os.path.join(self.root, "build", "release"),
                              self.config(preset))


def work_tree():
    return Tree("work tree", ROOT)


def exported(commit):
    """The commit's files, in build/compare/HASH, where they stay for the next time."""
    found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", commit + "^{commit}"],
                           cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if found.returncode:
        raise Failed("there is no commit %s" % commit)
    whole = found.stdout.strip()
    root = os.path.join(ROOT, "build", "compare", whole)
    if not os.path.exists(root):
        os.makedirs(os.path.dirname(root), exist_ok=True)
        # Renamed when it is complete: an export that was stopped is not taken for one.
        with tempfile.TemporaryDirectory(dir=os.path.dirname(root)) as directory:
            partial = os.path.join(directory, "tree")
            os.mkdir(partial)
            with subprocess.Popen(["git", "archive", whole], cwd=ROOT,
                                  stdout=subprocess.PIPE) as archive:
                subprocess.run(["tar", "x", "-C", partial], stdin=archive.stdout, check=True)
            if archive.returncode:
                raise Failed("git archive %s failed" % whole)
            os.rename(partial, root)
    return Tree(whole[:10], root)
