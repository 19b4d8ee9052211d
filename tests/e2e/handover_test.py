"""Socket activation, and handing a socket over from host to host under load."""
import contextlib
import os
import unittest

import e2e
import handover
from audit.client import Load


class HandoverTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.held = handover.HeldSocket()
        self.addCleanup(self.held.close)

    def ended(self, host):
        """(exit status, log) of a host that does not get to serve."""
        status = host.process.wait(e2e.PATIENCE)
        host.process = None
        return status, host.log()

    def test_under_load_no_request_fails(self):
        environment, *_ = self.stores()
        former = self.host("config.yaml", environment)
        self.held.start(former)
        keeping = self.load(self.held.port, connections=16)
        # All in one journal, so that what is stored is compared with what both sent.
        coming = Load(self.held.port, keeping.journal, connections=4, first_number=10 ** 9,
                      one_request_each=True).start()
        for _ in range(4):
            answered = (keeping.answered, coming.answered)
            e2e.poll(lambda: keeping.answered >= answered[0] + 50 and
                     coming.answered >= answered[1] + 20, "requests are answered")
            successor = self.host("config.yaml", environment)
            self.assertEqual(handover.hand_over(self.held, former, successor), 0)
            former = successor
        answered = keeping.answered
        e2e.poll(lambda: keeping.answered >= answered + 50, "the last one answers too")
        for load in (keeping, coming):
            load.stop()
            self.assertEqual((load.no_answer, load.refusals), ([], []))
            self.assertEqual(load.accepted, load.answered)
        e2e.poll(lambda: all(sink["waiting"] == 0 for sink in former.ledger()["sinks"]),
                 "all is delivered")
        self.assertEqual(former.stop(), 0)
        account = e2e.Account(keeping.journal.path)
        self.assertEqual(account.outcomes["fail"], 0, "nobody found the port closed")
        self.assert_kept(keeping, environment["DATABASE_URL"],
                         (environment["REDIS_URL"], environment["REDIS_QUEUE_NAME"]))

    def test_what_queues_at_the_socket_is_the_next_ones(self):
        former = self.held.start(self.host())
        handover.wait_for(former, handover.SERVING)
        self.assertEqual(former.stop(), 0)
        with contextlib.closing(e2e.Client(self.held.port)) as client:
            client.connection = e2e.http.client.HTTPConnection("127.0.0.1", self.held.port)
            client.connection.connect()
            self.held.start(self.host())
            self.assertEqual(client.ingest(e2e.reading()).status, 201)

    def test_the_backlog_is_left_to_the_next_one(self):
        plugins = os.path.join(e2e.BUILD, "plugins")
        down = "postgresql://nobody@127.0.0.1:%d/none" % e2e.free_port()
        former = self.host("presets/postgres.yaml", {"DATABASE_URL": down, "PLUGIN_DIR": plugins})
        self.held.start(former)
        with contextlib.closing(e2e.Client(self.held.port)) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 202)
        self.assertEqual(former.stop(), 0)
        self.assertRegex(former.log(), '"a sink\'s lane has ended".*"waiting":1')

    def test_the_configured_port_does_not_count(self):
        host = self.held.start(self.host(environment={"PORT": "1"}))
        handover.wait_for(host, handover.SERVING)
        self.assertTrue(host.answers())

    def test_told_to_stop_while_it_waits(self):
        owner = self.held.start(self.host())
        handover.wait_for(owner, handover.SERVING)
        waiting = self.held.start(self.host())
        handover.wait_for(waiting, handover.WAITING)
        self.assertEqual(waiting.stop(), 0)
        self.assertTrue(owner.answers())

    def test_without_a_passed_socket_a_second_host_is_refused(self):
        owner = self.host().start()
        status, log = self.ended(self.host(environment={"PORT": "0"}).start(wait=False))
        self.assertEqual(status, 1)
        self.assertIn("process %d uses this directory" % owner.process.pid, log)

    def test_what_is_no_listening_stream_socket_is_refused(self):
        silent = e2e.socket.socket()
        self.addCleanup(silent.close)
        datagrams = e2e.socket.socket(type=e2e.socket.SOCK_DGRAM)
        self.addCleanup(datagrams.close)
        local = e2e.socket.socket(e2e.socket.AF_UNIX)
        self.addCleanup(local.close)
        local.bind(os.path.join(self.directory, "socket"))
        local.listen()
        with open(os.devnull) as no_socket:
            for descriptor, words in ((silent.fileno(), "not a listening stream socket"),
                                      (datagrams.fileno(), "not a listening stream socket"),
                                      (no_socket.fileno(), "not a listening stream socket"),
                                      (local.fileno(), "not a TCP socket")):
                status, log = self.ended(self.held.start(self.host(), descriptor))
                self.assertEqual(status, 1, log)
                self.assertIn(words, log)

    def test_several_sockets_are_refused(self):
        status, log = self.ended(self.held.start(self.host(), count=2))
        self.assertEqual(status, 1, log)
        self.assertIn("2 sockets were passed (LISTEN_FDS); the host serves one", log)

    def test_sockets_of_another_process_are_not_ours(self):
        # So it binds the configured port, which the one who holds the socket has.
        status, log = self.ended(self.held.start(self.host(), pid_off_by=1))
        self.assertEqual(status, 1, log)
        self.assertIn("the port is in use", log)


if __name__ == "__main__":
    unittest.main()
