"""Certificates that are replaced while connections go on."""
import contextlib
import hashlib
import os
import signal
import unittest

import certificates
import e2e
import reloading
import tls


class Reload(tls.TlsTest):
    def replace(self, pair):
        """Puts another pair in the place of the server's."""
        os.replace(pair.certificate, self.server.certificate)
        os.replace(pair.key, self.server.key)

    def served(self, host):
        """SHA-256 of the certificate that a new connection gets."""
        der = self.connect(host).getpeercert(binary_form=True)
        return hashlib.sha256(der).hexdigest()

    def test_new_connections_get_the_new_one(self):
        host = self.tls_host().start()
        former = self.server.fingerprint()
        self.assertEqual(self.served(host), former)
        load = self.load(host.port, connections=4, tls=host.tls)
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.get("/health").status, 200)
            connection = client.connection.sock
            for name in ("second", "third"):
                next_one = self.authority.server(name)
                fingerprint = next_one.fingerprint()
                self.replace(next_one)
                self.assertNotEqual(self.served(host), fingerprint, "files alone change nothing")
                host.process.send_signal(signal.SIGHUP)
                e2e.poll(lambda: self.served(host) == fingerprint, "the new one is served")
                self.assertEqual(client.ingest(e2e.reading()).status, 201)
            self.assertIs(client.connection.sock, connection, "the old connection goes on")
        load.stop()
        self.assertEqual((load.no_answer, load.refusals), ([], []))
        self.assertEqual(host.stop(), 0)

    def test_a_bad_one_leaves_the_old_one(self):
        host = self.tls_host().start()
        former = self.served(host)
        key = self.authority.server("other").key
        os.replace(key, self.server.key)
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: "is not the key of the certificate" in host.log(), "the log says why")
        self.assertEqual(self.served(host), former)
        self.replace(self.authority.server("good"))
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: self.served(host) != former, "a good one is taken")

    def test_an_end_that_is_near_is_warned_of(self):
        host = self.tls_host().start()
        self.assertNotIn("expires soon", host.log())
        self.replace(self.authority.server("short", days=13))
        host.process.send_signal(signal.SIGHUP)
        e2e.poll(lambda: "the certificate expires soon" in host.log(), "the log warns")

    def test_who_is_let_in_changes_too(self):
        client = self.authority.issue("client")
        directory = os.path.join(self.directory, "next")
        os.mkdir(directory)
        following = certificates.Authority(directory, "following")
        following_client = following.issue("client")
        trusted = os.path.join(self.directory, "trusted.pem")
        with open(self.authority.certificate) as source, open(trusted, "w") as target:
            target.write(source.read())
        host = self.tls_host("client_ca: " + trusted, client=client).start()
        newcomer = tls.context(self.authority, following_client)
        self.assertEqual(self.refusal(host, newcomer), "TLSV1_ALERT_UNKNOWN_CA")
        os.replace(following.certificate, trusted)
        host.process.send_signal(signal.SIGHUP)

        def let_in():
            with contextlib.suppress(OSError):
                self.assert_answers(host, newcomer)
                return True

        e2e.poll(let_in, "the newcomer is let in")
        self.assertEqual(self.refusal(host, host.tls), "TLSV1_ALERT_UNKNOWN_CA")

    def test_the_outcome_names_tls(self):
        host = self.tls_host().start()
        former = self.served(host)
        self.replace(self.authority.server("second"))
        status, text = reloading.ask(host, "--config", "config.yaml")
        self.assertEqual(status, 0, text)
        self.assertIn("changed: http.tls\n", text)
        self.assertNotEqual(self.served(host), former)
        status, text = reloading.ask(host, "--config", "config.yaml")
        self.assertEqual((status, "nothing is different" in text), (0, True), text)

    def test_turning_it_off_needs_a_restart(self):
        host = self.tls_host().start()
        with open(os.path.join(self.directory, "config.yaml")) as file:
            lines = file.read().split("\n")
        at = lines.index("  tls:")
        self.write("config.yaml", "\n".join(lines[:at] + lines[at + 3:]))
        status, text = reloading.ask(host, "--config", "config.yaml")
        self.assertEqual(status, 2, text)
        self.assertRegex(text, r"config\.yaml:\d+:\d+: http\.tls: turning TLS off needs a restart")
        self.assert_answers(host)

    def test_turning_it_on_needs_a_restart(self):
        path = self.config()
        with open(path) as file:
            with_tls = file.read()
        lines = with_tls.split("\n")
        at = lines.index("  tls:")
        self.write("config.yaml", "\n".join(lines[:at] + lines[at + 3:]))
        host = self.host(path, {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")}).start()
        self.write("config.yaml", with_tls)
        status, text = reloading.ask(host, "--config", "config.yaml")
        self.assertEqual(status, 2, text)
        self.assertIn(":%d:5: http.tls: turning TLS on needs a restart" % (at + 2), text)
        self.assertTrue(host.answers())


if __name__ == "__main__":
    unittest.main()
