"""TLS: what is spoken and what is not, bad and slow clients, the API over it, how it ends."""
import contextlib
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import unittest

import e2e
import endpoints_test
import tls

RSA = ["-newkey", "rsa:2048", "-nodes"]
BOTH_ENDS_1_2 = {"minimum_version": ssl.TLSVersion.TLSv1_2,
                 "maximum_version": ssl.TLSVersion.TLSv1_2}


class Protocol(tls.TlsTest):
    """One host with an RSA key, so that it could take the suites that it refuses."""

    def setUp(self):
        super().setUp()
        self.server = self.authority.server("rsa", key=RSA)
        self.running = self.tls_host().start()

    def test_old_versions_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.subTest(version):
                old = tls.context(self.authority)
                old.set_ciphers("ALL:@SECLEVEL=0")
                old.minimum_version = version
                old.maximum_version = version
                self.assertEqual(self.refusal(self.running, old), "TLSV1_ALERT_PROTOCOL_VERSION")
        self.assert_answers(self.running)

    def test_only_forward_secrecy_and_aead(self):
        for suite in ("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256",
                      "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"):
            with self.subTest(suite):
                client = tls.context(self.authority, **BOTH_ENDS_1_2)
                client.set_ciphers(suite + ":@SECLEVEL=0")
                self.assertEqual(self.refusal(self.running, client),
                                 "SSLV3_ALERT_HANDSHAKE_FAILURE")
        for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                      "ECDHE-RSA-CHACHA20-POLY1305"):
            with self.subTest(suite):
                client = tls.context(self.authority, **BOTH_ENDS_1_2)
                client.set_ciphers(suite)
                self.assertEqual(self.connect(self.running, client).cipher()[0], suite)
                self.assert_answers(self.running, client)

    def test_1_3_is_chosen(self):
        self.assertEqual(self.connect(self.running).version(), "TLSv1.3")

    def test_sessions_are_not_resumed(self):
        client = tls.context(self.authority, **BOTH_ENDS_1_2)
        sock = self.connect(self.running, client)
        self.assertFalse(sock.session.has_ticket)
        raw = self.tcp(self.running)
        with client.wrap_socket(raw, server_hostname="127.0.0.1", session=sock.session) as again:
            self.assertFalse(again.session_reused)
        newer = self.connect(self.running)
        newer.sendall(tls.REQUEST)
        self.read_all(newer)  # a ticket would have come with the answer
        self.assertFalse(newer.session is not None and newer.session.has_ticket)

    def test_alpn(self):
        for offered, chosen in ((["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1")):
            client = tls.context(self.authority)
            client.set_alpn_protocols(offered)
            self.assertEqual(self.connect(self.running, client).selected_alpn_protocol(), chosen)
        other = tls.context(self.authority)
        other.set_alpn_protocols(["h2"])
        self.refusal(self.running, other)  # Python 3.11 has no name for this alert
        e2e.poll(lambda: "no application protocol" in self.running.log(), "the log says why")

    def test_renegotiation_is_refused(self):
        command = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % self.running.port,
                   "-tls1_2", "-CAfile", self.authority.certificate]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as client:
            self.addCleanup(client.kill)
            lines = []
            for line in client.stdout:
                lines.append(line)
                if line.startswith("    Verify return code") or "Extended master" in line:
                    break
            client.stdin.write("R\n")
            client.stdin.flush()
            output, _ = client.communicate(timeout=e2e.PATIENCE)
        self.assertIn("RENEGOTIATING", output, lines)
        self.assertIn("no renegotiation", output)
        self.assert_answers(self.running)

    def test_early_data_is_not_taken(self):
        """By a client that has a ticket of a server that does take it."""
        early = os.path.join(self.directory, "early")
        with open(early, "wb") as file:
            file.write(tls.REQUEST)
        ticket = os.path.join(self.directory, "ticket")
        other = e2e.free_port()
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % other, "-tls1_3", "-early_data",
             "-quiet", "-cert", self.server.certificate, "-key", self.server.key],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        e2e.poll(lambda: self.early_data(other, "-sess_out", ticket, until=lambda: (
            os.path.exists(ticket) and os.path.getsize(ticket))), "the other server is there")
        shown = ("-sess_in", ticket, "-early_data", early)
        self.assertEqual(self.early_data(other, *shown), "Early data was accepted")
        self.assertEqual(self.early_data(self.running.port, *shown), "Early data was rejected")
        self.assert_answers(self.running)

    def early_data(self, port, *words, until=lambda: True):
        """What a client says of it, that is connected until then; empty: it was not connected."""
        command = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-tls1_3", "-CAfile",
                   self.authority.certificate, *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as client:
            said = next((line.strip() for line in client.stdout
                         if line.startswith("Early data was")), "")
            if said:
                e2e.poll(until, "the client has what it waits for")
            client.communicate("Q\n", timeout=e2e.PATIENCE)
        return said


class BadClients(tls.TlsTest):
    def test_plain_http_is_told_where_to_go(self):
        host = self.tls_host().start()
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            with contextlib.closing(e2e.Client(host.port)) as client:
                answer = client.request(method, "/health")
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.headers["Connection"], "close")
            self.assertIn("https://", answer.json["detail"])
            self.assertEqual(answer.json["request_id"], answer.headers["X-Request-ID"])
        self.assert_answers(host)

    def test_garbage(self):
        host = self.tls_host().start()
        garbage = self.tcp(host)
        garbage.sendall(b"\x00\xff" * 4096)
        with contextlib.suppress(ConnectionError):
            self.assertNotIn(b"HTTP", self.read_all(garbage))
        self.assert_answers(host)

    def test_a_hello_without_end(self):
        host = self.tls_host().start()
        # Records of a hello that says it has 130816 bytes; more than the host takes in.
        huge = self.tcp(host)
        hello = b"\x01" + struct.pack(">I", 130816)[1:] + b"\x03\x03" + bytes(130810)
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(hello), 16000):
                part = hello[at:at + 16000]
                huge.sendall(b"\x16\x03\x01" + struct.pack(">H", len(part)) + part)
            self.read_all(huge)
        e2e.poll(lambda: "the handshake is too large" in host.log(), "the log says why")
        self.assert_answers(host)

    def test_a_hundred_stuck_handshakes_hurt_nobody(self):
        host = self.tls_host(limits="handshake_timeout: 1h").start()
        stuck = [self.tcp(host) for _ in range(100)]
        for number, sock in enumerate(stuck):
            sock.sendall(b"\x16\x03\x01\x02\x00\x01"[:number % 6])
        for _ in range(20):
            self.assert_answers(host)
        with contextlib.closing(host.client()) as client:
            self.assertEqual(client.batch([e2e.reading(i) for i in range(100)]).status, 201)

    def test_of_too_many_handshakes_the_oldest_gives_way(self):
        host = self.tls_host(limits="handshake_timeout: 1h, handshakes: 4",
                             environment={"HTTP_THREADS": "1"}).start()
        stuck = [self.tcp(host) for _ in range(5)]
        self.assertEqual(self.read_all(stuck[0]), b"")
        for _ in range(10):
            self.assert_answers(host)
        self.assertEqual(self.read_all(stuck[1]), b"")
        # Who came last is still there.
        stuck[4].settimeout(0)
        with self.assertRaises(BlockingIOError):
            stuck[4].recv(1)

    def test_a_slow_handshake_ends(self):
        host = self.tls_host(limits="handshake_timeout: 200ms").start()
        silent = self.tcp(host)
        begun = self.tcp(host)
        begun.sendall(b"\x16\x03\x01\x02\x00\x01")
        self.assertEqual(self.read_all(silent), b"")
        self.assertEqual(self.read_all(begun), b"")

    def test_connections_count_before_the_handshake(self):
        host = self.tls_host(limits="connections_per_address: 8, handshake_timeout: 1h").start()
        held = [self.tcp(host) for _ in range(8)]
        e2e.poll(lambda: self.is_closed(host), "one more is closed")
        for sock in held:
            sock.close()
        e2e.poll(lambda: not self.is_closed(host), "there is room again")

    def is_closed(self, host):
        try:
            with contextlib.closing(e2e.Client(host.port, tls=host.tls)) as client:
                client.get("/health")
        except OSError:
            return True
        return False


class EndpointsOverTls(endpoints_test.EmbeddedTest, tls.TlsTest):
    """Everything that holds without TLS."""

    def start(self):
        self.sinks = ["database"]
        return self.tls_host().start()

    def load(self, port, **options):
        return super().load(port, tls=self.running.tls, **options)


class Bytes(tls.TlsTest):
    """What a client may do with its bytes."""

    def setUp(self):
        super().setUp()
        self.running = self.tls_host(more="  batch: { readings_max: 5000 }\n").start()

    def test_large_batches_on_one_connection(self):
        with contextlib.closing(self.running.client()) as client:
            for _ in range(3):
                readings = [e2e.reading(i) for i in range(5000)]
                answer = client.batch(readings)
                self.assertIn(answer.status, (201, 202))
                self.assertEqual(len(set(answer.json["reading_ids"])), 5000)

    def test_answers_wait_for_a_client_that_does_not_read(self):
        sock = self.connect(self.running)
        requests = 200
        page = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
        sock.sendall(page * requests + tls.REQUEST)
        got = self.read_all(sock)
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), requests + 1)
        bodies = {part.partition(b"\r\n\r\n")[2] for part in got.split(b"HTTP/1.1 200 OK")[1:-1]}
        self.assertEqual(len(bodies), 1)
        json.loads(bodies.pop())

    def test_pipelining_byte_by_byte_and_in_one(self):
        body = json.dumps(e2e.reading()).encode()
        post = (b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nContent-Type: application/json"
                b"\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
        sock = self.connect(self.running)
        for i in range(len(post)):
            sock.send(post[i:i + 1])  # each a record of its own
        sock.sendall(post * 3 + tls.REQUEST)
        got = self.read_all(sock)
        self.assertEqual(got.count(b"HTTP/1.1 201 Created"), 4)
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), 1)

    def test_expect_100_continue(self):
        body = json.dumps(e2e.reading()).encode()
        sock = self.connect(self.running)
        sock.sendall(b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body))
        self.assertEqual(sock.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(body)
        self.assertTrue(self.read_all(sock).startswith(b"HTTP/1.1 201"))

    def test_chunked(self):
        body = json.dumps(e2e.reading()).encode()
        sock = self.connect(self.running)
        sock.sendall(b"POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(body), 10):
            part = body[at:at + 10]
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        self.assertTrue(self.read_all(sock).startswith(b"HTTP/1.1 201"))


class End(tls.TlsTest):
    def test_sigterm_says_goodbye(self):
        host = self.tls_host().start()
        idle = self.connect(host)
        shaking = self.tcp(host)
        host.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.recv(1), b"")  # a close_notify, else an error
        shaking.close()
        self.assertEqual(host.process.wait(e2e.PATIENCE), 0)

    def test_an_answer_that_ends_the_connection_ends_tls_too(self):
        host = self.tls_host().start()
        sock = self.connect(host)
        sock.sendall(tls.REQUEST)
        self.assertTrue(self.read_all(sock).startswith(b"HTTP/1.1 200"))

    def test_a_client_that_does_not_read_does_not_hold_it(self):
        host = self.tls_host().start()
        sock = self.connect(host)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n" * 300)
        self.assertEqual(host.stop(), 0)

    def test_sigterm_under_load(self):
        host = self.tls_host(environment={"LOG_LEVEL": "INFO"}).start()
        running = self.load(host.port, connections=8, tls=host.tls)
        coming = e2e.Load(host.port, running.journal, connections=4, first_number=10 ** 9,
                          one_request_each=True, tls=host.tls).start()
        e2e.poll(lambda: min(running.answered, coming.answered) >= 50, "requests are answered")
        self.assertEqual(host.stop(), 0)
        for load in (running, coming):
            load.stop()
            self.assertEqual((load.no_answer, load.refusals), ([], []))


if __name__ == "__main__":
    unittest.main()
