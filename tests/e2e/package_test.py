"""The Debian package: what is in it, and that what it installs serves."""
import glob
import os
import re
import shutil
import subprocess
import unittest

import e2e

# What an installed host has; paths in the package.
FILES = {"/etc/ingest/config.yaml", "/lib/systemd/system/ingest-host.service",
         "/usr/bin/ingest-host", "/usr/share/ingest/config.yaml",
         "/usr/share/ingest/presets/embedded.yaml"}
# Where an operator's documents are; they name each other as in the repository.
DOCUMENTS = "/usr/share/doc/ingest-host"
READ = ("README.md", "deploy/README.md", *("docs/%s.md" % name for name in (
    "OPERATIONS", "RELIABILITY", "SECURITY", "configuration", "metrics", "tracing")))
PLUGINS = {"/usr/lib/ingest/plugins/%s.so" % name for name in (
    "equipment-id", "postgres-sink", "range", "redis-sink", "rules", "sqlite-sink")}


@unittest.skipIf(e2e.sanitizer(), "a package of a build with a sanitizer is nobody's")
class PackageTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
            if shutil.which(tool) is None:
                self.skipTest("%s is not installed" % tool)

    def run_tool(self, *words):
        done = subprocess.run(words, cwd=self.directory, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def assert_links_hold(self, root, document):
        """Those of a packaged document to files; README.md has links to sources too."""
        folder = os.path.join(root + DOCUMENTS, os.path.dirname(document))
        with open(os.path.join(root + DOCUMENTS, document)) as file:
            links = set(re.findall(r"\]\((?!https?:)([^)#]+)", file.read()))
        self.assertTrue(links, document)
        for link in sorted(links):
            path = os.path.normpath(os.path.join(folder, link))
            if os.path.islink(path):  # absolute: of the installed package
                path = root + os.readlink(path)
            self.assertTrue(os.path.exists(path), "%s: %s" % (document, link))

    def test_the_package(self):
        self.run_tool("cpack", "--config", os.path.join(e2e.BUILD, "CPackConfig.cmake"),
                      "-B", self.directory)
        package, = [name for name in os.listdir(self.directory) if name.endswith(".deb")]
        self.assertRegex(package, r"^ingest-host_[0-9.]+_[a-z0-9]+\.deb$")
        root = os.path.join(self.directory, "root")
        self.run_tool("dpkg-deb", "--extract", package, root)
        found = {os.path.join(folder, name)[len(root):]
                 for folder, _, names in os.walk(root) for name in names}
        self.assertLessEqual(FILES | PLUGINS, found)
        for folder in ("grafana", "prometheus", "systemd"):
            shipped = glob.glob(os.path.join(e2e.SOURCE, "deploy", folder, "*"))
            self.assertTrue(shipped)
            self.assertLessEqual({"/usr/share/ingest/%s/%s" % (folder, os.path.basename(path))
                                  for path in shipped}, found)
        self.assertLessEqual({os.path.join(DOCUMENTS, name) for name in READ}, found)
        for document in ("docs/OPERATIONS.md", "deploy/README.md"):
            self.assert_links_hold(root, document)
        self.assertFalse([name for name in found if name.endswith((".h", ".a", ".rs"))])
        self.assertEqual(self.run_tool("dpkg-deb", "--info", package, "conffiles").split(),
                         ["/etc/ingest/config.yaml"])
        needs = self.run_tool("dpkg-deb", "--field", package, "Depends")
        for library in ("libc6", "libpq5", "libssl3", "libyaml-cpp0.7"):
            self.assertIn(library, needs)
        host = self.host(os.path.join(root, "etc/ingest/config.yaml"),
                         {"PLUGIN_DIR": os.path.join(root, "usr/lib/ingest/plugins")})
        host.binary = os.path.join(root, "usr/bin/ingest-host")
        client = host.start().client()
        self.addCleanup(client.close)
        self.assertIn(client.ingest(e2e.reading()).status, (201, 202))
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    unittest.main()
