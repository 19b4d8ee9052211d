"""Rate limits by address, by key and behind a proxy, of requests and of readings."""
import contextlib
import os
import subprocess
import unittest

import e2e


class RateLimit(e2e.HostTest):
    def limited_host(self, section, more="", **environment):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            before, after = file.read().split("  rate_limit:\n")
        after = after[after.index("\nreading:"):]
        config = self.write("config.yaml", before + "  rate_limit: %s\n" % section + more + after)
        return self.host(config, {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins"),
                                  **environment}).start()

    def test_default_and_environment(self):
        host = self.host(environment={"RATE_LIMIT_ENABLED": "true",
                                      "PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")}).start()
        with contextlib.closing(host.client()) as client:
            first = client.ingest(e2e.reading())
            self.assertEqual(first.status, 201)
            self.assertEqual(first.headers["RateLimit-Policy"], '"requests";q=100;w=60')
            self.assertRegex(first.headers["RateLimit"], r'^"requests";r=99;t=\d+$')
        host.stop()
        host.environment["RATE_LIMIT_PER_MINUTE"] = "1"
        host.start()
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 201)
            refused = client.ingest(e2e.reading())
            self.assertEqual(refused.status, 429)
            self.assertIn(int(refused.headers["Retry-After"]), range(1, 61))
            self.assertTrue(refused.headers["RateLimit"].startswith('"requests";r=0;t='))

    def test_readings(self):
        host = self.limited_host("{ enabled: yes, per_minute: 50, readings_per_minute: 3 }")
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.batch([e2e.reading(i) for i in range(5)]).status, 201)
            refused = client.ingest(e2e.reading())
            self.assertEqual(refused.status, 429)
            self.assertIn("too many readings", refused.json["detail"])
            latest = client.get("/api/v1/sensors/PUMP-A0-000/latest")
            self.assertEqual(latest.status, 200, "questions bring no readings")

    def test_behind_a_proxy(self):
        host = self.limited_host("{ enabled: yes, per_minute: 1 }",
                                 TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8")
        with contextlib.closing(host.client()) as client:
            def status(forwarded):
                return client.ingest(e2e.reading(),
                                     headers={"X-Forwarded-For": forwarded}).status

            self.assertEqual((status("203.0.113.1"), status("203.0.113.1")), (201, 429))
            self.assertEqual(status("203.0.113.2"), 201)
            self.assertEqual(status("198.51.100.9, 203.0.113.2, 10.0.0.7"), 429)

    def test_keys_are_counted_for_themselves(self):
        keys = os.path.join(self.directory, "keys")
        made = [subprocess.run([e2e.HOST_BINARY, "keys", "new", name, "--scope", "ingest",
                                "--file", keys], text=True, capture_output=True, check=True
                               ).stdout.strip() for name in ("a", "b")]
        host = self.limited_host("{ enabled: yes, per_minute: 1 }", "  auth: { keys: keys }\n")
        with contextlib.closing(host.client()) as client:
            def status(key):
                return client.ingest(e2e.reading(), headers={"X-API-Key": key}).status

            self.assertEqual([status(key) for key in (made[0], made[1], made[0], made[1])],
                             [201, 201, 429, 429])
            self.assertEqual((status("wrong"), status("wrong")), (401, 429),
                             "who guesses is counted by address")


if __name__ == "__main__":
    unittest.main()
