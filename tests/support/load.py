"""Load from several connections, with a record of every request and its outcome.

An outcome is `ok` (201 or 202), `refused` (another status) or `unknown` (no answer: it may have
been kept). Every reading carries its number in the microseconds of its timestamp, so that what is
stored can be matched with what was sent, also when no answer came.
"""
import json
import threading

import e2e


class Load:
    def __init__(self, port, connections=8, batch=5, first_number=0):
        self.port = port
        self.batch = batch
        self.lock = threading.Lock()
        self.number = first_number
        self.acknowledged = {}  # reading id -> number
        self.sent = set()       # numbers
        self.statuses = []
        self.unknown = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True)
                        for _ in range(connections)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(e2e.PATIENCE)
            assert not thread.is_alive(), "a client is stuck"

    def _take_numbers(self):
        with self.lock:
            numbers = list(range(self.number, self.number + self.batch))
            self.number += self.batch
            self.sent.update(numbers)
            return numbers

    def _run(self):
        client = e2e.Client(self.port)
        while not self.stopping.is_set():
            numbers = self._take_numbers()
            readings = [e2e.reading(n, timestamp=timestamp_of(n)) for n in numbers]
            try:
                answer = client.batch(readings)
            except (OSError, e2e.http.client.HTTPException):
                with self.lock:
                    self.unknown += 1
                if self.stopping.wait(e2e.POLL_SECONDS):
                    break
                continue
            with self.lock:
                self.statuses.append(answer.status)
                if answer.status in (201, 202):
                    ids = json.loads(answer.body)["reading_ids"]
                    assert len(ids) == len(numbers), answer.body
                    self.acknowledged.update(zip(ids, numbers))
        client.close()


def timestamp_of(number):
    return "2026-03-01T%02d:%02d:%02d.%06dZ" % (
        number // 3600000000 % 24, number // 60000000 % 60, number // 1000000 % 60,
        number % 1000000)


def number_of(when):
    """From a datetime in UTC."""
    return ((when.hour * 60 + when.minute) * 60 + when.second) * 1000000 + when.microsecond


def check_stored(test, load, rows):
    """`rows`: (id, number) of everything stored. Nothing lost, doubled, changed, made up."""
    stored = dict(rows)
    test.assertEqual(len(stored), len(rows), "an id is stored twice")
    lost = {i: n for i, n in load.acknowledged.items() if i not in stored}
    test.assertEqual(lost, {}, "acknowledged readings are lost")
    changed = {i: (n, stored[i]) for i, n in load.acknowledged.items() if stored[i] != n}
    test.assertEqual(changed, {}, "readings are changed")
    numbers = list(stored.values())
    test.assertEqual(len(set(numbers)), len(numbers), "a reading is stored under two ids")
    test.assertEqual(set(numbers) - load.sent, set(), "nobody sent these")
