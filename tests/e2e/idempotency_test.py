"""A retry with the same key or reading_id is stored once."""
import sqlite3
import unittest

import e2e


class IdempotencyTest(e2e.ServedTest):
    def stored(self):
        with sqlite3.connect(self.directory + "/readings.db") as db:
            return db.execute("SELECT count(*) FROM sensor_data").fetchone()[0]

    def ids(self, readings, key=None):
        answer = self.client.batch(readings, headers={"Idempotency-Key": key} if key else None)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json["reading_ids"]

    def test_without_a_key_every_reading_is_new(self):
        self.assertNotEqual(self.ids([e2e.reading(1)]), self.ids([e2e.reading(1)]))
        self.assertEqual(self.stored(), 2)

    def test_a_retry_with_the_same_key_is_stored_once(self):
        readings = [e2e.reading(1), e2e.reading(1), e2e.reading(2, timestamp=...)]
        first = self.ids(readings, "key-1")
        self.assertEqual(len(set(first)), 3, "the same content twice in one request is two")
        self.assertEqual(self.ids(readings, "key-1"), first)
        self.assertEqual(self.stored(), 3)

    def test_it_holds_across_a_restart(self):
        first = self.ids([e2e.reading(1)], "key-1")
        self.running.kill()
        self.client.close()
        self.running.start()
        self.assertEqual(self.ids([e2e.reading(1)], "key-1"), first)
        self.assertEqual(self.stored(), 1)

    def test_a_key_used_again_for_another_reading_loses_nothing(self):
        first = self.ids([e2e.reading(1)], "key-1")
        self.assertNotEqual(self.ids([e2e.reading(2)], "key-1"), first)
        self.assertEqual(self.stored(), 2)

    def test_the_clients_own_reading_id(self):
        sent = e2e.reading(1, reading_id="line-7/000123")
        first = self.ids([e2e.reading(5), sent])
        again = self.ids([sent])
        self.assertEqual(again[0], first[1], "wherever in a request it stands")
        self.assertEqual(self.stored(), 2)


if __name__ == "__main__":
    unittest.main()
