"""One reading in 1,000 that PostgreSQL refuses for good, under load and through an outage."""
import json
import signal
import subprocess
import time

import e2e
import own_stores
import private_servers
from audit.journal import Account
from audit.readings import differences, number_of
from audit.stores import postgres as stored_in, time_in
from audit.verify import verify
from harness import expect, poll

SUMMARY = "1 reading in 1,000 breaks a constraint, under load with an outage; letters replayed"
SHORT = {"seconds": 4}
LONG = {"seconds": 60}

# Follows from a reading's number: see audit/readings.py.
POISON = "%-037"
CONSTRAINT = "no_equipment_37"
RATE = 3000
RETRY = "retry: { delay_min: 50ms, delay_max: 500ms }"


def is_poison(number):
    return number % 1000 == 37


def run(fault):
    server = private_servers.PrivatePostgres(fault.subdirectory("postgres"), e2e.free_port())
    fault.stack.callback(server.end)
    server.start()
    redis_url, queue, _ = fault.queue()
    environment = own_stores.store_environment(server.url, redis_url, queue)
    host = fault.host(fault.config(database=RETRY), environment).start()
    poll(lambda: host.connected("database", "redis"), "both sinks are connected")
    execute(server, "ALTER TABLE sensor_data ADD CONSTRAINT %s CHECK (equipment_id NOT LIKE '%s')"
            % (CONSTRAINT, POISON))

    load_with_outage(fault, host, server)
    ledger = fault.settle(host)
    letters = check_letters(fault, host, ledger)
    identities = [letter["reading"]["reading_id"] for letter in letters]
    check_others(fault, server, identities)

    refused = dead_letters(host, "replay", "--all", status=1)
    expect(refused.count(CONSTRAINT) == len(letters), "replayed into the constraint: " + refused)
    expect(len(listed(host)) == len(letters), "letters went though the constraint is there")

    execute(server, "ALTER TABLE sensor_data DROP CONSTRAINT " + CONSTRAINT)
    half = len(identities) // 2
    dead_letters(host, "replay", *options_of(identities[:half]))
    expect(ids_of(listed(host)) == identities[half:], "the other half does not wait")
    expect(host.stop() == 0, "the host did not end well")
    dead_letters(host, "replay", "--all")
    dead_letters(host, "replay", "--all")  # nothing is left to do, and nothing is done twice
    expect(not listed(host), "letters are left")
    fault.verify(postgres=server.url, redis=(redis_url, queue))


def load_with_outage(fault, host, server):
    load = fault.load(host.port, sizes=(1, 40), rate=RATE)
    for _ in range(2):
        end = time.monotonic() + fault.seconds / 2
        poll(lambda: time.monotonic() > end and load.next_number > 5000, "load runs")
        # The readings that are poison and those that are not: all wait, none is given up.
        server.end(signal.SIGKILL)
        poll(lambda: not host.connected("database"), "the host sees the database gone")
        fault.wait_for_answers(load, 100)
        server.start()
    load.stop()
    expect(not load.refusals and not load.no_answer, "clients noticed: %s %s"
           % (load.refusals[:3], load.no_answer[:3]))


def check_letters(fault, host, ledger):
    """Each reading that is poison, and no other, is one letter that tells all of it."""
    account = Account(fault.journal_path)
    poisoned = {identity for identity, number in account.acknowledged.items() if is_poison(number)}
    expect(len(poisoned) >= 5, "only %d readings were poison" % len(poisoned))
    letters = listed(host)
    expect(len(letters) == len(poisoned) and set(ids_of(letters)) == poisoned,
           "%d letters for %d readings that are poison" % (len(letters), len(poisoned)))
    for letter in letters:
        reading = dict(letter["reading"])
        number = number_of(time_in(reading.pop("timestamp")))
        expect(number == account.acknowledged[reading.pop("reading_id")] and
               not differences(number, reading), "not what was sent: %s" % letter)
        expect(letter["sink"] == "database" and "23514" in letter["reason"]
               and CONSTRAINT in letter["reason"], "not the reason: %s" % letter)
    counted = {sink["name"]: sink["dead_lettered"] for sink in ledger["sinks"]}
    expect(counted == {"database": len(letters), "redis": 0}, "the ledger says %s" % counted)
    fault.figures["dead_letters"] = len(letters)
    return letters


def check_others(fault, server, identities):
    """All the others are stored, and none of these is."""
    verdict = verify(Account(fault.journal_path), "postgres", stored_in(server.url),
                     set(identities))
    expect(not verdict.wrong() and verdict.dead_lettered == len(identities),
           json.dumps(verdict.as_dict()))


def execute(server, statement):
    connection = server.connect()
    connection.cursor().execute(statement)
    connection.close()


def dead_letters(host, action, *options, status=0):
    """What the command prints."""
    done = subprocess.run([e2e.HOST_BINARY, "dead-letters", action, "--config", host.config,
                           *options], env=host.full_environment(), cwd=host.directory,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    expect(done.returncode == status, "dead-letters %s ended with %d: %s%s"
           % (action, done.returncode, done.stdout[:2000], done.stderr[:2000]))
    return done.stdout


def listed(host):
    return [json.loads(line) for line in dead_letters(host, "ls", "--json").splitlines()]


def ids_of(letters):
    return [letter["reading"]["reading_id"] for letter in letters]


def options_of(identities):
    return [part for identity in identities for part in ("--id", identity)]
