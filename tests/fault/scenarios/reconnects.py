"""How a host tries to reach stores that are gone: one attempt at a time, with growing pauses."""
import contextlib
import select
import signal
import socket
import threading
import time

import e2e
import own_stores
import private_servers
from harness import expect, poll

SUMMARY = "attempts to reach a PostgreSQL and a Redis that are gone, counted"
SHORT = {"seconds": 4}
LONG = {"seconds": 60}

DELAY_MIN = 0.05
DELAY_MAX = 0.5
SINK = "workers: 3\nretry: { delay_min: %dms, delay_max: %dms }" % (DELAY_MIN * 1000,
                                                                  DELAY_MAX * 1000)
# Until the longest pause, and a few of those.
ATTEMPTS_MIN = 8
QUESTIONS = 5


def run(fault):
    postgres = private_servers.PrivatePostgres(fault.subdirectory("postgres"), e2e.free_port())
    redis = private_servers.PrivateRedis(fault.subdirectory("redis"), e2e.free_port())
    for server in (postgres, redis):
        fault.stack.callback(server.end)
        server.start()
    queue = "sensor_data_queue"
    host = fault.host(fault.config(database=SINK, redis=SINK), own_stores.store_environment(
        postgres.url, redis.url, queue)).start()
    load = fault.load(host.port, sizes=(1, 5), rate=500)
    poll(lambda: host.connected("database", "redis"), "both sinks are connected")
    # Every worker is to be in a write when the server dies: so it hangs first.
    postgres.pause()
    redis.pause()
    fault.wait_for_answers(load, 2 * load.connections)
    postgres.end(signal.SIGKILL)
    redis.end()
    with Stranger(postgres.port) as database, Stranger(redis.port) as list_server:
        begin = time.monotonic()
        poll(lambda: time.monotonic() > begin + fault.seconds and
             min(len(database.visits), len(list_server.visits)) >= ATTEMPTS_MIN,
             "the host tries again and again", fault.seconds + 60)
        for name, stranger in (("database", database), ("redis", list_server)):
            check_attempts(fault, name, stranger, stranger.visits[:])
        check_questions(host, database)
    postgres.start()
    redis.start()
    fault.wait_for_answers(load, 10)
    load.stop()
    expect(not load.refusals and not load.no_answer, "clients noticed the outage: %s %s"
           % (load.refusals[:3], load.no_answer[:3]))
    fault.settle(host)
    expect(host.stop() == 0, "the host did not end well")
    fault.verify(postgres=postgres.url, redis=(redis.url, queue))


def check_attempts(fault, name, stranger, visits):
    expect(stranger.at_once == 1, "%s: %d attempts at once" % (name, stranger.at_once))
    # Between the end of one attempt and the next at least half of a pause that doubles. The first
    # attempt of all found nobody, or this listener: so the first pause seen is one of the first.
    pauses = [begin - end for (_, end), (begin, _) in zip(visits, visits[1:])]
    for number, pause in enumerate(pauses):
        least = min(DELAY_MAX, DELAY_MIN * 2 ** number) / 2
        expect(pause >= least, "%s: pause %d was %.3f s, less than %.3f s"
               % (name, number + 1, pause, least))
    grown = [round(pause * 1000) for pause in pauses if pause >= DELAY_MAX / 2]
    # A half of each is left to chance, so that hosts which lost the same server come apart.
    expect(max(grown) - min(grown) > 5, "%s: no jitter: %s ms" % (name, grown))
    fault.figures[name] = {"attempts": len(visits), "at_once": stranger.at_once,
                           "pauses_ms": [round(pause * 1000) for pause in pauses][:20]}


def check_questions(host, database):
    """A question asks a server of its own accord; it does not begin a storm."""
    before = len(database.visits)
    begin = time.monotonic()
    with contextlib.closing(host.client()) as client:
        for _ in range(QUESTIONS):
            answer = client.get("/api/v1/sensors/PUMP-A1-001/latest")
            expect(answer.status == 503, "latest: %d without a database" % answer.status)
    of_lane = int((time.monotonic() - begin) / (DELAY_MAX / 2)) + 1
    came = len(database.visits) - before
    expect(came <= QUESTIONS + of_lane, "%d connections for %d questions" % (came, QUESTIONS))


class Stranger:
    """Listens where a server was, takes each connection, holds it for a moment, and closes it."""

    HOLD_SECONDS = 0.1

    def __init__(self, port):
        self.visits = []  # (begin, end) on the monotonic clock
        self.at_once = 0  # at most
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def _comes(self, seconds):
        return bool(select.select([self._listener], [], [], seconds)[0])

    def _run(self):
        while not self._stopping.is_set():
            if self._comes(self.HOLD_SECONDS):
                self._receive()

    def _receive(self):
        """One visitor, and all who come while it is here."""
        visitors = []
        while not visitors or self._comes(self.HOLD_SECONDS):
            visitors.append(self._listener.accept()[0])
            begin = time.monotonic()
        self.at_once = max(self.at_once, len(visitors))
        self.visits.append((begin, time.monotonic()))
        for visitor in visitors:
            visitor.close()
