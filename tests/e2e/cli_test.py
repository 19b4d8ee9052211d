"""The command line: check, plugins, probe, and what is said when something is wrong."""
import os
import re
import socket
import subprocess
import unittest

import e2e


class CliTest(e2e.HostTest):
    def run_host(self, *words, environment=None):
        host = self.host(environment=environment)
        return subprocess.run([e2e.HOST_BINARY, *words], cwd=self.directory, text=True,
                              env=host.full_environment(), capture_output=True,
                              timeout=e2e.PATIENCE)

    def test_check_accepts_what_ships(self):
        stores = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
                  "REDIS_URL": "redis://127.0.0.1:1/0"}
        for config in ["config.yaml"] + ["presets/" + f for f in sorted(
                os.listdir(os.path.join(e2e.SOURCE, "presets")))]:
            with self.subTest(config):
                path = os.path.join(e2e.SOURCE, config)
                done = self.run_host("check", "--config", path, environment=stores)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("all is well", done.stdout)

    def test_print_gives_a_file_that_is_taken_and_printed_the_same(self):
        preset = os.path.join(e2e.SOURCE, "presets", "embedded.yaml")
        environment = {"PORT": "9123", "EQUIPMENT_ID_PATTERN": "^[A-Z]${1}$$x$"}
        done = self.run_host("check", "--config", preset, "--print", environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("\n  port: 9123\n", done.stdout)
        self.assertIn("\n      busy_timeout_ms: 5000\n", done.stdout, "a default of a plugin")
        self.assertNotIn("masked", done.stdout)
        os.mkdir(os.path.join(self.directory, "elsewhere"))
        printed = self.write(os.path.join("elsewhere", "printed.yaml"), done.stdout)
        again = self.run_host("check", "--config", printed, "--print")
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertEqual(again.stdout, done.stdout)
        checked = self.run_host("check", "--config", printed)
        self.assertIn("all is well; 3 validators, 1 sinks, 5 fields", checked.stdout)

    def test_print_masks_secrets(self):
        secret = "hunter2-canary"
        self.write("secret", "/tmp/" + secret + "\n")
        path = self.write("c.yaml", """\
service: { name: "https://user:${WORD}@host" }
reading: { fields: { t: { type: double } } }
plugin_dirs: [ "%s" ]
sinks:
  - { name: a, plugin: postgres-sink, options: { url: "${URL}" } }
  - { name: b, plugin: sqlite-sink, options: { path: "${file:secret}" } }
""" % os.path.join(e2e.BUILD, "plugins"))
        done = self.run_host("check", "--config", path, "--print", environment={
            "WORD": secret, "URL": "postgresql://u:%s@127.0.0.1:1/d" % secret})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(secret, done.stdout + done.stderr)
        for masked in ("service.name", "sinks[0].options.url", "sinks[1].options.path"):
            self.assertIn("\n#   %s\n" % masked, done.stdout)
        self.assertIn('name: "https://user:***@host"', done.stdout)

    def test_print_prints_nothing_of_a_broken_file(self):
        path = self.write("broken.yaml", "http: { port: x }\n")
        done = self.run_host("check", "--config", path, "--print")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(path + ":1:15: http.port: ", done.stderr)

    def test_check_tells_all_errors_in_one_go_with_their_places(self):
        path = self.write("broken.yaml", """\
http:
  prot: 8001
reading:
  fields:
    temperature: { type: double, required: true }
plugin_dirs: [ "%s" ]
validators:
  - plugin: range
    options: { temprature: { min: -50 } }
  - plugin: rangee
sinks:
  - name: database
    plugin: sqlite-sink
    options: { path: "${NOT_SET}", tabel: x }
""" % os.path.join(e2e.BUILD, "plugins"))
        done = self.run_host("check", "--config", path)
        self.assertEqual(done.returncode, 2)
        lines = done.stderr.splitlines()
        for line in lines:
            self.assertRegex(line, "^" + re.escape(path) + r":\d+:\d+: ")
        self.assertTrue(any(":2:3:" in line and "port" in line for line in lines), done.stderr)
        self.assertTrue(any(":10:" in line and "rangee" in line for line in lines), done.stderr)
        self.assertTrue(any(":14:" in line and "NOT_SET" in line for line in lines), done.stderr)
        self.assertTrue(any(":14:" in line and "tabel" in line for line in lines), done.stderr)

    def test_a_plugins_own_objection_has_its_line(self):
        path = self.write("broken.yaml", """\
reading:
  fields:
    temperature: { type: double, required: true }
plugin_dirs: [ "%s" ]
validators:
  - plugin: range
    options:
      temperature: { min: -50 }
      temprature: { max: 1 }
sinks:
  - { name: database, plugin: sqlite-sink, options: { path: ./x.db } }
""" % os.path.join(e2e.BUILD, "plugins"))
        done = self.run_host("check", "--config", path)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, r"broken.yaml:9:\d+: .*temprature")

    def test_check_of_no_file(self):
        done = self.run_host("check", "--config", "/nonexistent/config.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent/config.yaml", done.stderr)

    def test_plugins_lists_all_six_with_their_options(self):
        done = self.run_host("plugins", "--dir", os.path.join(e2e.BUILD, "plugins"))
        for name in ("equipment-id", "range", "rules", "postgres-sink", "redis-sink",
                     "sqlite-sink"):
            self.assertRegex(done.stdout, r"(?m)^%s \d" % name)
        self.assertRegex(done.stdout, r"url: string, required, secret")
        self.assertRegex(done.stdout, r"out_of_range: ")

    def test_plugins_says_why_a_file_cannot_be_used(self):
        os.mkdir(os.path.join(self.directory, "p"))
        with open(os.path.join(self.directory, "p", "broken.so"), "w") as file:
            file.write("no library")
        done = self.run_host("plugins", "--dir", os.path.join(self.directory, "p"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken: cannot be used", done.stdout)

    def test_probe(self):
        host = self.host().start()
        url = "http://127.0.0.1:%d/health" % host.port
        self.assertEqual(self.run_host("probe", "--url", url).returncode, 0)
        host.stop()
        done = self.run_host("probe", "--url", url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no host answers", done.stderr)

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            host = self.host()
            host.port = taken.getsockname()[1]
            host.start(wait=False)
            self.assertEqual(host.process.wait(e2e.PATIENCE), 1)
            self.assertRegex(host.log(), r"http\.port \(HOST, PORT\): .*%d" % host.port)

    def test_a_spool_that_cannot_be_written(self):
        blocker = self.write("file", "")
        host = self.host(environment={"SPOOL_DIR": os.path.join(blocker, "spool")})
        host.start(wait=False)
        self.assertEqual(host.process.wait(e2e.PATIENCE), 1)
        self.assertIn(blocker, host.log())

    def test_wrong_words(self):
        done = self.run_host("sevre")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--help", done.stderr)
        self.assertEqual(self.run_host("--help").returncode, 0)
        self.assertRegex(self.run_host("--version").stdout, r"^ingest-host \d+\.\d+\.\d+")

    def test_a_password_is_never_shown(self):
        secret = "hunter2-canary"
        environment = {"DATABASE_URL": "postgresql://u:%s@127.0.0.1:1/d" % secret,
                       "REDIS_URL": "redis://:%s@127.0.0.1:1/0" % secret, "LOG_LEVEL": "DEBUG"}
        host = self.host("config.yaml", environment).start()
        with e2e.contextlib.closing(host.client()) as client:
            e2e.poll(lambda: "is down" in host.log() or "cannot work" in host.log(),
                     "the sinks were tried")
            self.assertNotIn(secret, client.get("/api/v1/openapi.json").body.decode())
        host.stop()
        self.assertNotIn(secret, host.log())
        broken = self.write("broken.yaml", "sinks: [ { url: \"${DATABASE_URL}\" } ]\n")
        done = self.run_host("check", "--config", broken, environment=environment)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(secret, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
