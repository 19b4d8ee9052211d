"""What was tried and what came of it, one JSON array a line, in a file that outlives the client.

    ["attempt", id, first_number, count]         before the first byte is sent
    ["ok", id, status, reading_ids]              201 or 202: the host keeps them
    ["fail", id, status]                         another status; 0: never sent, nobody listened
    ["unknown", id, reason]                      sent, and no answer came: it may be kept or not

An attempt without an outcome (the client itself was killed) counts as unknown.
"""
import json
import threading


class Journal:
    """Writes a new file; any thread. Each line is one write, so a killed client tears none."""

    def __init__(self, path):
        self.path = path
        self._file = open(path, "xb", buffering=0)
        self._lock = threading.Lock()
        self._last = 0

    def attempt(self, first, count):
        with self._lock:
            self._last += 1
            identity = self._last
            self._write(["attempt", identity, first, count])
        return identity

    def ok(self, attempt, status, reading_ids):
        self._append(["ok", attempt, status, reading_ids])

    def fail(self, attempt, status):
        self._append(["fail", attempt, status])

    def unknown(self, attempt, reason):
        self._append(["unknown", attempt, reason])

    def close(self):
        self._file.close()

    def _append(self, line):
        with self._lock:
            self._write(line)

    def _write(self, line):
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


class Account:
    """A journal read back: what the host owes, may hold, and must not hold."""

    def __init__(self, path):
        self.acknowledged = {}  # reading id: number
        self.unknown = set()    # numbers
        self.failed = set()     # numbers
        self.attempts = 0
        self.outcomes = {"ok": 0, "fail": 0, "unknown": 0}
        self.statuses = {}
        self.malformed = []     # acknowledgements that do not name each reading once
        open_attempts = {}
        with open(path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # torn by a power loss of the client's machine
                kind, identity, *rest = json.loads(line)
                if kind == "attempt":
                    self.attempts += 1
                    first, count = rest
                    open_attempts[identity] = range(first, first + count)
                    continue
                self._settle(kind, open_attempts.pop(identity), rest)
        for numbers in open_attempts.values():
            self.outcomes["unknown"] += 1
            self.unknown.update(numbers)

    def _settle(self, kind, numbers, rest):
        self.outcomes[kind] += 1
        if kind != "unknown":
            self.statuses[rest[0]] = self.statuses.get(rest[0], 0) + 1
        if kind == "ok":
            if len(rest[1]) != len(numbers) or len(set(rest[1])) != len(numbers):
                self.malformed.append(rest[1])
            for reading_id, number in zip(rest[1], numbers):
                if reading_id in self.acknowledged:
                    self.malformed.append([reading_id])
                self.acknowledged[reading_id] = number
        elif kind == "fail":
            self.failed.update(numbers)
        else:
            self.unknown.update(numbers)
