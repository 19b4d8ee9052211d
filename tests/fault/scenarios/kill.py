"""kill -9 at random times under 64 connections."""
import os

import own_stores
import spool_files
from harness import RETRY_SOON, expect

SUMMARY = "kill -9 at random under 64 connections, into PostgreSQL and Redis, and into SQLite"
SHORT = {"cycles": 50}
LONG = {"cycles": 1000}

# Answers in a life at most: many lives are short, some long enough to fill several segments.
ANSWERS_MAX = (1, 50, 50, 100, 100, 200, 400)
# In so many lives the stores cannot be reached: what was accepted there only the spool has.
WITHOUT_STORES = 0.5
SPOOL = "segment_size: 64KiB\nsize_max: 1GiB"


def run(fault):
    postgres_and_redis(fault, fault.cycles * 4 // 5)
    fault.begin_journal()
    sqlite(fault, fault.cycles - fault.cycles * 4 // 5)


def postgres_and_redis(fault, cycles):
    database_url, _ = fault.database()
    redis_url, queue, _ = fault.queue()
    config = fault.config(spool=SPOOL, database=RETRY_SOON, redis=RETRY_SOON)
    kill_again_and_again(fault, fault.host(config), cycles,
                         own_stores.store_environment(database_url, redis_url, queue))
    fault.verify(postgres=database_url, redis=(redis_url, queue))


def sqlite(fault, cycles):
    directory = fault.subdirectory("sqlite")
    config = fault.config("sqlite.yaml", spool=SPOOL, base="presets/embedded.yaml")
    kill_again_and_again(fault, fault.host(config, directory=directory), cycles, {})
    fault.verify(sqlite=os.path.join(directory, "readings.db"))


def kill_again_and_again(fault, host, cycles, stores):
    """`stores`: the environment that leads to them."""
    host.environment = stores
    host.start()
    load = fault.load(host.port)
    spool = os.path.join(host.directory, "spool")
    begun = set()
    for _ in range(cycles):
        most = fault.random.choice(ANSWERS_MAX)
        fault.wait_for_answers(load, fault.random.randrange(most))
        fault.kill(host)
        begun.update(spool_files.segments(spool))
        alone = fault.random.random() < WITHOUT_STORES
        host.environment = own_stores.NO_STORES if alone else stores
        host.start()
        fault.add("lives_without_stores", alone)
    fault.add("kills", cycles)
    fault.wait_for_answers(load, 1)
    load.stop()
    expect(not load.refusals, "while it lived, it refused: %s" % load.refusals[:3])
    fault.kill(host)
    host.environment = stores
    host.start()
    ledger = fault.settle(host)
    expect(ledger["spool"]["lost"] == 0, "the spool says that it lost readings")
    expect(host.stop() == 0, "the host did not end well")
    gone = begun.difference(spool_files.segments(spool))
    expect(gone, "no segment was consumed")
    # At least these: what came and went within one life nobody saw.
    fault.add("segments_begun", len(begun))
    fault.add("segments_gone", len(gone))
