"""kill -9 under load and restart, again and again: nothing that was acknowledged is lost."""
import random
import sqlite3
import unittest

import e2e
import load

CYCLES = 20
REQUESTS_BEFORE_KILL = 60


class CrashTest(e2e.HostTest):
    def crash_again_and_again(self, host, rows):
        """`rows()` gives (id, number) of everything stored."""
        seed = random.randrange(1 << 32)
        print("seed", seed)
        source = random.Random(seed)
        host.start()
        running = load.Load(host.port).start()
        for _ in range(CYCLES):
            enough = len(running.statuses) + source.randrange(REQUESTS_BEFORE_KILL)
            e2e.poll(lambda: len(running.statuses) >= enough, "%d requests were answered" % enough)
            host.kill()
            host.start()
        running.stop()
        self.assertEqual({s for s in running.statuses} - {201, 202}, set())
        self.assertEqual(host.stop(), 0)
        self.assertGreater(len(running.acknowledged), CYCLES)
        found = rows()
        load.check_stored(self, running, found)
        print("%d acknowledged, %d stored, %d requests without an answer"
              % (len(running.acknowledged), len(found), running.unknown))
        return running

    def test_sqlite(self):
        def rows():
            with sqlite3.connect(self.directory + "/readings.db") as db:
                return [(i, number_in(t)) for i, t in
                        db.execute("SELECT id, timestamp FROM sensor_data")]

        self.crash_again_and_again(self.host(), rows)

    def test_postgres_and_redis(self):
        environment, db, redis, queue = self.stores()

        def rows():
            cursor = db.cursor()
            cursor.execute("SELECT id::text, \"timestamp\" AT TIME ZONE 'UTC' FROM sensor_data")
            return [(i, load.number_of(t)) for i, t in cursor]

        running = self.crash_again_and_again(self.host("config.yaml", environment), rows)
        messages = {e2e.json.loads(m)["reading_id"] for m in redis.lrange(queue, 0, -1)}
        # A list cannot know what it has: at least once, so a set is compared.
        self.assertEqual(set(running.acknowledged) - messages, set(), "messages are lost")


def number_in(text):
    import datetime
    return load.number_of(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))


if __name__ == "__main__":
    unittest.main()
