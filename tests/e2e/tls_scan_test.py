"""TLS as an outside judge finds it: sslscan, against the host and against a server that is weak."""
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

import e2e
import tls
from poll import poll

PROTOCOLS = {"TLSv1.2", "TLSv1.3"}
# Forward secrecy and AEAD; those of 1.3 have both by themselves.
CIPHER = re.compile(r"TLS_\w+_(GCM|POLY1305)\w*|"
                    r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM|CHACHA20-POLY1305)\S*")
GROUP_BITS_MIN = 112


def scan(port):
    done = subprocess.run(["sslscan", "--xml=-", "127.0.0.1:%d" % port], capture_output=True,
                          timeout=4 * e2e.PATIENCE, stdin=subprocess.DEVNULL)
    return xml.etree.ElementTree.fromstring(done.stdout).find("ssltest")


def faults(found):
    """What is wrong with a server, in words."""
    wrong = []
    names = {"ssl": "SSLv%s", "tls": "TLSv%s"}
    for protocol in found.iter("protocol"):
        name = names[protocol.get("type")] % protocol.get("version")
        if (protocol.get("enabled") == "1") != (name in PROTOCOLS):
            wrong.append(name + (" is offered" if protocol.get("enabled") == "1" else " is not"))
    ciphers = [cipher.get("cipher") for cipher in found.iter("cipher")]
    wrong += [name for name in ciphers if not CIPHER.fullmatch(name)]
    if len(ciphers) < 2:
        wrong.append("hardly any cipher")
    wrong += ["compression" for one in found.iter("compression") if one.get("supported") != "0"]
    wrong += ["renegotiation" for one in found.iter("renegotiation")
              if one.get("supported") != "0"]
    wrong += ["heartbleed" for one in found.iter("heartbleed") if one.get("vulnerable") != "0"]
    wrong += [group.get("name") for group in found.iter("group")
              if int(group.get("bits")) < GROUP_BITS_MIN]
    return wrong


@unittest.skipUnless(shutil.which("sslscan"), "sslscan is not installed: Debian's package sslscan")
class TlsScanTest(tls.TlsTest):
    def test_the_host(self):
        """With a key of each kind: ciphers differ by them."""
        rsa = self.authority.server("rsa", key=["-newkey", "rsa:2048", "-nodes"])
        for pair in (self.server, rsa):
            self.server = pair
            host = self.tls_host().start()
            found = scan(host.port)
            self.assertEqual(faults(found), [], xml.etree.ElementTree.tostring(found))
            # It looked for these at all.
            self.assertEqual(len(list(found.iter("protocol"))), 6)
            self.assertEqual({one.get("sslversion") for one in found.iter("heartbleed")},
                             PROTOCOLS)
            self.assertTrue(list(found.iter("renegotiation")))
            host.stop()

    def weak_server(self, *words):
        port = e2e.free_port()
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-cert",
             self.server.certificate, "-key", self.server.key, "-www", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def answers():
            try:
                self.connect_plainly(port)
                return True
            except OSError:
                return False

        poll(answers, "openssl s_server listens")
        return port

    def connect_plainly(self, port):
        with tls.socket.create_connection(("127.0.0.1", port), e2e.PATIENCE):
            pass

    def test_a_weak_server_is_found_out(self):
        cbc = "ECDHE-ECDSA-AES128-SHA256"
        wrong = faults(scan(self.weak_server("-tls1_2", "-cipher", cbc)))
        self.assertEqual(wrong, ["TLSv1.3 is not", cbc, "hardly any cipher"])
        old = faults(scan(self.weak_server("-cipher", "ALL:@SECLEVEL=0",
                                           "-client_renegotiation")))
        self.assertLessEqual({"TLSv1.0 is offered", "TLSv1.1 is offered", "renegotiation",
                              "ECDHE-ECDSA-AES256-SHA"}, set(old))


if __name__ == "__main__":
    unittest.main()
