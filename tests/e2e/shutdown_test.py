"""SIGTERM under load: requests in flight are answered, nothing is lost, the process ends."""
import os
import signal
import unittest

import e2e


class ShutdownTest(e2e.HostTest):
    def test_sigterm_under_load(self):
        environment, *_ = self.stores()
        host = self.host("config.yaml", environment).start()
        running = self.load(host.port, connections=16)
        coming = e2e.Load(host.port, running.journal, connections=8, first_number=10 ** 9,
                          one_request_each=True).start()
        e2e.poll(lambda: min(running.answered, coming.answered) >= 50, "requests are answered")
        self.assertEqual(host.stop(), 0)
        # Who connected was answered; who came later found the port closed.
        for load in (running, coming):
            load.stop()
            self.assertEqual((load.no_answer, load.refusals), ([], []))
        self.assert_kept(running, environment["DATABASE_URL"],
                         (environment["REDIS_URL"], environment["REDIS_QUEUE_NAME"]))

    def test_an_idle_connection_does_not_keep_it_alive(self):
        host = self.host().start()
        client = host.client()
        self.addCleanup(client.close)
        self.assertEqual(client.get("/health").status, 200)
        self.assertEqual(host.stop(), 0)

    def test_sigint_stops_it_too(self):
        host = self.host().start()
        host.process.send_signal(signal.SIGINT)
        self.assertEqual(host.process.wait(e2e.PATIENCE), 0)
        self.assertIn("stopped", host.log())

    def test_a_sink_that_is_down_does_not_hold_it_beyond_the_deadline(self):
        url, _ = self.database()
        with open(os.path.join(e2e.SOURCE, "presets/postgres.yaml")) as file:
            config = file.read()
        self.assertNotIn("\ndrain:", config)
        path = self.write("config.yaml", config + "\ndrain: { timeout: 1s }\n")
        down = "postgresql://nobody@127.0.0.1:%d/none" % e2e.free_port()
        plugins = os.path.join(e2e.BUILD, "plugins")
        host = self.host(path, {"DATABASE_URL": down, "PLUGIN_DIR": plugins}).start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading()).status, 202)
        self.assertEqual(host.stop(), 0)
        # What was not delivered is delivered by the next process.
        host.environment["DATABASE_URL"] = url
        host.start()
        import psycopg2
        with e2e.contextlib.closing(psycopg2.connect(url)) as db:
            db.autocommit = True
            cursor = db.cursor()

            def stored():
                cursor.execute("SELECT to_regclass('sensor_data') IS NOT NULL")
                if not cursor.fetchone()[0]:
                    return False
                cursor.execute("SELECT count(*) FROM sensor_data")
                return cursor.fetchone()[0] == 1

            e2e.poll(stored, "the reading is stored")


if __name__ == "__main__":
    unittest.main()
