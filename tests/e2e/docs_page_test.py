"""The documentation page in real headless Chromium: it shows the live document and sends requests,
from the binary's own assets alone."""
import json
import os
import re
import subprocess
import unittest

import browser
import e2e

SCREENSHOTS = os.path.join(e2e.BUILD, "tests", "screenshots")
INGEST = "#operations-sensors-ingest "


class Page(e2e.HostTest):
    def setUp(self):
        super().setUp()
        if not browser.CHROMIUM:
            self.skipTest("no chromium on this machine; ./test installs it")
        self.running = self.host(self.config()).start()
        self.origin = "http://127.0.0.1:%d/" % self.running.port
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        self.browser = browser.Browser(self.directory)
        self.addCleanup(self.browser.close)
        self.browser.open(self.origin + "docs")
        self.browser.wait("document.querySelectorAll('.opblock').length > 5", "it is rendered")

    def config(self):
        return "presets/embedded.yaml"

    def text(self, selector):
        return self.browser.evaluate("document.querySelector(%s).innerText" % json.dumps(selector))

    def readings_requests(self):
        return sum("/api/v1/sensors/" in url for url in self.browser.requests)

    def send(self, operation):
        """Opens an operation, sends what stands in its form, returns (status, body)."""
        browser, answer = self.browser, operation + ".live-responses-table tr.response "
        if not browser.evaluate("!!document.querySelector('%s.opblock-body')" % operation):
            browser.click(operation + ".opblock-summary-control")
        before = self.readings_requests()
        browser.click(operation + ".execute")
        browser.wait("!!document.querySelector('%s') && "
                     "!document.querySelector('%s .loading-container')" % (answer, operation),
                     "there is an answer")
        self.assertEqual(self.readings_requests(), before + 1)
        status = self.text(answer + ".response-col_status")
        body = self.text(answer + ".response-col_description pre")
        return int(status.split()[0]), json.loads(body)

    def assert_quiet_and_at_home(self):
        self.assertEqual(self.browser.console, [], "the page's console is silent")
        for url in self.browser.requests:
            self.assertTrue(url.startswith(self.origin), url)

    def screenshot(self, name, whole=False):
        path = os.path.join(SCREENSHOTS, name + ".png")
        self.browser.screenshot(path, whole)
        with open(path, "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")


class DocsPageTest(Page):
    def test_it_renders_the_live_document(self):
        page = self.text("#api")
        for text in ("/api/v1/sensors/ingest/batch", "/health/ready", "Send one reading",
                     "sensor-ingestion-service"):
            self.assertIn(text, re.sub("[\u200b\u00ad]", "", page))
        self.assertEqual(self.browser.evaluate("document.title"), "sensor-ingestion-service")
        self.screenshot("docs")
        self.assert_quiet_and_at_home()

    def test_a_request_is_sent_and_its_answer_shown(self):
        status, body = self.send(INGEST)
        self.assertEqual((status, body["status"]), (201, "received"))
        self.assertEqual(body["equipment_id"], "PUMP-HALL3-001")
        stored = self.client.get("/api/v1/sensors/PUMP-HALL3-001/latest").json
        self.assertEqual([reading["reading_id"] for reading in stored["readings"]],
                         [body["reading_id"]])
        self.screenshot("docs-tried", whole=True)
        self.assert_quiet_and_at_home()

    def test_what_is_filled_in_is_sent(self):
        self.browser.click(INGEST + ".opblock-summary-control")
        reading = e2e.reading(1, temperature=999)
        self.browser.type(INGEST + "textarea", json.dumps(reading))
        status, body = self.send(INGEST)
        self.assertEqual(status, 422)
        self.assertEqual(body["errors"][0]["field"], "temperature")
        # 422 is an error to the browser too, and its own line about that the only one.
        self.assertEqual(len(self.browser.console), 1, self.browser.console)
        self.assertIn("422", self.browser.console[0])

    def test_every_example_is_taken(self):
        for operation, status in (("ingestBatch", 201), ("explain", 200), ("latest", 200)):
            with self.subTest(operation):
                got, _ = self.send("#operations-sensors-%s " % operation)
                self.assertEqual(got, status)
        self.assert_quiet_and_at_home()

    def test_on_a_phone(self):
        self.browser.resize(375, 800)
        self.screenshot("docs-phone")
        status, _ = self.send(INGEST)
        self.assertEqual(status, 201)
        self.screenshot("docs-phone-tried", whole=True)
        # Nothing is wider than the screen, so nothing has to be moved aside to be read.
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 375)

    def test_nothing_comes_from_elsewhere(self):
        page = self.client.get("/docs")
        for reference in re.findall(r'(?:src|href)="([^"]+)"', page.body.decode()):
            self.assertNotIn("//", reference)
            asset = self.client.get("/" + reference)
            self.assertEqual(asset.status, 200, reference)
            self.assertGreater(len(asset.body), 0)
        policy = page.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        # The browser keeps to it.
        failed = self.browser.evaluate("fetch('http://127.0.0.1:1/').then(() => '', e => e.name)")
        self.assertEqual(failed, "TypeError")
        self.assertIn("violates the following Content Security Policy directive",
                      "".join(self.browser.console))


class DocsPageWithKeysTest(Page):
    def config(self):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            text = file.read()
        keys = os.path.join(self.directory, "keys")
        self.key = subprocess.run(
            [e2e.HOST_BINARY, "keys", "new", "page", "--scope", "ingest", "--file", keys],
            check=True, text=True, capture_output=True, timeout=e2e.PATIENCE).stdout.strip()
        return self.write("c.yaml", text.replace("\nhttp:\n",
                                                 "\nhttp:\n  auth: { keys: keys }\n"))

    def test_a_key_is_filled_in_and_shown_to_the_host(self):
        for field in ("auth-bearer-value", "api_key_value"):
            with self.subTest(field):
                self.assertEqual(self.send(INGEST)[0], 401)
                form = "form:has(#%s) " % field
                self.browser.click(".btn.authorize")
                self.screenshot("docs-key")
                self.browser.type(form + "input", self.key)
                self.browser.click(form + ".authorize")
                self.browser.click(".close-modal")
                self.assertEqual(self.send(INGEST)[0], 201)
                # It is gone with the page.
                self.browser.open(self.origin + "docs")
                self.browser.wait("document.querySelectorAll('.opblock').length > 5 && "
                                  "!document.querySelector('.opblock-body')", "it is a new page")
        for url in self.browser.requests:
            self.assertTrue(url.startswith(self.origin), url)
            self.assertNotIn(self.key, url)


if __name__ == "__main__":
    unittest.main()
