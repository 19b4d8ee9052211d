"""The spool's disk, or its quota, is full; then there is space again."""
import os
import threading

import own_mounts
import own_stores
from gate import Gate
from harness import RETRY_SOON, Skip, expect, poll

SUMMARY = "a full disk under the spool, and a full quota, until space comes back by itself"
SHORT = {"cycles": 4}
LONG = {"cycles": 250}

PAGE_BYTES = 4096
SEGMENT_BYTES = 64 << 10
# Some segments, and what is no segment: cursors, the lock, dead letters.
DISK_BYTES = 10 * SEGMENT_BYTES
# Free pages at the start of a cycle, one more in each: every offset in a segment and some beyond.
PAGES_MAX = 2 * SEGMENT_BYTES // PAGE_BYTES + 8


def run(fault):
    try:
        own_mounts.unshare_mounts()
    except OSError as error:
        raise Skip(str(error)) from error
    stores = Stores(fault)
    quota(fault, stores)
    disk(fault, stores)
    fault.verify(postgres=stores.database_url, redis=(stores.redis_url, stores.queue))


class Stores:
    """A database that is always up, and a queue behind a gate: shut, its readings pile up."""

    def __init__(self, fault):
        self.database_url, _ = fault.database()
        self.redis_url, self.queue, redis = fault.queue()
        self.gate = Gate(redis.connection_pool.connection_kwargs["port"])
        fault.stack.callback(self.gate.end)

    def environment(self, spool):
        return {**own_stores.store_environment(
            self.database_url, "redis://127.0.0.1:%d/0" % self.gate.port, self.queue),
            "SPOOL_DIR": spool}


def start(fault, stores, name, directory, size_max):
    config = fault.config(name + ".yaml", spool="segment_size: 64KiB\nsize_max: " + size_max,
                          database=RETRY_SOON, redis=RETRY_SOON)
    host = fault.host(config, stores.environment(directory), fault.subdirectory(name))
    return host.start()


def fill(fault, host):
    """Load until it is refused for want of space; returns the load, which goes on."""
    load = fault.load(host.port, sizes=(1, 20, 100))
    poll(lambda: load.refusals or load.error, "requests are refused")
    poll(lambda: host.ledger()["spool"]["state"] == "full", "the spool says that it is full")
    return load


def expect_reads(host):
    """Whoever only asks does not notice."""
    client = host.client()
    answer = client.get("/api/v1/sensors/PUMP-A0-000/latest")
    expect(answer.status == 200, "latest: %d %s" % (answer.status, answer.body))
    health = client.get("/health")
    expect((health.status, health.json["database"]) == (200, "connected"), str(health.body))
    ready = client.get("/health/ready")
    expect((ready.status, ready.json["checks"]["spool"]) == (503, "not_ready"), str(ready.body))
    client.close()


def expect_accepted_again(load):
    accepted = load.accepted
    poll(lambda: load.accepted > accepted + 20 or load.error, "readings are accepted by itself")


def finish(load):
    load.stop()
    expect(not load.no_answer, "no answer: %s" % load.no_answer[:3])
    for status, retry_after, body in load.refusals:
        expect(status == 503 and retry_after and int(retry_after) > 0,
               "refused with %d, Retry-After %s: %s" % (status, retry_after, body))


def quota(fault, stores):
    """size_max is reached; sinks that catch up make room."""
    host = start(fault, stores, "quota", os.path.join(fault.directory, "quota", "spool"), "2MiB")
    for _ in range(max(1, fault.cycles // 20)):
        stores.gate.shut()
        load = fill(fault, host)
        expect_reads(host)
        spool = host.ledger()["spool"]
        expect(spool["used_bytes"] <= spool["size_max"], str(spool))
        stores.gate.open()
        expect_accepted_again(load)
        finish(load)
        fault.settle(host)
        fault.add("full_quota", 1)
    expect(host.stop() == 0, "the host did not end well")


def disk(fault, stores):
    path = fault.subdirectory("disk")
    own_mounts.mount_tmpfs(fault.stack, path, DISK_BYTES)
    filler = Filler(os.path.join(path, "filler"))
    host = start(fault, stores, "disk-host", os.path.join(path, "spool"), "1GiB")
    # The last segment never goes: with that one alone sinks that catch up do not make space.
    load = fault.load(host.port, sizes=(1, 20, 100))
    poll(lambda: host.ledger()["spool"]["segments"] > 1 or load.error, "a second segment begins")
    finish(load)
    offset = fault.random.randrange(PAGES_MAX)
    for cycle in range(fault.cycles):
        stores.gate.shut()
        filler.leave((offset + cycle) % PAGES_MAX)
        # Half of the cycles somebody else takes the space while the host asks for it.
        rival = filler.take_the_rest() if cycle % 2 else None
        load = fill(fault, host)
        if rival:
            rival.join()
        expect_reads(host)
        if cycle % 4 == 2:
            finish(load)
            host.kill()
            host.start()  # without a free page
            poll(lambda: host.connected("database"), "the database is reached again")
            load = fill(fault, host)
            expect_reads(host)
        # The queue comes back, or it stays down and somebody tidies up.
        comes_back = (stores.gate.open, filler.remove)
        if cycle % 4 == 3:
            comes_back = reversed(comes_back)
        first, second = comes_back
        first()
        expect_accepted_again(load)
        finish(load)
        second()
        spool = fault.settle(host)["spool"]
        expect((spool["state"], spool["lost"]) == ("accepting", 0), str(spool))
        fault.add("full_disk", 1)
    expect(host.stop() == 0, "the host did not end well")


class Filler:
    """A file that takes the disk's space."""

    def __init__(self, path):
        self.path = path

    def leave(self, pages):
        """Takes what is free but for so many pages."""
        status = os.statvfs(os.path.dirname(self.path))
        free = status.f_bavail * status.f_frsize
        with open(self.path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - pages * PAGE_BYTES))

    def take_the_rest(self):
        """Page by page until nothing is left, in a thread; returns it."""
        def take():
            page = bytes(PAGE_BYTES)
            with open(self.path, "ab", buffering=0) as file:
                try:
                    while True:
                        file.write(page)
                except OSError:
                    pass
        thread = threading.Thread(target=take)
        thread.start()
        return thread

    def remove(self):
        os.unlink(self.path)
