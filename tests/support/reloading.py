"""A host whose configuration a test changes while it runs. Configurations are made of Python
values: JSON is YAML."""
import copy
import json
import os
import shutil
import subprocess

import e2e

FIELDS = ("temperature", "vibration", "pressure", "humidity", "voltage")


def configuration():
    """A small one with a SQLite database, to be changed at will."""
    return {
        "http": {"host": "${HOST}", "port": "${PORT}", "threads": "${HTTP_THREADS}"},
        "reading": {"fields": {name: {"type": "double"} for name in FIELDS}},
        "plugin_dirs": ["plugins", os.path.join(e2e.BUILD, "plugins")],
        "validators": [],
        "spool": {"dir": "${SPOOL_DIR}"},
        "storage": "database",
        "ack_timeout": "${ACK_TIMEOUT:-2s}",
        "sinks": [sqlite("database")],
    }


def sqlite(name, file=None, **members):
    return {"name": name, "plugin": "sqlite-sink",
            "options": {"path": file or name + ".db"}, **members}


def stamp(word="none", **options):
    return {"plugin": "stamp", "options": {"word": word, **options}}


def ask(host, *words):
    """`ingest-host reload` in the host's directory: (exit status, what it printed)."""
    done = subprocess.run([e2e.HOST_BINARY, "reload", *words], cwd=host.directory, text=True,
                          env=host.full_environment(), timeout=3 * e2e.PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class ReloadTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.directory, "config.yaml")
        self.plugins = os.path.join(self.directory, "plugins")
        os.mkdir(self.plugins)
        self.config = configuration()

    def put(self, config=None):
        """Writes the file, as an editor does."""
        with open(self.path + ".new", "w") as file:
            json.dump(self.config if config is None else config, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def install(self, build, name="stamp"):
        """Puts this build of a plugin in place of another one, into the very same file."""
        source = os.path.join(e2e.BUILD, "tests", "builds", str(build), name + ".so")
        with open(source, "rb") as new, \
                open(os.path.join(self.plugins, name + ".so"), "ab") as there:
            there.truncate(0)
            shutil.copyfileobj(new, there)

    def serve(self, environment=None):
        self.put()
        self.served = self.host(self.path, environment).start()
        return self.served

    def command(self, *words, host=None):
        """`ingest-host reload`: (exit status, what it printed)."""
        return ask(host or self.served, *words)

    def reload(self, config=None):
        """With the present configuration; it must work. Returns what was printed."""
        self.put(config)
        status, text = self.command("--config", self.path)
        self.assertEqual(status, 0, text + self.served.log())
        return text

    def refused(self, config, status=2):
        """The reload with another configuration is refused; returns what was printed."""
        self.put(config)
        found, text = self.command("--config", self.path)
        self.put()
        self.assertEqual(found, status, text)
        return text

    def changed(self, change):
        """A copy of the configuration, changed."""
        config = copy.deepcopy(self.config)
        change(config)
        return config

    def place(self, text, config, line=1):
        """file:line:column of the value behind `text`, which stands once in the file."""
        lines = json.dumps(config, indent=1).split("\n")
        found = [number for number, one in enumerate(lines, line) if text in one]
        self.assertEqual(len(found), 1, text)
        column = lines[found[0] - line].index(text) + len(text) + 1
        return "%s:%d:%d" % (self.path, found[0], column)
