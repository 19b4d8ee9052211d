"""What every fault run has: a host, stores, an audited load, the checks at the end, the figures."""
import contextlib
import importlib
import itertools
import json
import os
import pkgutil
import random
import shutil
import sys
import tempfile
import time

import e2e
import own_stores
from audit import stores
from audit.client import Load, percentile
from audit.journal import Account, Journal
from audit.verify import verify
from poll import PATIENCE, poll

# CTest's SKIP_RETURN_CODE.
SKIPPED = 77
# Keys of a sink, so that what waited comes soon when its store is back.
RETRY_SOON = "retry: { delay_min: 20ms, delay_max: 200ms }"


class Skip(Exception):
    """This machine cannot do it; the message says what would be needed."""


class Failed(AssertionError):
    pass


def expect(condition, message):
    if not condition:
        raise Failed(message)


class Fault:
    """One run of one scenario. Everything it made goes with it.

    `cycles` and `seconds` are how often and how long; what a scenario counts goes to `figures`.
    """

    def __init__(self, cycles, seconds, seed):
        self.cycles = cycles
        self.seconds = seconds
        self.random = random.Random(seed)
        self.figures = {"seed": seed}
        self.stack = contextlib.ExitStack()
        self.directory = tempfile.mkdtemp(prefix="ingest-fault-")
        self.stack.callback(shutil.rmtree, self.directory, True)
        os.chmod(self.directory, 0o755)  # a PostgreSQL in it runs as another user
        self.hosts = []
        self.loads = []
        self._next_number = 0
        self._verified = 0
        self.begin_journal()

    # What it is made of ------------------------------------------------------------------------

    def subdirectory(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path

    def database(self):
        """(url, connection in autocommit mode)"""
        return own_stores.own_database(self.stack)

    def queue(self):
        """(url, name, client)"""
        return own_stores.own_queue(self.stack)

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def config(self, name="config.yaml", spool="", database="", redis="", query="",
               extra="", base="config.yaml"):
        """A copy of `base` with lines of flow-style YAML put into its sections.

        `spool="segment_size: 64KiB"`; `database` and `redis` are keys of those sinks, several of
        them on lines of their own.
        """
        with open(os.path.join(e2e.SOURCE, base)) as file:
            text = file.read()
        text = text.replace("${PLUGIN_DIR:-./plugins}", os.path.join(e2e.BUILD, "plugins"))
        for after, keys in (("  dir: ${SPOOL_DIR:-./var/spool}", spool),
                            ("    plugin: postgres-sink\n", database),
                            ("    plugin: redis-sink\n", redis),
                            ("  readers: 2 ", query)):
            if keys:
                text = _with_keys(text, after, keys.split("\n"))
        return self.write(name, text + extra)

    def host(self, config="config.yaml", environment=None, directory=None):
        path = config if os.path.isabs(config) else os.path.join(e2e.SOURCE, config)
        host = e2e.Host(directory or self.directory, path, environment)
        host.ack_timeout = None  # as shipped: answers in an outage are what is looked at
        self.hosts.append(host)
        self.stack.callback(self._end, host)
        return host

    @staticmethod
    def kill(host):
        """kill -9 of a host that is alive."""
        expect(host.process.poll() is None, "the host ended by itself: %s" % host.process.poll())
        host.kill()

    @staticmethod
    def _end(host):
        if host.process is not None:
            host.kill()

    def begin_journal(self):
        """A new account: what was sent before is no longer looked at."""
        self.journal_path = os.path.join(self.directory, "journal-%d" % len(self.loads))
        self.journal = Journal(self.journal_path)

    def load(self, port, **options):
        """Starts an audited load; its stop() waits for the last outcomes."""
        load = Load(port, self.journal, first_number=self.take_numbers(),
                    seed=self.random.random(), **options)
        self.loads.append(load)
        self.stack.callback(load.abandon)
        return load.start()

    def take_numbers(self):
        """The first of 50 million readings' numbers that nobody else uses."""
        first = self._next_number
        self._next_number += 50_000_000
        return first

    # Checks ------------------------------------------------------------------------------------

    def wait_for_answers(self, load, count):
        """Until `count` more requests were answered."""
        enough = load.answered + count
        poll(lambda: load.answered >= enough or load.error, "%d requests were answered" % enough)

    def settle(self, host, *sinks, seconds=PATIENCE):
        """Waits until nothing waits for a sink (for all, or those named) and checks the ledger."""
        def settled():
            return all(sink["waiting"] == 0 for sink in host.ledger()["sinks"]
                       if not sinks or sink["name"] in sinks)
        poll(settled, "no reading waits; its log: " + host.log_path, seconds)
        return self.check_ledger(host)

    @staticmethod
    def check_ledger(host):
        """accepted = delivered + waiting + dead-lettered + lost, of each sink, at rest."""
        ledger = host.ledger()
        for sink in ledger["sinks"]:
            parts = [sink[part] for part in ("delivered", "waiting", "dead_lettered", "lost")]
            expect(sink["accepted"] == sum(parts),
                   "the ledger does not balance: %s" % json.dumps(sink))
        return ledger

    def verify(self, postgres=None, redis=None, sqlite=None, dead_letters=frozenset(), taken=()):
        """Compares all that was journalled with the stores: a url, (url, queue), a path.

        `dead_letters`: ids that a database refused for good. `taken`: messages that are no longer
        in the queue, because a consumer has them.
        """
        account = Account(self.journal_path)
        verdicts = []
        if postgres:
            verdicts.append(verify(account, "postgres", stores.postgres(postgres), dead_letters))
        if sqlite:
            verdicts.append(verify(account, "sqlite", stores.sqlite(sqlite), dead_letters))
        if redis:
            # A list cannot know what it has: at least once is what it promises.
            found = itertools.chain(taken, stores.redis_list(*redis))
            queue = verify(account, "redis", found, at_least_once=True)
            verdicts.append(queue)
            self.add("queue_redelivered", queue.redelivered)
        for verdict in verdicts:
            expect(not verdict.wrong(), json.dumps(verdict.as_dict()))
        expect(not account.malformed, "malformed acknowledgements: %s" % account.malformed[:3])
        expect(account.acknowledged, "nothing was acknowledged: the run showed nothing")
        self._verified += 1
        self.add("acknowledged", len(account.acknowledged))
        self.add("no_answer", account.outcomes["unknown"])
        self.add("not_sent", account.statuses.get(0, 0))
        self.add("refused", account.outcomes["fail"] - account.statuses.get(0, 0))
        for kind in ("lost", "duplicate", "phantom", "changed"):
            self.add(kind, sum(verdict.counts[kind] for verdict in verdicts))
        return account

    def add(self, figure, value):
        self.figures[figure] = self.figures.get(figure, 0) + value

    def finish(self):
        """At the end of every run."""
        for host in self.hosts:
            report = host.sanitizer_report()
            expect(report is None, report)
        expect(self._verified or self.figures.get("checked"),
               "the scenario compared nothing with the stores")

    def close(self):
        self.stack.close()


def _with_keys(text, after, keys):
    """`keys` behind the line that begins with `after`, instead of those that its section has."""
    end = text.index("\n", text.index(after)) + 1
    indent = after[:len(after) - len(after.lstrip())]
    rest = text[end:].splitlines(True)
    section = list(itertools.takewhile(lambda line: line.startswith(indent), rest))
    names = tuple(indent + key.split(":")[0] + ":" for key in keys)
    lines = [indent + key + "\n" for key in keys]
    lines += [line for line in section if not line.startswith(names)]
    return text[:end] + "".join(lines + rest[len(section):])


def scenarios():
    """Name: module, in the order of names. A module has SUMMARY, SHORT and LONG (how often, or
    for how many seconds: what its UNIT says) and run(fault)."""
    import scenarios as package
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        found[module.name.replace("_", "-")] = importlib.import_module("scenarios." + module.name)
    return dict(sorted(found.items()))


def run(name, module, cycles, seconds, seed, out):
    """Runs one; prints its figures as JSON; the exit status."""
    begin = time.monotonic()
    try:
        fault = Fault(cycles, seconds, seed)
        with contextlib.closing(fault):
            try:
                module.run(fault)
                fault.finish()
            except (Skip, own_stores.Unavailable):
                raise
            except BaseException:
                for host in fault.hosts:
                    if os.path.exists(host.log_path):
                        print("--- the end of %s" % host.log_path, file=sys.stderr)
                        print(host.log()[-4000:], file=sys.stderr)
                print("seed %r; again with --seed" % seed, file=sys.stderr)
                raise
    except (Skip, own_stores.Unavailable) as reason:
        print("%s: skipped: %s" % (name, reason))
        return SKIPPED
    except Failed as failed:
        print("%s: FAILED: %s" % (name, failed))
        return 1
    figures = {"scenario": name, "cycles": cycles, "seconds_each": seconds,
               "took_s": round(time.monotonic() - begin, 1), **fault.figures}
    print(json.dumps(figures))
    if out:
        with open(out, "a") as file:
            file.write(json.dumps(figures) + "\n")
    return 0


__all__ = ["Failed", "Fault", "RETRY_SOON", "Skip", "expect", "percentile", "poll", "run",
           "scenarios"]
