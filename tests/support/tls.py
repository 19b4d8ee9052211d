"""Hosts that speak TLS, and clients of all sorts for them."""
import contextlib
import os
import socket
import ssl
import subprocess

import e2e
from certificates import Authority

REQUEST = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def context(authority, client=None, **options):
    """A client's: trusts `authority`, shows `client`; options as attributes."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority.certificate)
    if client:
        made.load_cert_chain(client.certificate, client.key)
    for name, value in options.items():
        setattr(made, name, value)
    return made


class TlsTest(e2e.HostTest):
    """An authority and a certificate of the server for each test."""

    def setUp(self):
        super().setUp()
        self.certificates = os.path.join(self.directory, "certificates")
        os.mkdir(self.certificates)
        self.authority = Authority(self.certificates)
        self.server = self.authority.server()

    def config(self, tls="", limits="", more=""):
        """presets/embedded.yaml with TLS; `tls`: keys beside the certificate and its key."""
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            text = file.read()
        section = ("http:\n"
                   "  tls:\n"
                   "    certificate: %s\n"
                   "    key: %s\n" % (self.server.certificate, self.server.key))
        section += "".join("    %s\n" % line for line in tls.splitlines())
        section += "  limits: { %s }\n" % limits if limits else ""
        self.assertEqual(text.count("\nhttp:\n"), 1)
        return self.write("config.yaml", text.replace("\nhttp:\n", "\n" + section + more))

    def tls_host(self, tls="", limits="", more="", client=None, environment=None):
        variables = {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins"), "LOG_LEVEL": "DEBUG"}
        variables.update(environment or {})
        host = self.host(self.config(tls, limits, more), variables)
        host.tls = context(self.authority, client)
        return host

    def connect(self, host, tls=None):
        """A connected ssl.SSLSocket; closed with the test. A missing close_notify is an error."""
        raw = socket.create_connection(("127.0.0.1", host.port), e2e.PATIENCE)
        self.addCleanup(raw.close)
        sock = (tls or host.tls).wrap_socket(raw, server_hostname="127.0.0.1",
                                             suppress_ragged_eofs=False)
        self.addCleanup(sock.close)
        return sock

    def tcp(self, host):
        """A connected socket without TLS; closed with the test."""
        sock = socket.create_connection(("127.0.0.1", host.port), e2e.PATIENCE)
        self.addCleanup(sock.close)
        return sock

    def refusal(self, host, tls):
        """Why the host does not answer a client: the alert that it sends."""
        with self.assertRaises(ssl.SSLError) as raised:
            sock = self.connect(host, tls)
            sock.sendall(REQUEST)
            sock.recv(1)
        return raised.exception.reason

    def assert_answers(self, host, tls=None):
        with contextlib.closing(e2e.Client(host.port, tls=tls or host.tls)) as client:
            self.assertEqual(client.get("/health").status, 200)

    def read_all(self, sock):
        """Until the other side ends it."""
        got = b""
        while True:
            part = sock.recv(65536)
            if not part:
                return got
            got += part

    def run_host(self, *words):
        """(exit status, output) of a command of the binary."""
        done = subprocess.run([e2e.HOST_BINARY, *words], capture_output=True, text=True,
                              cwd=self.directory, timeout=e2e.PATIENCE,
                              env={**os.environ, "PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")})
        return done.returncode, done.stdout + done.stderr
