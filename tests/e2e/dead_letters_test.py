"""Readings that a sink refused for good: listed, replayed and dropped beside the host."""
import json
import os
import re
import sqlite3
import subprocess
import unittest

import e2e

HOT = 195.0  # what the constraint added by hand refuses


class DeadLettersTest(e2e.HostTest):
    def command(self, host, *words, status=0):
        """Runs it in the host's environment; returns (output, what it said on stderr)."""
        done = subprocess.run([e2e.HOST_BINARY, "dead-letters", *words, "--config", host.config],
                              cwd=host.directory, env=host.full_environment(),
                              capture_output=True, text=True, timeout=e2e.PATIENCE)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def letters(self, host, *words):
        output, said = self.command(host, "ls", "--json", *words)
        letters = [json.loads(line) for line in output.splitlines()]
        self.assertIn("%d dead letter" % len(letters), said)
        return letters

    def letter_files(self, host):
        directory = os.path.join(host.full_environment()["SPOOL_DIR"], "dead-letters")
        return [name for name in sorted(os.listdir(directory)) if name.endswith(".log")]

    def with_rows(self, rows):
        """config.yaml with so many readings in one write."""
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            text = file.read()
        self.assertIn("batch_rows_max: 5000 ", text)
        return self.write("rows.yaml", text.replace("batch_rows_max: 5000 ",
                                                    "batch_rows_max: %d " % rows))


class PostgresTest(DeadLettersTest):
    def setUp(self):
        super().setUp()
        self.environment, self.db, self.redis, self.queue_name = self.stores()
        self.environment["PLUGIN_DIR"] = os.path.join(e2e.BUILD, "plugins")

    def sql(self, text):
        cursor = self.db.cursor()
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else None

    def stored(self):
        return self.sql("SELECT count(*) FROM sensor_data")[0][0]

    def forbid_heat(self):
        self.sql("ALTER TABLE sensor_data ADD CONSTRAINT by_hand "
                 "CHECK (temperature < 190) NOT VALID")

    def allow_heat(self):
        self.sql("ALTER TABLE sensor_data DROP CONSTRAINT by_hand")

    def running(self, config="config.yaml"):
        host = self.host(config, self.environment).start()
        e2e.poll(lambda: host.connected("database"), "the table is there")
        e2e.poll(lambda: self.sql("SELECT to_regclass('sensor_data') IS NOT NULL")[0][0],
                 "the table is there")
        return host

    def send(self, host, readings, letters):
        """Sends them and waits until each is stored or a dead letter; returns their ids."""
        before = self.stored()
        ids = []
        with e2e.contextlib.closing(host.client()) as client:
            for first in range(0, len(readings), 100):
                answer = client.batch(readings[first:first + 100])
                self.assertIn(answer.status, (201, 202))
                ids += answer.json["reading_ids"]
        e2e.poll(lambda: self.stored() == before + len(readings) - letters, "the others are stored")
        e2e.poll(lambda: host.ledger()["sinks"][0]["waiting"] == 0, "nothing waits")
        return ids

    def test_the_whole_story(self):
        host = self.running()
        self.assertEqual(self.letters(host), [])
        self.forbid_heat()
        readings = [e2e.reading(i) for i in range(1000)]
        readings[637]["temperature"] = HOT
        ids = self.send(host, readings, letters=1)
        self.assertEqual(self.stored(), 999)

        # ls, while the host runs.
        (letter,) = self.letters(host)
        self.assertEqual(letter["sink"], "database")
        self.assertEqual(letter["sequence"], 637)
        self.assertRegex(letter["reason"], "^23514: .*by_hand")
        self.assertEqual(letter["reading"], dict(readings[637], reading_id=ids[637]))
        table, said = self.command(host, "ls")
        self.assertEqual(said, "1 dead letter\n")
        self.assertRegex(table, r"SINK .*\ndatabase +637 .*%s  23514: .*by_hand" % ids[637])
        self.assertIn('"temperature":195.0', table)
        self.assertEqual(self.letters(host, "--sink", "redis"), [])

        # replay, while the cause is there.
        output, said = self.command(host, "replay", "--all", status=1)
        self.assertRegex(output, "%s  stays: 23514: .*by_hand" % ids[637])
        self.assertIn("0 dead letters replayed, 1 stay", said)
        self.assertEqual(len(self.letters(host)), 1)

        # The constraint is gone: stored, once, with all its values.
        self.allow_heat()
        self.command(host, "replay", "--sink", "database", "--id", ids[637])
        self.assertEqual(self.letters(host), [])
        self.assertEqual(self.sql("SELECT temperature, equipment_id FROM sensor_data "
                                  "WHERE id = '%s'" % ids[637]),
                         [(HOT, readings[637]["equipment_id"])])
        self.command(host, "replay", "--all")
        self.assertEqual(self.stored(), 1000)
        self.assertEqual(self.letter_files(host), ["database.1.log"], "the host may write there")

        # The host goes on with the same file; then it stops, and the file can go.
        self.forbid_heat()
        again = self.send(host, [e2e.reading(1, temperature=HOT)], letters=1)
        self.assertEqual(host.stop(), 0)
        self.allow_heat()
        self.assertEqual(self.letters(host)[0]["reading"]["reading_id"], again[0])
        self.command(host, "replay", "--all")
        self.assertEqual(self.stored(), 1001)
        self.command(host, "replay", "--all")
        self.assertEqual(self.stored(), 1001)
        self.assertEqual(self.letter_files(host), [])

    def test_drop(self):
        host = self.running()
        self.forbid_heat()
        ids = self.send(host, [e2e.reading(i, temperature=HOT) for i in range(5)], letters=5)
        output, said = self.command(host, "drop", "--id", ids[1], "--id", ids[3])
        dropped = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([letter["reading"]["reading_id"] for letter in dropped], [ids[1], ids[3]])
        self.assertEqual(said, "2 dead letters dropped\n")
        self.allow_heat()
        self.command(host, "replay", "--all")
        self.assertEqual({row[0] for row in self.sql("SELECT id::text FROM sensor_data")},
                         {ids[0], ids[2], ids[4]})
        # Neither do they come back with the next start.
        host.kill()
        host.start()
        self.assertEqual(self.letters(host), [])

    def test_nothing_is_dropped_without_a_trace(self):
        host = self.running()
        self.forbid_heat()
        self.send(host, [e2e.reading(0, temperature=HOT)], letters=1)
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [e2e.HOST_BINARY, "dead-letters", "drop", "--all", "--config", host.config],
                cwd=host.directory, env=host.full_environment(), stdout=full,
                stderr=subprocess.PIPE, text=True, timeout=e2e.PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the output", done.stderr)
        self.assertEqual(len(self.letters(host)), 1)

    def test_what_cannot_be_done_is_said(self):
        host = self.running()
        self.forbid_heat()
        ids = self.send(host, [e2e.reading(i, temperature=HOT) for i in range(2)], letters=2)
        wrong = "00000000-0000-7000-8000-000000000000"
        for action in ("replay", "drop"):
            output, said = self.command(host, action, "--id", ids[0], "--id", wrong, status=1)
            self.assertIn('no dead letter with the reading id "%s"' % wrong, said)
            self.assertEqual(output, "", "nothing is done at all")
        _, said = self.command(host, "ls", "--sink", "databse", status=1)
        self.assertRegex(said, 'no sink "databse"; there are database, redis')
        self.assertEqual(len(self.letters(host)), 2)
        # A server that is away is no refusal: the letters stay as they are, and why is said.
        self.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:%d/none" % e2e.free_port()
        output, said = self.command(host, "replay", "--all", status=1)
        self.assertEqual(output, "")
        self.assertIn("the replay to database stopped: ", said)
        self.assertEqual(len(self.letters(host)), 2)

    def test_letters_of_a_sink_that_is_gone(self):
        host = self.running()
        self.forbid_heat()
        ids = self.send(host, [e2e.reading(0, temperature=HOT)], letters=1)
        self.assertEqual(host.stop(), 0)
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            text = file.read().replace("name: database ", "name: archive ")
        host.config = self.write("renamed.yaml", text.replace("storage: database",
                                                              "storage: archive"))
        (letter,) = self.letters(host)
        self.assertEqual(letter["sink"], "database")
        _, said = self.command(host, "replay", "--all", status=1)
        self.assertIn('the sink "database" is not configured', said)
        output, _ = self.command(host, "drop", "--sink", "database", "--all")
        self.assertIn(ids[0], output)
        self.assertEqual(self.letters(host), [])

    def test_two_commands_at_once(self):
        host = self.running()
        self.forbid_heat()
        self.send(host, [e2e.reading(i, temperature=HOT) for i in range(3)], letters=3)
        self.allow_heat()
        # The first one waits for the table, holding the letters.
        self.sql("BEGIN")
        self.sql("LOCK TABLE sensor_data")
        words = [e2e.HOST_BINARY, "dead-letters", "replay", "--all", "--config", host.config]
        first = subprocess.Popen(words, cwd=host.directory, env=host.full_environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(first.stdout.close)
        lock = os.path.join(host.directory, "spool", "dead-letters", "database.lock")

        def has_lock():
            if not os.path.exists(lock):
                return False
            with open(lock) as file:
                return file.read().strip() == str(first.pid)

        e2e.poll(has_lock, "the first command has the lock")
        for action in ("replay", "drop"):
            output, said = self.command(host, action, "--all", status=1)
            self.assertIn("process %d" % first.pid, said)
            self.assertEqual(output, "")
        self.sql("COMMIT")
        self.assertEqual(first.wait(e2e.PATIENCE), 0, first.stdout.read())
        self.assertEqual(self.stored(), 3)
        self.assertEqual(self.letters(host), [])

    def test_stored_but_not_yet_settled_is_stored_once(self):
        host = self.running()
        self.forbid_heat()
        self.send(host, [e2e.reading(i, temperature=HOT) for i in range(3)], letters=3)
        self.allow_heat()
        in_the_way = os.path.join(host.directory, "spool", "dead-letters", "database.settled.new")
        os.mkdir(in_the_way)
        _, said = self.command(host, "replay", "--all", status=1)
        self.assertIn("database.settled.new", said)
        self.assertEqual(self.stored(), 3)
        self.assertEqual(len(self.letters(host)), 3, "nothing was settled")
        os.rmdir(in_the_way)
        self.command(host, "replay", "--all")
        self.assertEqual(self.stored(), 3)
        self.assertEqual(self.letters(host), [])

    def test_killed_again_and_again(self):
        host = self.running(self.with_rows(7))
        self.forbid_heat()
        readings = 140
        ids = self.send(host, [e2e.reading(i, temperature=HOT) for i in range(readings)],
                        letters=readings)
        self.allow_heat()
        # So that it is still at it when it is killed.
        self.sql("CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END $$; "
                 "CREATE TRIGGER pause AFTER INSERT ON sensor_data EXECUTE FUNCTION pause()")
        words = [e2e.HOST_BINARY, "dead-letters", "replay", "--all", "--config", host.config]
        kills = 0
        while self.letters(host):
            before = self.stored()
            replay = subprocess.Popen(words, cwd=host.directory, env=host.full_environment(),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            e2e.poll(lambda: replay.poll() is not None or self.stored() > before,
                     "the replay stores something")
            kills += replay.poll() is None
            replay.kill()
            replay.wait()
            left = {letter["reading"]["reading_id"] for letter in self.letters(host)}
            there = {row[0] for row in self.sql("SELECT id::text FROM sensor_data")}
            self.assertEqual(left | there, set(ids), "each is a letter, or stored, or both")
        self.assertGreater(kills, 0)
        self.assertEqual(self.stored(), readings)

    def test_a_letter_from_before_a_field(self):
        host = self.running()
        self.forbid_heat()
        ids = self.send(host, [e2e.reading(0, temperature=HOT)], letters=1)
        self.assertEqual(host.stop(), 0)
        self.allow_heat()
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            text = re.sub(r"(?m)^    voltage: .*$", "    rpm: { type: integer }", file.read())
        host.config = self.write("rpm.yaml", text.replace(
            '      voltage: { min: "${MIN_VOLTAGE:-0}", max: "${MAX_VOLTAGE:-500}" }\n', ""))
        _, said = self.command(host, "replay", "--all")
        self.assertIn('the field "voltage" of some letters was left out', said)
        self.assertEqual(self.sql("SELECT id::text, temperature, rpm FROM sensor_data"),
                         [(ids[0], HOT, None)])


class SqliteTest(DeadLettersTest):
    def test_a_replay_beside_a_host_that_writes(self):
        host = self.host().start()
        with e2e.contextlib.closing(host.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(0)).status, 201)
            path = host.full_environment()["SQLITE_PATH"]
            with e2e.contextlib.closing(sqlite3.connect(path, timeout=e2e.PATIENCE)) as db:
                db.execute("CREATE TRIGGER by_hand BEFORE INSERT ON sensor_data "
                           "WHEN NEW.temperature > 190 "
                           "BEGIN SELECT RAISE(ABORT, 'too hot by hand'); END")
                answer = client.batch([e2e.reading(i, temperature=HOT) for i in range(50)])
                self.assertEqual(answer.status, 202)
                e2e.poll(lambda: len(self.letters(host)) == 50, "all are dead letters")
                self.assertIn("too hot by hand", self.letters(host)[0]["reason"])
                db.execute("DROP TRIGGER by_hand")
        load = self.load(host.port)
        e2e.poll(lambda: load.accepted > 50, "load runs")
        self.command(host, "replay", "--all")
        before = load.accepted
        e2e.poll(lambda: load.accepted > before + 50, "load goes on")
        load.stop()
        self.assertEqual(self.letters(host), [])
        self.assertEqual(host.stop(), 0)
        with e2e.contextlib.closing(sqlite3.connect(path)) as db:
            hot = db.execute("SELECT id FROM sensor_data WHERE temperature = ?", (HOT,))
            there = [row[0] for row in hot]
        for reading_id in answer.json["reading_ids"]:
            self.assertEqual(there.count(reading_id), 1)


if __name__ == "__main__":
    unittest.main()
