"""Hosts that run a plugin of tests/plugins/faulty beside sound ones."""
import os
import sqlite3

import e2e

FAULTY = os.path.join(e2e.BUILD, "tests", "faulty")
SHIPPED = os.path.join(e2e.BUILD, "plugins")
FIELDS = """{ temperature: { type: double }, vibration: { type: double },
            pressure: { type: double }, humidity: { type: double }, voltage: { type: double } }"""

CONFIG = """\
http: { host: "${HOST}", port: "${PORT}", threads: "${HTTP_THREADS}" }
reading:
  fields: %(fields)s
plugin_dirs: [ "%(faulty)s", "%(shipped)s" ]
validators: [ %(validators)s ]
spool: { dir: "${SPOOL_DIR}" }
drain: { timeout: %(drain)s }
storage: %(storage)s
ack: %(ack)s
ack_timeout: %(ack_timeout)s
sinks:
  - { name: database, plugin: sqlite-sink, options: { path: "${SQLITE_PATH}" } }
%(sinks)s"""

# A second sink, sound or not, under the same name: what waits for the one is for the other.
OTHER = "  - { name: other, plugin: %s, retry: { delay_max: 200ms }, options: %s }\n"


class FaultyHostTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.crashed = set()  # hosts whose sanitizer may say so

    def end_hosts(self):
        self.end_hosts_now()
        for host in self.hosts:
            if host not in self.crashed:
                self.assertIsNone(host.sanitizer_report())

    def config(self, name, fault=None, second_sink=None, **changes):
        """A file: with the faulty plugin in its place; without, sound."""
        values = {"fields": FIELDS, "faulty": FAULTY, "shipped": SHIPPED, "validators": "",
                  "drain": "30s", "storage": "database", "ack": "sink",
                  "ack_timeout": "${ACK_TIMEOUT:-2s}", "sinks": ""}
        if fault and fault.fields:
            values["fields"] = fault.fields
        if fault and not fault.sink:
            values["validators"] = "{ plugin: %s, on_error: %s, options: %s }" % (
                fault.plugin, changes.pop("on_error", "refuse"), fault.options or "{}")
        if fault and fault.sink:
            values["sinks"] = OTHER % (fault.plugin, fault.options or "{}")
        elif second_sink:
            values["sinks"] = OTHER % ("sqlite-sink", '{ path: "%s" }' % self.path("other.db"))
        values.update(changes)
        return self.write(name + ".yaml", CONFIG % values)

    def path(self, name):
        return os.path.join(self.directory, name)

    def faulty_host(self, fault, **changes):
        """Not started, in a directory of its own."""
        directory = self.path("host-%d" % len(self.hosts))
        os.makedirs(directory)
        return self.host(self.config(fault.plugin, fault, **changes), directory=directory)

    def ends(self, host, status):
        """It ends by itself: a signal's number is negative."""
        found = host.process.wait(e2e.PATIENCE)
        host.process = None
        self.assert_status(host, found, status)

    def assert_status(self, host, found, status):
        log = host.log() if os.path.exists(host.log_path) else ""
        died = status is None or status < 0
        if died and e2e.sanitizer():  # which ends the process with its report instead
            self.crashed.add(host)
            self.assertNotEqual(found, 0, log)
        elif status is None:
            self.assertLess(found, 0, log)
        else:
            self.assertEqual(found, status, log)

    def rows(self, path):
        """What the table holds, by column name."""
        with e2e.contextlib.closing(sqlite3.connect(path)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute("SELECT * FROM sensor_data")]

    def forget_triggers(self, *paths):
        """The readings that are sent to make a plugin go wrong are in nobody's journal."""
        for path in paths:
            with e2e.contextlib.closing(sqlite3.connect(path)) as db, db:
                db.execute("DELETE FROM sensor_data WHERE equipment_id LIKE 'CRASH%'"
                           " OR length(equipment_id) > 100 OR temperature IS NULL")


def sink_line(host, name):
    """Of the ledger."""
    return next(sink for sink in host.ledger()["sinks"] if sink["name"] == name)


def health(host):
    """What /health says; a core that hangs is passed by: its connections get no answer."""
    for _ in range(8):
        with e2e.contextlib.closing(e2e.Client(host.port, timeout=2)) as client:
            try:
                return client.get("/health").json
            except OSError:
                continue
    return None
