"""Client certificates, and the probe of a host that speaks TLS."""
import contextlib
import json
import os
import unittest

import certificates
import e2e
import tls


class ClientCertificates(tls.TlsTest):
    def setUp(self):
        super().setUp()
        self.good = self.authority.issue("good", "/O=Plant/CN=pump 7")
        self.stranger = self.other_authority("stranger").issue("good")
        self.impostor = self.other_authority("ca").issue("good")
        self.expired = self.authority.issue("expired", days=-1)

    def other_authority(self, name):
        directory = os.path.join(self.directory, "of-" + name)
        os.mkdir(directory)
        return certificates.Authority(directory, name)

    def mutual(self, more=""):
        keys = "client_ca: %s\n%s" % (self.authority.certificate, more)
        return self.tls_host(keys, client=self.good).start()

    def clients(self, host):
        """Who the host took its requests to be from, as its log has it."""
        lines = [json.loads(line) for line in host.log().splitlines() if "answered" in line]
        return {line["client"] for line in lines if line["message"] == "answered"}

    def answer_as(self, host, pair):
        self.assert_answers(host, tls.context(self.authority, pair))

    def assert_bad_ones_are_refused(self, host):
        for pair, reason in ((self.stranger, "TLSV1_ALERT_UNKNOWN_CA"),
                             (self.impostor, "TLSV1_ALERT_DECRYPT_ERROR"),
                             (self.expired, "SSLV3_ALERT_CERTIFICATE_EXPIRED")):
            client = tls.context(self.authority, pair)
            self.assertEqual(self.refusal(host, client), reason)

    def test_required(self):
        host = self.mutual()
        self.assert_answers(host)
        self.assertEqual(self.refusal(host, tls.context(self.authority)),
                         "TLSV13_ALERT_CERTIFICATE_REQUIRED")
        self.assert_bad_ones_are_refused(host)
        e2e.poll(lambda: self.clients(host) == {"CN=pump 7,O=Plant"}, "the log says who asked")

    def test_required_with_tls_1_2(self):
        host = self.mutual()
        for pair, reason in ((None, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
                             (self.stranger, "TLSV1_ALERT_UNKNOWN_CA")):
            client = tls.context(self.authority, pair)
            client.maximum_version = tls.ssl.TLSVersion.TLSv1_2
            self.assertEqual(self.refusal(host, client), reason)
        client = tls.context(self.authority, self.good)
        client.maximum_version = tls.ssl.TLSVersion.TLSv1_2
        self.assert_answers(host, client)

    def test_optional(self):
        host = self.mutual("client_certificates: optional")
        self.assert_bad_ones_are_refused(host)
        self.assert_answers(host, tls.context(self.authority))
        self.assert_answers(host)
        e2e.poll(lambda: self.clients(host) == {"", "CN=pump 7,O=Plant"}, "the log says who asked")

    def test_nobody_is_asked_without_an_authority(self):
        host = self.tls_host(client=self.stranger).start()
        self.assert_answers(host)
        e2e.poll(lambda: self.clients(host) == {""}, "nobody in particular asked")

    def test_names(self):
        named = {
            "spiffe://plant/pump/7": self.authority.issue(
                "uri", names="DNS:pump-7.plant,URI:spiffe://plant/pump/7"),
            "pump-8.plant": self.authority.issue("dns", names="DNS:pump-8.plant,DNS:other"),
            # What could break a log line or look like another name is escaped.
            r"CN=a\,O=b\0Ac\C3\A9": self.authority.issue("odd", "/CN=a,O=b\nc\u00e9"),
        }
        host = self.mutual()
        for pair in named.values():
            self.answer_as(host, pair)
        expected = set(named) | {"CN=pump 7,O=Plant"}
        e2e.poll(lambda: self.clients(host) == expected,
                 "the log says who asked: %s" % self.clients(host))

    def test_who_has_no_name_that_can_be_used_is_refused(self):
        host = self.mutual()
        long = self.authority.issue("long", names="URI:spiffe://plant/" + "x" * 600)
        with self.assertRaises(OSError):
            sock = self.connect(host, tls.context(self.authority, long))
            sock.sendall(tls.REQUEST)
            if sock.recv(1) == b"":
                raise ConnectionError("closed")
        e2e.poll(lambda: "too long or not printable" in host.log(), "the log says why")


class Probe(tls.TlsTest):
    def probe(self, host, *words, scheme="https", name="127.0.0.1"):
        return self.run_host("probe", "--url", "%s://%s:%d/health" % (scheme, name, host.port),
                             *words)

    def test_whom_it_trusts(self):
        host = self.tls_host().start()
        for name in ("127.0.0.1", "localhost"):
            self.assertEqual(self.probe(host, "--ca", self.authority.certificate, name=name),
                             (0, ""))
        self.assertEqual(self.probe(host, "--insecure"), (0, ""))
        status, said = self.probe(host)
        self.assertEqual(status, 1)
        self.assertIn("its certificate is not trusted", said)
        self.assertIn("--ca FILE, or --insecure", said)
        status, said = self.probe(host, scheme="http")
        self.assertEqual(status, 1)
        self.assertIn("answered HTTP/1.1 400", said)

    def test_a_name_that_the_certificate_does_not_have(self):
        self.server = self.authority.issue("named", names="DNS:api.example")
        host = self.tls_host()
        host.tls.check_hostname = False
        host.start()
        status, said = self.probe(host, "--ca", self.authority.certificate)
        self.assertEqual(status, 1)
        self.assertIn("IP address mismatch", said)
        self.assertEqual(self.probe(host, "--insecure"), (0, ""))

    def test_with_a_client_certificate(self):
        client = self.authority.issue("probe")
        host = self.tls_host("client_ca: " + self.authority.certificate, client=client).start()
        trust = ("--ca", self.authority.certificate)
        shown = ("--certificate", client.certificate, "--key", client.key)
        self.assertEqual(self.probe(host, *trust, *shown), (0, ""))
        self.assertEqual(self.probe(host, *trust)[0], 1)
        status, said = self.probe(host, *trust, *shown[:2])
        self.assertEqual(status, 2)
        self.assertIn("--certificate and --key go together", said)


class Files(tls.TlsTest):
    """What `check` and the start say about files that are not right."""

    def said(self, more=""):
        path = self.config(more)
        status, said = self.run_host("check", "--config", path)
        started = self.run_host("serve", "--config", path)
        self.assertEqual(started, (status, said), "the start says the same")
        self.assertEqual(status, 2, said)
        return said.replace(path, "config.yaml").replace(self.certificates + "/", "")

    def place(self, key, line):
        """LINE:COLUMN of a key's value in the configuration."""
        return "config.yaml:%d:%d: http.tls.%s: " % (line, len("    %s: " % key) + 1, key)

    def setUp(self):
        super().setUp()
        with open(self.config()) as file:
            self.first = file.read().split("\n").index("  tls:") + 2

    def test_good_ones(self):
        status, said = self.run_host("check", "--config", self.config(
            "client_ca: " + self.authority.certificate))
        self.assertEqual(status, 0, said)

    def test_missing(self):
        self.server.certificate += ".none"
        self.assertIn(self.place("certificate", self.first) +
                      "server.pem.none: cannot be opened: No such file or directory; "
                      "give the path of a PEM file", self.said())

    def test_relative_paths_begin_at_the_configuration(self):
        self.server.certificate = "certificates/server.pem"
        self.server.key = "certificates/server.key"
        os.mkdir(self.directory + "/elsewhere")
        path = self.config()
        os.rename(self.certificates, self.directory + "/elsewhere/certificates")
        os.rename(path, self.directory + "/elsewhere/config.yaml")
        status, said = self.run_host("check", "--config", "elsewhere/config.yaml")
        self.assertEqual(status, 0, said)

    def test_all_at_once(self):
        self.server.certificate += ".none"
        os.chmod(self.server.key, 0o644)
        said = self.said("client_ca: nowhere.pem")
        self.assertEqual(said.count("config.yaml:"), 3, said)

    def test_another_key(self):
        self.server.key = self.authority.server("other").key
        self.assertIn(self.place("key", self.first + 1) +
                      "other.key: is not the key of the certificate", self.said())

    def test_the_two_swapped(self):
        self.server.certificate, self.server.key = self.server.key, self.server.certificate
        os.chmod(self.server.key, 0o600)
        said = self.said()
        self.assertIn("has a key and no certificate", said)
        self.assertIn("has a certificate and no key", said)

    def test_expired(self):
        self.server = self.authority.server("old", days=-1)
        self.assertIn("old.pem: the certificate of CN=old expired at ", self.said())

    def test_a_key_that_others_can_read(self):
        for mode in (0o604, 0o660):
            os.chmod(self.server.key, mode)
            said = self.said()
            self.assertIn(self.place("key", self.first + 1) + "server.key: others than", said)
            self.assertIn("chmod 600", said)
        os.chmod(self.server.certificate, 0o646)
        self.assertIn("server.pem: everybody can write it", self.said())

    def test_an_encrypted_key(self):
        plain, self.server.key = self.server.key, self.server.key + ".secret"
        certificates.openssl("pkey", "-in", plain, "-aes256", "-passout", "pass:x", "-out",
                             self.server.key)
        os.chmod(self.server.key, 0o600)
        said = self.said()
        self.assertIn("is encrypted, and nobody is there to give the passphrase", said)
        self.assertIn("openssl pkey -in KEY -out PLAIN", said)

    def test_a_key_that_is_too_short(self):
        self.server = self.authority.server("weak", key=["-newkey", "rsa:1024", "-nodes"])
        self.assertIn("key too small; give a certificate with an ECDSA key, or RSA of 2048",
                      self.said())

    def test_damaged(self):
        with open(self.server.certificate) as file:
            text = file.read()
        with open(self.server.certificate, "w") as file:
            file.write(text.replace("MII", "M!I", 1))
        self.assertIn("has a damaged certificate: bad base64 decode", self.said())
        with open(self.server.certificate, "w"):
            pass
        self.assertIn("has no certificate; give one as PEM", self.said())

    def test_no_authority_for_client_certificates(self):
        said = self.said("client_certificates: optional")
        self.assertIn("add `client_ca: FILE`", said)


if __name__ == "__main__":
    unittest.main()
