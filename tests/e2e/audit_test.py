"""The audit client sees what it is for: each fault is made by hand and must be named."""
import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import unittest
import uuid

import audit.__main__
import e2e
from audit.journal import Account
from audit.readings import reading_of

KINDS = ("lost", "duplicate", "phantom", "changed")
COLUMNS = 'equipment_id, temperature, vibration, pressure, humidity, voltage, "timestamp"'
# Far above the numbers that the load gets to.
UNHEARD_OF = 40_000_000_000


class AuditTest(e2e.HostTest):
    def audit(self, *arguments):
        """(exit status, a dict for each line that it printed)"""
        done = subprocess.run([sys.executable, "-m", "audit", *arguments], text=True,
                              stdout=subprocess.PIPE, timeout=e2e.PATIENCE)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def verify(self):
        return self.audit("verify", "--journal", self.journal, *self.where)

    def verify_quickly(self):
        """The same without a process of its own."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            status = audit.__main__.main(["verify", "--journal", self.journal, *self.where])
        return status, [json.loads(line) for line in printed.getvalue().splitlines()]

    def fill(self, config, environment=None):
        """Some audited load into a host that then ends well."""
        self.journal = os.path.join(self.directory, "by-command")
        host = self.host(config, environment).start()
        status, (summary,) = self.audit("load", "--journal", self.journal, "--port",
                                        str(host.port), "--connections", "8", "--seconds", "0.5")
        self.assertEqual(status, 0, summary)
        self.assertEqual(summary["accepted"], summary["answered"])
        self.assertEqual(host.stop(), 0)
        self.account = Account(self.journal)
        self.assertGreater(len(self.account.acknowledged), 10)

    def expect(self, kind, verify=None):
        """This fault is found, once and nothing else; None: nothing is."""
        status, (verdict,) = (verify or self.verify_quickly)()
        found = {name: verdict[name] for name in KINDS if verdict[name]}
        self.assertEqual((status, found), (1, {kind: 1}) if kind else (0, {}), verdict)
        self.assertEqual(verdict["acknowledged"], len(self.account.acknowledged))

    def check_table(self, run):
        """`run` executes SQL and returns rows. Each change is undone before the next."""
        def copy(values, which=""):
            return ("INSERT INTO sensor_data (id, created_at, %s) SELECT '%s', created_at, %s "
                    "FROM kept %s LIMIT 1" % (COLUMNS, uuid.uuid4(), values, which))

        def stranger(number):
            return copy(", ".join(repr(value) for value in reading_of(number).values()))

        def check(fault, *statements):
            with self.subTest(fault, statements=statements):
                for sql in statements:
                    run(sql)
                self.expect(fault)
            run("DELETE FROM sensor_data")
            run("INSERT INTO sensor_data SELECT * FROM kept")

        chosen, other = sorted(self.account.acknowledged)[3:5]
        one = "WHERE id = '%s'" % chosen
        run("CREATE TABLE kept AS SELECT * FROM sensor_data")
        check(None)
        check("lost", "DELETE FROM sensor_data " + one)
        check("duplicate", copy(COLUMNS, one))
        update = "UPDATE sensor_data SET %s " + one
        check("changed", update % "pressure = pressure + 0.125")
        check("changed", update % "equipment_id = 'PUMP-B1-001'")
        check("changed", update % "humidity = NULL")
        check("changed", update % "\"timestamp\" = '2026-03-02T00:00:00Z'")
        check("changed", update % ("\"timestamp\" = (SELECT \"timestamp\" FROM kept WHERE "
                                   "id = '%s')" % other))
        check("phantom", stranger(UNHEARD_OF))
        self.journalled("fail", UNHEARD_OF + 1, 503)
        check(None)
        check("phantom", stranger(UNHEARD_OF + 1))
        self.journalled("unknown", UNHEARD_OF + 2, "no answer")
        check(None)
        check(None, stranger(UNHEARD_OF + 2))
        check("duplicate", stranger(UNHEARD_OF + 2), stranger(UNHEARD_OF + 2))
        # The client died before it knew: as good as no answer.
        self.journalled(None, UNHEARD_OF + 3)
        check(None, stranger(UNHEARD_OF + 3))
        # Where no key forbids it.
        self.where += ["--table", "kept"]
        run("INSERT INTO kept SELECT * FROM kept " + one)
        self.expect("duplicate")

    def journalled(self, kind, number, *outcome):
        """What a client would have written about reading `number`."""
        identity = 10**9 + number
        with open(self.journal, "a") as file:
            for line in ["attempt", identity, number, 1], [kind, identity, *outcome]:
                if line[0]:
                    file.write(json.dumps(line) + "\n")

    def test_postgres_and_redis(self):
        environment, db, redis, queue = self.stores()
        self.fill("config.yaml", environment)
        self.where = ["--redis-url", environment["REDIS_URL"], "--queue", queue]
        self.check_list(redis, queue)
        self.where = ["--database-url", environment["DATABASE_URL"]]

        def run(sql):
            cursor = db.cursor()
            cursor.execute(sql)

        self.check_table(run)

    def test_sqlite(self):
        self.fill("presets/embedded.yaml")
        path = os.path.join(self.directory, "readings.db")
        self.where = ["--sqlite", path]
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            self.check_table(db.execute)

    def check_list(self, redis, queue):
        messages = redis.lrange(queue, 0, -1)

        def check(fault, *changed):
            with self.subTest(fault):
                redis.delete(queue)
                redis.rpush(queue, *changed)
                self.expect(fault)

        one, *others = messages
        check(None, *messages)
        check("lost", *others)
        check(None, one, *messages)  # a list may hold a message twice
        fields = json.loads(one)
        changed = {**fields, "voltage": fields["voltage"] + 1}
        check("changed", json.dumps(changed), *others)
        check("changed", json.dumps(changed), *messages)
        check("duplicate", json.dumps({**fields, "reading_id": str(uuid.uuid4())}), *messages)
        foreign = {**reading_of(UNHEARD_OF), "reading_id": str(uuid.uuid4())}
        check("phantom", json.dumps(foreign), *messages)
        check(None, *messages)

    def test_dead_letters_are_not_lost(self):
        self.fill("presets/embedded.yaml")
        path = os.path.join(self.directory, "readings.db")
        letters = os.path.join(self.directory, "letters")
        chosen = min(self.account.acknowledged)
        with open(letters, "w") as file:
            file.write(json.dumps({"reading": {"reading_id": chosen}}) + "\n")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("DELETE FROM sensor_data WHERE id = ?", (chosen,))
        self.where = ["--sqlite", path]
        self.expect("lost", self.verify)
        self.where += ["--dead-letters", letters]
        self.expect(None, self.verify)

    def test_an_acknowledgement_that_does_not_name_each_reading_once(self):
        self.fill("presets/embedded.yaml")
        self.where = ["--sqlite", os.path.join(self.directory, "readings.db")]
        self.expect(None, self.verify)
        self.journalled("ok", UNHEARD_OF, 201, [])
        status, (_, malformed) = self.verify()
        self.assertEqual((status, malformed), (1, {"malformed_acknowledgements": [[]]}))


if __name__ == "__main__":
    unittest.main()
