"""SIGTERM under load, again and again."""
import time

import own_stores
from harness import RETRY_SOON, expect

SUMMARY = "SIGTERM under load: every request that was sent is answered, nothing is lost"
SHORT = {"cycles": 5}
LONG = {"cycles": 100}

DRAIN_SECONDS = 10  # drain.timeout in config.yaml


def run(fault):
    database_url, _ = fault.database()
    redis_url, queue, _ = fault.queue()
    up = own_stores.store_environment(database_url, redis_url, queue)
    host = fault.host(fault.config(spool="segment_size: 256KiB\nsize_max: 1GiB",
                                   database=RETRY_SOON, redis=RETRY_SOON), up)
    longest = 0.0
    for cycle in range(fault.cycles):
        # Some readings are to live through a restart: in every fifth life no store is there, and
        # the drain takes all its time.
        host.environment = own_stores.NO_STORES if cycle % 5 == 4 else up
        host.start()
        loads = [fault.load(host.port, connections=48),
                 fault.load(host.port, connections=16, one_request_each=True)]
        for load in loads:
            fault.wait_for_answers(load, fault.random.randrange(5, 100))
        begin = time.monotonic()
        expect(host.stop() == 0, "the host did not end well")
        if host.environment is up:
            longest = max(longest, time.monotonic() - begin)
        for load in loads:
            load.stop()
            expect(not load.no_answer, "unanswered: %s" % load.no_answer[:3])
            expect(not load.refusals, "refused: %s" % load.refusals[:3])
    host.environment = up
    host.start()
    fault.settle(host)
    expect(host.stop() == 0, "the host did not end well")
    expect("requests are cut off" not in host.log(), "requests were cut off")
    fault.figures.update(stops=fault.cycles, longest_exit_s=round(longest, 2),
                         deadline_s=DRAIN_SECONDS)
    fault.verify(postgres=database_url, redis=(redis_url, queue))
