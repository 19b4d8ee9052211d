"""Ends the host at each named crash point, under load, and again in the recovery that follows."""
import contextlib
import http.client
import os
import signal
import subprocess

import e2e
import own_stores
import spool_files
from harness import RETRY_SOON, Failed, Skip, expect, poll

SUMMARY = "ends the host at every named crash point, and again in the recovery that follows"
SHORT = {"cycles": 1}
LONG = {"cycles": 20}

# What PostgreSQL refuses while a dead letter's points are tried: one reading in a hundred.
POISON = "equipment_id NOT LIKE '%-03_'"
EXTRA_FIELD = "\n    torque: { type: double }"


class Way:
    """How to reach the points whose names begin with `prefix`: at one of the first `passes`,
    after `by_hand` was done to the dead host's spool. `delivering`: only with the stores, or only
    without; None: either, since without them the spool alone has what was accepted."""

    def __init__(self, prefix, passes, *by_hand, delivering=None, other_config=False,
                 poison=False):
        self.prefix = prefix
        self.passes = passes
        self.by_hand = by_hand
        self.delivering = delivering
        self.other_config = other_config
        self.poison = poison


WAYS = (
    Way("append.", 60),
    Way("lane.", 30, delivering=True),
    Way("cursor.before_write", 60, delivering=True),
    Way("cursor.after_write", 60, delivering=True),
    Way("cursor.before_sync", 3, delivering=True),
    Way("cursor.after_sync", 3, delivering=True),
    Way("cursor.", 1, spool_files.damage_cursor),
    Way("rotate.", 3, other_config=True),
    # Where no segment is consumed, which would be the spare.
    Way("spare.", 2, delivering=False, other_config=True),
    Way("removal.", 2, delivering=True),
    Way("recovery.before_segment", 1, other_config=True),
    Way("recovery.mid_cursor_restart", 1, spool_files.damage_cursor),
    Way("recovery.", 1),
    Way("quarantine.after_move", 1, spool_files.copy_segment),
    Way("quarantine.mid_copy", 1, spool_files.damage_cursor),
    Way("dead_letter.", 3, delivering=True, poison=True),
    # A point that this table does not know yet: all at once should lead there.
    Way("", 1, spool_files.damage_cursor, spool_files.copy_segment, delivering=True,
        other_config=True, poison=True),
)


def run(fault):
    points = points_of_the_binary()
    trial = Trial(fault, points)
    fault.figures["passes"] = dict.fromkeys(points, 0)
    for _ in range(fault.cycles):
        order = list(points)
        fault.random.shuffle(order)
        load = trial.begin()
        for point in order:
            trial.crash_at(point, load)
            fault.figures["passes"][point] += 1
        load.stop()
        expect(not load.refusals, "while it lived, it refused: %s" % load.refusals[:3])
        try:
            trial.check()
        except Failed as failed:
            raise Failed("%s; it crashed at %s" % (failed, ", ".join(order))) from failed


def points_of_the_binary():
    """A name that there is not makes it say which there are."""
    done = subprocess.run([e2e.HOST_BINARY, "--version"], text=True, stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, env={"INGEST_CRASH_AT": "nowhere"})
    _, found, names = done.stderr.partition("names: ")
    if done.returncode == 0:
        raise Skip("this build has no crash points: -DINGEST_CRASH_POINTS=ON")
    expect(found, "it does not say which crash points there are: %s" % done.stderr)
    return names.split()


def way_to(point):
    return next(way for way in WAYS if point.startswith(way.prefix))


def two_configs(fault, size_max, **keys):
    """Paths. When the one is used after the other, a segment begins at once, and those that are
    there are not recycled."""
    paths = []
    for size, field in ("64KiB", ""), ("96KiB", EXTRA_FIELD):
        path = fault.config(size + ".yaml", spool="segment_size: %s\nsize_max: %s"
                            % (size, size_max), **keys)
        with open(path) as file:
            text = file.read()
        paths.append(fault.write(size + ".yaml",
                                 text.replace("  fields: ", "  fields:" + field + " ", 1)))
    return paths


class Trial:
    def __init__(self, fault, points):
        self.on_the_way_up = [point for point in points
                              if point.startswith(("recovery.", "rotate.", "cursor."))]
        self.fault = fault
        self.random = fault.random
        self.database_url, self.database = fault.database()
        self.redis_url, self.queue, self.redis = fault.queue()
        self.stores = own_stores.store_environment(self.database_url, self.redis_url, self.queue)
        self.environment = self.stores
        self.configs = two_configs(fault, "1GiB", database=RETRY_SOON, redis=RETRY_SOON)
        self.host = fault.host(self.configs[0])
        self.spool = os.path.join(fault.directory, "spool")

    def begin(self):
        """Load, and a spool with something in it."""
        self.host.environment = self.stores
        self.host.start()
        load = self.fault.load(self.host.port)
        self.fault.wait_for_answers(load, 200)
        self.fault.kill(self.host)
        return load

    def crash_at(self, point, load):
        """From a dead host to a dead host."""
        way = way_to(point)
        if way.poison:
            self.sql("ALTER TABLE sensor_data ADD CONSTRAINT poison CHECK (%s) NOT VALID" % POISON)
        if way.other_config:
            self.host.config = self.configs[self.host.config == self.configs[0]]
        for by_hand in way.by_hand:
            by_hand(self.spool, self.random)
        if self.random.random() < 0.5:
            self.random.choice((spool_files.tear_tail, spool_files.leave_drafts))(
                self.spool, self.random)
        passes = self.random.randint(1, way.passes)
        delivering = way.delivering
        if delivering is None:
            delivering = self.random.random() < 0.5
        self.environment = self.stores if delivering else own_stores.NO_STORES
        expect(self.end_at(point, passes), "%s was not passed %d times" % (point, passes))
        for _ in range(self.random.randrange(3)):
            # Passed or not, as it comes.
            self.end_at(self.random.choice(self.on_the_way_up), 1, required=False)
        self.host.environment = self.environment
        self.host.start()
        self.fault.wait_for_answers(load, self.random.randrange(1, 40))
        lost = self.host.ledger()["spool"]["lost"]
        expect(lost == 0, "after %s the spool says that it lost %d" % (point, lost))
        self.fault.kill(self.host)
        if way.poison:
            self.sql("ALTER TABLE sensor_data DROP CONSTRAINT poison")

    def end_at(self, point, passes, required=True):
        """Whether it came there; if not it is killed when it serves."""
        self.host.environment = {**self.environment, "INGEST_CRASH_AT": "%s:%d" % (point, passes)}
        self.host.start(wait=False)
        process = self.host.process

        def decided():
            return process.poll() is not None or not required and self.serves()

        poll(decided, "%s is passed %d times" % (point, passes))
        passed = process.poll() is not None
        self.host.kill()
        expect(process.returncode == -signal.SIGKILL,
               "it did not end at %s but with %d" % (point, process.returncode))
        self.fault.add("crashes", passed)
        return passed

    def serves(self):
        try:
            with contextlib.closing(self.host.client()) as client:
                return client.get("/health").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def check(self):
        """At rest, with all that was refused for good stored after all."""
        self.host.environment = self.stores
        self.host.start()
        self.fault.settle(self.host)
        expect(self.host.stop() == 0, "the host did not end well")
        letters = self.dead_letters("ls", "--json").splitlines()
        self.fault.add("dead_letters", len(letters))
        if letters:
            self.dead_letters("replay", "--all")
        self.fault.verify(postgres=self.database_url, redis=(self.redis_url, self.queue))
        self.fault.begin_journal()
        self.sql("TRUNCATE sensor_data")
        self.redis.delete(self.queue)

    def dead_letters(self, *arguments):
        done = subprocess.run(
            [e2e.HOST_BINARY, "dead-letters", *arguments, "--config", self.host.config],
            env=self.host.full_environment(), cwd=self.host.directory, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect(done.returncode == 0, "dead-letters %s: %s" % (arguments[0], done.stderr))
        return done.stdout

    def sql(self, statement):
        self.database.cursor().execute(statement)
