"""Load from many keep-alive connections, every attempt and outcome in a journal."""
import asyncio
import json
import random
import threading
import time

from .readings import reading_of

ANSWER_SECONDS = 60.0
# Between two attempts to reach a host that is not there.
RECONNECT_SECONDS = 0.02


class NoAnswer(Exception):
    """The request was sent, and the connection ended or the answer makes no sense."""


class NotSent(Exception):
    """Nobody listens."""


class Connection:
    """One HTTP/1.1 connection, opened when it is needed."""

    def __init__(self, port, tls=None, address=None):
        self.port = port
        self.tls = tls
        self.local = address and (address, 0)
        self.reader = self.writer = None

    async def post(self, path, body):
        """(status, body)"""
        if self.writer is None:
            try:
                opened = asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls,
                                                 local_addr=self.local)
                self.reader, self.writer = await asyncio.wait_for(opened, ANSWER_SECONDS)
            except (OSError, asyncio.TimeoutError) as error:
                raise NotSent(repr(error)) from error
        try:
            self.writer.write(b"POST %s HTTP/1.1\r\nHost: audit\r\nContent-Type: application/json"
                              b"\r\nContent-Length: %d\r\n\r\n" % (path, len(body)) + body)
            return await asyncio.wait_for(self._answer(), ANSWER_SECONDS)
        except (OSError, EOFError, ValueError, IndexError, asyncio.TimeoutError,
                asyncio.LimitOverrunError) as error:
            self.close()
            raise NoAnswer(repr(error)) from error

    async def _answer(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        fields = {}
        for line in head.split(b"\r\n")[1:-2]:
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip()
        body = await self.reader.readexactly(int(fields[b"content-length"]))
        if fields.get(b"connection", b"").lower() == b"close":
            self.close()
        return status, fields, body

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Sample:
    """One answered request, for latencies and rates."""
    __slots__ = ("begin", "seconds", "status", "readings")

    def __init__(self, begin, seconds, status, readings):
        self.begin = begin
        self.seconds = seconds
        self.status = status
        self.readings = readings

    @property
    def end(self):
        return self.begin + self.seconds


class Load:
    """`connections` clients in a thread of their own, from start() to stop().

    Each request carries one of `sizes` readings (1: the single endpoint, more: the batch
    endpoint). `rate` bounds all clients together, in readings a second; None: as fast as answers
    come. `one_request_each`: a new connection for every request. `extra`: members that each reading
    has besides.
    """

    def __init__(self, port, journal, connections=64, sizes=(1, 5), rate=None, first_number=0,
                 seed=None, one_request_each=False, extra=None, tls=None,
                 address=None):
        self.port = port
        self.address = address  # of this machine, from which the clients come
        self.journal = journal
        self.extra = extra or {}
        self.connections = connections
        self.sizes = sizes
        self.rate = rate
        self.one_request_each = one_request_each
        self.tls = tls  # an ssl.SSLContext, or plain HTTP
        self.next_number = first_number
        self.samples = []        # appended by the client thread, read by any
        self.no_answer = []      # reasons
        self.refusals = []       # (status, retry_after, body) of what was not 201 or 202
        # Whoever gives a refusal may not live to keep its word: it counts as no answer.
        self.doubts_refusals = False
        self._random = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._slot = None
        self.error = None

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """Waits until every request has its outcome."""
        self._stopping.set()
        self._thread.join(2 * ANSWER_SECONDS)
        if self._thread.is_alive():
            raise AssertionError("a client is stuck")
        if self.error is not None:
            raise self.error

    def abandon(self):
        """Ends it without waiting; without this a process that failed would not end."""
        self._stopping.set()

    @property
    def answered(self):
        return len(self.samples)

    @property
    def accepted(self):
        """Requests that were answered 201 or 202."""
        return self.answered - len(self.refusals)

    def _run(self):
        try:
            asyncio.run(self._clients())
        except BaseException as error:  # shown by stop()
            self.error = error

    async def _clients(self):
        self._stop_seen = asyncio.Event()
        clients = [asyncio.ensure_future(self._client()) for _ in range(self.connections)]
        await asyncio.get_running_loop().run_in_executor(None, self._stopping.wait)
        self._stop_seen.set()
        await asyncio.gather(*clients)

    async def _pause(self, seconds):
        try:
            await asyncio.wait_for(self._stop_seen.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    async def _wait_for_slot(self, readings):
        now = time.monotonic()
        # What was missed is not made up for: a stall must not be followed by a burst.
        self._slot = max(self._slot or now, now - 0.1) + readings / self.rate
        if self._slot > now:
            await self._pause(self._slot - now)

    async def _client(self):
        connection = Connection(self.port, self.tls, self.address)
        while not self._stop_seen.is_set():
            count = self._random.choice(self.sizes)
            if self.rate:
                await self._wait_for_slot(count)
                if self._stop_seen.is_set():
                    break
            await self._request(connection, count)
            if self.one_request_each:
                connection.close()
        connection.close()

    async def _request(self, connection, count):
        first = self.next_number
        self.next_number += count
        readings = [{**reading_of(number), **self.extra}
                    for number in range(first, first + count)]
        single = count == 1
        path = b"/api/v1/sensors/ingest" if single else b"/api/v1/sensors/ingest/batch"
        body = json.dumps(readings[0] if single else {"readings": readings}).encode()
        attempt = self.journal.attempt(first, count)
        begin = time.monotonic()
        try:
            status, fields, answer = await connection.post(path, body)
        except NotSent:
            self.journal.fail(attempt, 0)
            await self._pause(RECONNECT_SECONDS)
            return
        except NoAnswer as error:
            self.no_answer.append(str(error))
            self.journal.unknown(attempt, str(error))
            return
        if status in (201, 202):
            document = json.loads(answer)
            ids = [document["reading_id"]] if single else document["reading_ids"]
            self.journal.ok(attempt, status, ids)
        elif self.doubts_refusals:
            self.journal.unknown(attempt, "status %d" % status)
        else:
            self.journal.fail(attempt, status)
            self.refusals.append((status, fields.get(b"retry-after"), answer[:200]))
        self.samples.append(Sample(begin, time.monotonic() - begin, status, count))
        if status == 503:
            await self._pause(RECONNECT_SECONDS)


def percentile(values, share):
    """The smallest value that `share` of all (0..1) do not exceed; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
