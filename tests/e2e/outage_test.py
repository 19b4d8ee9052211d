"""Stores that come late or refuse a reading. tests/fault has those that go away under load."""
import unittest

import e2e
import own_stores


class OutageTest(e2e.HostTest):
    def count(self, db):
        cursor = db.cursor()
        cursor.execute("SELECT to_regclass('sensor_data') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT count(*) FROM sensor_data")
        return cursor.fetchone()[0]

    def test_postgres_comes_later(self):
        environment, db, redis, queue = self.stores()
        cursor = db.cursor()
        name = environment["DATABASE_URL"].rsplit("/", 1)[1]
        # Nobody may connect to the database yet: the host starts all the same.
        import psycopg2
        admin = psycopg2.connect(own_stores.DATABASE_URL)
        admin.autocommit = True
        self.addCleanup(admin.close)
        admin.cursor().execute('ALTER DATABASE "%s" WITH ALLOW_CONNECTIONS false' % name)
        host = self.host("config.yaml", environment).start()
        with e2e.contextlib.closing(host.client()) as client:
            e2e.poll(lambda: client.get("/health").json["redis"] == "connected", "Redis is there")
            self.assertEqual(client.get("/health").json["database"], "disconnected")
            self.assertEqual(client.get("/health").status, 200)
            self.assertEqual(client.get("/health/ready").status, 200)
            for i in range(20):
                self.assertEqual(client.ingest(e2e.reading(i)).status, 202)
            e2e.poll(lambda: redis.llen(queue) == 20, "the other sink has its messages")
            unavailable = client.get("/api/v1/sensors/PUMP-A1-001/latest")
            self.assertEqual(unavailable.status, 503)
            self.assertIn("Retry-After", unavailable.headers)
            admin.cursor().execute('ALTER DATABASE "%s" WITH ALLOW_CONNECTIONS true' % name)
            e2e.poll(lambda: self.count(db) == 20, "what waited is stored")
            e2e.poll(lambda: client.ingest(e2e.reading(21)).status == 201, "it is 201 again")
        del cursor

    def test_one_bad_reading_does_not_hold_the_others(self):
        environment, db, redis, queue = self.stores()
        host = self.host("config.yaml", environment).start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(0)).status, 201)
            db.cursor().execute(
                "ALTER TABLE sensor_data ADD CONSTRAINT by_hand CHECK (temperature < 190)")
            answer = client.batch([e2e.reading(i, temperature=195 if i == 37 else 20.5)
                                   for i in range(100)])
            # Durable here, but one of them is not in the storage.
            self.assertEqual((answer.status, answer.json["successful"]), (202, 100))
            e2e.poll(lambda: self.count(db) == 100, "the other 99 are stored")
            e2e.poll(lambda: redis.llen(queue) == 101, "the other sink has all")
        self.assertEqual(host.stop(), 0)
        self.assertIn(answer.json["reading_ids"][37].encode(), host.log().encode())

    def test_a_second_host_on_the_same_spool_is_refused(self):
        first = self.host().start()
        second = self.host()
        second.start(wait=False)
        self.assertEqual(second.process.wait(e2e.PATIENCE), 1)
        self.assertIn(str(first.process.pid), second.log(), "it says who has it")


if __name__ == "__main__":
    unittest.main()
