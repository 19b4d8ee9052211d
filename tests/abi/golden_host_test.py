"""The built host with golden plugins (golden/README.md) in the place of today's: what a client is
told of a reading, what is stored, and what an operator is told of mistakes."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import unittest

import e2e

GOLDEN = pathlib.Path(e2e.SOURCE, 'tests', 'abi', 'golden')
MINORS = ('1.0',)
VALIDATORS = ('golden-c', 'golden-gxx', 'golden-clangxx', 'golden-rust')
EACH = [(minor, validator) for minor in MINORS for validator in VALIDATORS]

CONFIG = """\
reading:
  fields:
    temperature: {{ type: double, required: true }}
    humidity: {{ type: double }}
    running: {{ type: boolean }}
    seen: {{ type: integer }}
    note: {{ type: string }}
    measured: {{ type: timestamp }}
log: {{ format: text }}
http: {{ host: "${{HOST}}", port: "${{PORT}}", threads: "${{HTTP_THREADS}}" }}
plugin_dirs: [ "${{PLUGIN_DIR}}" ]
spool: {{ dir: "${{SPOOL_DIR}}" }}
storage: store
ack_timeout: 1m
sinks:
  - name: store
    plugin: golden-sink
    sha256: {sink_sum}
    retry: {{ delay_min: 1ms, delay_max: 1ms }}
    options: {sink}
validators:
  - plugin: {validator}
    sha256: {validator_sum}
    on_error: {on_error}
    options: {options}
"""

OPTIONS = {
    'limits': {'temperature': {'min': -10.5, 'max': 100}, 'humidity': {'max': 80}},
    'strip': 'OLD-', 'floor': True, 'null_below_zero': 'humidity', 'counter': 'seen', 'start': 5,
    'idle_unless': 'running', 'fails_on': 'FAILS', 'lines': ['the first', 'the second']}


def reading(equipment_id, temperature, **more):
    return {'equipment_id': equipment_id, 'temperature': temperature,
            'timestamp': '2026-01-01T00:00:00.000001Z', **more}


def place(line):
    """FILE:LINE:COLUMN of a diagnostic."""
    return line.split(': ', 1)[0]


@unittest.skipUnless(platform.machine() == 'x86_64', 'golden plugins are for x86-64')
class GoldenHost(e2e.HostTest):
    def sums(self, minor):
        lines = GOLDEN.joinpath(minor, 'SHA256SUMS').read_text(encoding='utf-8').splitlines()
        return {name: value for value, name in (line.split() for line in lines)}

    def installed(self, minor):
        """A plugin directory with the golden plugins, whatever this checkout's modes are."""
        directory = pathlib.Path(self.directory, 'plugins')
        directory.mkdir(mode=0o755)
        for file in GOLDEN.joinpath(minor).glob('*.so'):
            shutil.copyfile(file, directory / file.name)
            (directory / file.name).chmod(0o644)
        return str(directory)

    def config(self, minor, validator, options, sink=None, on_error='refuse'):
        sums = self.sums(minor)
        return self.write('golden.yaml', CONFIG.format(
            validator=validator, options=json.dumps(options), sink=json.dumps(sink or {}),
            on_error=on_error, sink_sum=sums['golden-sink.so'],
            validator_sum=sums[validator + '.so']))

    def running(self, *config, **more):
        environment = {'PLUGIN_DIR': self.installed(config[0])}
        host = self.host(self.config(*config, **more), environment).start()
        e2e.poll(lambda: host.connected('store'), 'the sink was tried')
        return host

    @contextlib.contextmanager
    def apart(self, minor, validator):
        """Named in a failure, and with a directory and hosts of its own."""
        base = self.directory
        self.directory = os.path.join(base, minor + validator)
        os.mkdir(self.directory)
        with self.subTest(minor=minor, validator=validator):
            yield
        self.end_hosts_now()
        self.directory = base

    def check(self, config, environment):
        host = self.host(config, environment)
        return subprocess.run(
            [e2e.HOST_BINARY, 'check', '--config', config], cwd=self.directory,
            env=host.full_environment(), capture_output=True, text=True, check=False,
            timeout=e2e.PATIENCE)

    def test_readings_through_each_validator(self):
        for minor, validator in EACH:
            with self.apart(minor, validator):
                host = self.running(minor, validator, OPTIONS)
                with contextlib.closing(host.client()) as client:
                    self.tried(client)
                    self.accepted(client)
                    self.refused(client)
                    self.failed(client)
                    self.stored(client)
                log = host.log()
                self.assertRegex(log, validator + '.*the first')
                self.assertRegex(log, validator + '.*the second')
                self.assertEqual(host.stop(), 0)
                self.assertIsNone(host.sanitizer_report())

    def tried(self, client):
        """A trial, of which the counter remembers nothing: see `stored`."""
        answer = client.request('POST', '/api/v1/sensors/explain',
                                reading('OLD-PUMP', 20.75, humidity=-1))
        self.assertEqual(answer.status, 200, answer.body)
        (said,) = answer.json['validators']
        self.assertEqual({c['field']: c['after'] for c in said['changes']}, {
            'equipment_id': 'PUMP', 'temperature': 20, 'humidity': None, 'seen': 5})

    def accepted(self, client):
        answer = client.ingest(reading('OLD-PUMP', 20.75, humidity=-1, running=False, note='é'))
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json['equipment_id'], 'PUMP')
        (warning,) = answer.json['warnings']
        self.assertRegex(warning['message'], '^reading %s is of an idle machine$'
                         % answer.json['reading_id'].replace('-', '')[24:])
        self.assertEqual((warning['code'], warning['field']), ('idle', None))

    def refused(self, client):
        answer = client.batch([reading('PUMP', 21.5, humidity=3.5, running=True,
                                       measured='2026-01-01T00:00:00Z'),
                               reading('PUMP', 100.5, humidity=81), reading('PUMP', -11)])
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(
            sorted((e['index'], e['field'], e['code'], e['error']) for e in answer.json['errors']),
            [(1, 'humidity', 'out_of_limits', 'is above 80'),
             (1, 'temperature', 'out_of_limits', 'is above 100'),
             (2, 'temperature', 'out_of_limits', 'is below -10.5')])

    def failed(self, client):
        answer = client.ingest(reading('FAILS', 20))
        self.assertGreaterEqual(answer.status, 500, answer.body)

    def stored(self, client):
        answer = client.get('/api/v1/sensors/PUMP/latest')
        self.assertEqual(answer.status, 200, answer.body)
        told = [{name: row[name] for name in ('temperature', 'humidity', 'running', 'seen',
                                              'note', 'measured')}
                for row in answer.json['readings']]
        self.assertEqual(sorted(told, key=lambda row: row['seen']), [
            {'temperature': 20, 'humidity': None, 'running': False, 'seen': 5, 'note': 'é',
             'measured': None},
            {'temperature': 21, 'humidity': 3.5, 'running': True, 'seen': 6, 'note': None,
             'measured': '2026-01-01T00:00:00Z'}])

    def test_a_validator_that_fails_lets_readings_pass(self):
        for minor, validator in EACH:
            with self.apart(minor, validator):
                host = self.running(minor, validator, OPTIONS, on_error='pass')
                with contextlib.closing(host.client()) as client:
                    answer = client.ingest(reading('FAILS', 20.5))
                    self.assertEqual(answer.status, 201, answer.body)
                    (row,) = client.get('/api/v1/sensors/FAILS/latest').json['readings']
                    self.assertEqual((row['temperature'], row['seen']), (20.5, None))
                self.assertRegex(host.log(), validator + '.*told to fail')

    def test_wrong_options_are_told_with_their_line(self):
        for minor, validator in EACH:
            with self.apart(minor, validator):
                environment = {'PLUGIN_DIR': self.installed(minor)}
                for options, expected in (
                        # Against the manifest, then by the plugin itself.
                        ({'start': -1}, 'start'),
                        ({'stripe': 'x'}, 'stripe'),
                        ({'limits': {'temperature': {'min': 2, 'max': 1}}}, 'min is above max'),
                        ({'counter': 'note'}, "there is no column of integers 'note'")):
                    ran = self.check(self.config(minor, validator, options), environment)
                    self.assertNotEqual(ran.returncode, 0, ran.stdout)
                    line = next(line for line in (ran.stdout + ran.stderr).splitlines()
                                if expected in line)
                    self.assertRegex(place(line), r'golden\.yaml:\d+:\d+$')

    def test_the_sink_is_tried_again_and_what_it_refuses_is_set_aside(self):
        sink = {'answers': [2, 5, 4, 7, 6, 99], 'refuses': 'POISON'}
        for minor in MINORS:
            host = self.running(minor, 'golden-c', {}, sink=sink)
            with contextlib.closing(host.client()) as client:
                # 202 where the answer did not wait for a sink that is down.
                answer = client.ingest(reading('PUMP', 20))
                self.assertIn(answer.status, (201, 202), answer.body)
                poisoned = client.ingest(reading('POISON', 20))
                self.assertIn(poisoned.status, (201, 202), poisoned.body)
                e2e.poll(lambda: host.ledger()['sinks'][0]['waiting'] == 0, 'nothing waits')
                ledger = host.ledger()['sinks'][0]
                self.assertEqual((ledger['delivered'], ledger['dead_lettered']), (1, 1))
                failed = client.get('/api/v1/sensors/POISON/latest')
                self.assertGreaterEqual(failed.status, 500, failed.body)
            self.assertIn('told to answer 2', host.log())
            self.end_hosts_now()
            shutil.rmtree(os.path.join(self.directory, 'plugins'))

    def test_one_that_was_altered_is_not_loaded(self):
        for minor in MINORS:
            directory = self.installed(minor)
            file = pathlib.Path(directory, 'golden-c.so')
            content = bytearray(file.read_bytes())
            content[-1] ^= 1
            file.write_bytes(content)
            ran = self.check(self.config(minor, 'golden-c', {}), {'PLUGIN_DIR': directory})
            self.assertNotEqual(ran.returncode, 0)
            self.assertIn('not the one that the configuration pins', ran.stdout + ran.stderr)
            shutil.rmtree(directory)

    def test_they_are_listed(self):
        for minor in MINORS:
            ran = subprocess.run([e2e.HOST_BINARY, 'plugins', '--dir', self.installed(minor)],
                                 capture_output=True, text=True, check=False, timeout=e2e.PATIENCE)
            self.assertEqual(ran.returncode, 0, ran.stdout)
            for name in VALIDATORS:
                self.assertIn('%s 1.0.0, validator (plugin ABI %s)' % (name, minor), ran.stdout)
            self.assertIn('golden-sink 1.0.0, sink that answers queries', ran.stdout)
            shutil.rmtree(os.path.join(self.directory, 'plugins'))


if __name__ == '__main__':
    unittest.main()
