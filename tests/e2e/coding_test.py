"""Compressed bodies, made by the tools that clients have, through the built binary."""
import gzip
import json
import os
import subprocess
import unittest
import zlib

import e2e

INGEST = "/api/v1/sensors/ingest"
BATCH = INGEST + "/batch"
BODY_MAX = 1024 * 1024  # of the configuration


def peak_kib(pid):
    """The most memory that a process has had so far."""
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def zstd(text, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=text, capture_output=True,
                          check=True).stdout


def gzip_bomb(size):
    """A member whose text is `size` blanks, which nobody ever holds in one piece."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * (16 * 1024 * 1024)
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


class CodingTest(e2e.ServedTest):
    def send(self, body, coding, path=BATCH, **headers):
        return self.client.request("POST", path, body, {"Content-Encoding": coding, **headers})

    def test_a_batch_by_the_tools(self):
        batch = {"readings": [e2e.reading(i) for i in range(100)]}
        with open(os.path.join(self.directory, "batch.json"), "w") as file:
            json.dump(batch, file)
        url = "http://127.0.0.1:%d%s" % (self.running.port, BATCH)
        for tool, coding in (("gzip -c", "gzip"), ("zstd -q -c", "zstd"),
                             ("zstd -q -c --ultra -22", "zstd")):
            answer = json.loads(self.bash(
                "%s batch.json | curl -s --data-binary @- -H 'Content-Type: application/json' "
                "-H 'Content-Encoding: %s' %s" % (tool, coding, url)))
            self.assertEqual((answer["total"], answer["failed"]), (100, 0), answer)
        spool = self.running.ledger()["spool"]
        self.assertEqual(spool["accepted"], 300)

    def test_a_retry_is_the_same_reading_however_it_is_sent(self):
        body = json.dumps(e2e.reading(1)).encode()
        key = {"Idempotency-Key": "one-reading"}
        ids = {self.send(sent, coding, INGEST, **key).json["reading_id"]
               for sent, coding in ((body, "identity"), (gzip.compress(body), "gzip"),
                                    (zstd(body), "zstd"))}
        self.assertEqual(len(ids), 1)

    def test_members_that_follow_one_another(self):
        body = json.dumps(e2e.reading(1)).encode()
        for coding, pack in (("gzip", gzip.compress), ("zstd", zstd)):
            answer = self.send(pack(body[:10]) + pack(body[10:]), coding, INGEST)
            self.assertEqual(answer.status, 201, answer.body)

    def test_what_is_broken_is_told(self):
        body = json.dumps(e2e.reading(1)).encode()
        for coding, pack in (("gzip", gzip.compress), ("zstd", zstd)):
            packed = pack(body)
            damaged = bytearray(packed)
            damaged[-1] ^= 1  # of the length, or of the checksum
            for sent, words in ((packed[:-3], "ends too early"), (packed + b"garbage", "follows"),
                                (bytes(damaged), "damaged"), (body, "damaged")):
                answer = self.send(sent, coding, INGEST)
                self.assertEqual(answer.status, 400, (coding, words))
                self.assertIn(words, answer.json["detail"])
        answer = self.send(gzip.compress(gzip.compress(body)), "gzip, gzip", INGEST)
        self.assertEqual(answer.status, 415)
        self.assertEqual(answer.headers["Accept-Encoding"], "gzip, zstd")
        self.assertEqual(self.running.ledger()["spool"]["accepted"], 0)

    def test_a_window_that_is_too_large(self):
        answer = self.send(zstd(b" " * 1000, "--long=27", "--no-check"), "zstd")
        self.assertEqual(answer.status, 400)
        self.assertIn("8 MiB", answer.json["detail"])

    def test_bombs(self):
        piece = b" " * (16 * 1024 * 1024)
        bombs = {"gzip": gzip_bomb(1000 * BODY_MAX // len(piece) * len(piece)),
                 "zstd": zstd(piece) * 640}
        for coding, bomb in bombs.items():
            self.assertLess(len(bomb), BODY_MAX, "it is let in")
            self.assertEqual(self.send(bomb, coding).status, 413)  # what is held once is held now
        before = peak_kib(self.running.process.pid)
        for coding, bomb in bombs.items():
            for _ in range(20):
                answer = self.send(bomb, coding)
                self.assertEqual(answer.status, 413)
                self.assertIn("at most %d bytes" % BODY_MAX, answer.json["detail"])
        grown = peak_kib(self.running.process.pid) - before
        # Twenty of what comes out at most would be as much again as the bound on all bodies.
        if e2e.sanitizer():
            print("growth is not looked at: a sanitizer keeps what was freed")
        else:
            self.assertLess(grown, 16 * 1024, "KiB")
        self.assertEqual(self.client.ingest(e2e.reading()).status, 201)


if __name__ == "__main__":
    unittest.main()
