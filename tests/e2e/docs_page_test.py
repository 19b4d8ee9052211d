"""The documentation page in real headless Chromium, from the binary's own assets alone."""
import os
import re
import shutil
import subprocess
import unittest

import e2e

CHROMIUM = shutil.which("chromium")


class DocsPageTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        if not CHROMIUM:
            self.skipTest("no chromium on this machine; ./test installs it")
        self.running = self.host().start()
        self.url = "http://127.0.0.1:%d/docs" % self.running.port

    def browse(self, *words):
        return subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=20000",
             "--user-data-dir=" + os.path.join(self.directory, "chromium"), *words, self.url],
            capture_output=True, text=True, timeout=4 * e2e.PATIENCE)

    def test_it_renders_the_live_document(self):
        page = self.browse("--dump-dom")
        for text in ("/api/v1/sensors/ingest/batch", "/health/ready", "Send one reading",
                     "sensor-ingestion-service"):
            self.assertIn(text, page.stdout)
        console = [line for line in page.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(console, [], "the page's console is silent")

    def test_nothing_comes_from_elsewhere(self):
        client = self.running.client()
        self.addCleanup(client.close)
        page = client.get("/docs").body.decode()
        for reference in re.findall(r'(?:src|href)="([^"]+)"', page):
            self.assertNotIn("//", reference)
            asset = client.get("/" + reference)
            self.assertEqual(asset.status, 200, reference)
            self.assertGreater(len(asset.body), 0)
        self.assertIn("default-src 'self'", client.get("/docs").headers["Content-Security-Policy"])


if __name__ == "__main__":
    unittest.main()
