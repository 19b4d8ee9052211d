"""That the gates of the ABI close: each change that breaks plugins is seeded and must be told."""

import pathlib
import platform
import shutil
import subprocess
import tempfile
import unittest

import abi_source
import layout_check
import rules_check

HERE = pathlib.Path(__file__).parent
INCLUDE = HERE.parent.parent / 'plugin-api' / 'include'
ABI_RS = HERE.parent.parent / 'plugin-api' / 'rust' / 'src' / 'abi.rs'
RECORDED = HERE / 'recorded' / 'plugin-abi-1.abi'

# name: (header, text, text instead, what abidiff says of it)
SEEDED = {
    'a field in the middle': (
        'sink.h', '    int32_t (*write)(', '    void (*pause)(void *self);\n    int32_t (*write)(',
        "'void (void*)* pause'"),
    'a type that changes': (
        'batch.h', 'uint64_t sequence;', 'int64_t sequence;', "of 'uint64_t sequence' changed"),
    'a field that goes': (
        'validator.h', '    int32_t (*set_null)(void *ctx, int64_t row, int32_t column);\n', '',
        'set_null'),
    'a parameter more': (
        'host.h', 'int64_t (*now_ns)(void *ctx)', 'int64_t (*now_ns)(void *ctx, int32_t clock)',
        'parameter 2'),
    'fields that change places': (
        'entry.h', '    ingest_str version;\n    ingest_str description;\n',
        '    ingest_str description;\n    ingest_str version;\n', "'ingest_str version'"),
    'a shorter text': ('status.h', 'char message[504];', 'char message[248];', 'char[504]'),
    'a field at the end': (
        'sink.h', '} ingest_sink;', '    void (*pause)(void *self);\n} ingest_sink;',
        "'void (void*)* pause'"),
}


def seeded(folder, header, before, after):
    include = pathlib.Path(folder, 'include')
    shutil.copytree(INCLUDE, include)
    file = include / 'ingest' / 'plugin' / header
    text = file.read_text(encoding='utf-8')
    assert text.count(before) == 1, f'{header} has not got {before!r} once'
    file.write_text(text.replace(before, after), encoding='utf-8')
    return include


@unittest.skipUnless(shutil.which('abidiff'), 'abidiff (abigail-tools) is not installed')
@unittest.skipUnless(platform.machine() == 'x86_64', 'the recording is of x86-64')
class AbiDiff(unittest.TestCase):
    def diff(self, include):
        return subprocess.run([HERE / 'abi_diff', include], capture_output=True, text=True,
                              check=False)

    def test_tells_each_seeded_change(self):
        for name, (header, before, after, expected) in SEEDED.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                ran = self.diff(seeded(folder, header, before, after))
                self.assertEqual(ran.returncode, 1, ran.stdout + ran.stderr)
                self.assertIn(expected, ran.stdout)

    def test_says_nothing_of_a_comment(self):
        with tempfile.TemporaryDirectory() as folder:
            ran = self.diff(seeded(folder, 'host.h', '/* What the host', '/* All that the host'))
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_says_that_it_cannot_tell_without_abidiff(self):
        with tempfile.TemporaryDirectory() as folder:
            for tool in ('bash', 'gcc', 'uname', 'dirname', 'rm', 'mktemp'):
                pathlib.Path(folder, tool).symlink_to(shutil.which(tool))
            ran = subprocess.run([HERE / 'abi_diff', INCLUDE], env={'PATH': folder}, text=True,
                                 capture_output=True, check=False)
            self.assertEqual(ran.returncode, 77, ran.stdout + ran.stderr)
            self.assertIn('skipped: abidiff is not installed', ran.stdout)

    def test_the_recording_has_every_struct_and_function(self):
        recorded = RECORDED.read_text(encoding='utf-8')
        for name, fields in abi_source.read(INCLUDE).structs.items():
            self.assertIn(f"class-decl name='{name}'", recorded)
            for field in fields:
                self.assertIn(f"var-decl name='{field.name}'", recorded)


class Layout(unittest.TestCase):
    def missing(self, *change):
        layout = (HERE / 'layout.h').read_text(encoding='utf-8')
        with tempfile.TemporaryDirectory() as folder:
            return list(layout_check.missing(abi_source.read(seeded(folder, *change)), layout))

    def test_tells_what_has_no_assertion(self):
        for change, expected in (
                (('sink.h', '} ingest_sink;', 'uint64_t more;\n} ingest_sink;'),
                 'ABI_FIELD(ingest_sink, more, ...)'),
                (('host.h', '} ingest_host;', 'char name[16];\n} ingest_host;'),
                 'ABI_FIELD(ingest_host, name, ...)'),
                (('host.h', '} ingest_host;',
                  'int64_t (*unix_us)(void *ctx);\n} ingest_host;'),
                 'ABI_FIELD(ingest_host, unix_us, ...)'),
                (('status.h', '#define INGEST_OK ', '#define INGEST_LATER INT32_C(8)\n'
                  '#define INGEST_OK '), 'an assertion on INGEST_LATER')):
            with self.subTest(expected):
                self.assertEqual(self.missing(*change), [expected])

    def test_tells_a_new_struct_that_cannot_grow(self):
        lacking = self.missing('host.h', 'typedef struct ingest_host',
                               'struct ingest_small {\n    int32_t size;\n};\n'
                               'typedef struct ingest_host')
        self.assertEqual(lacking, [
            'ABI_SIZE(ingest_small, ...)', 'ABI_FIELD(ingest_small, size, ...)',
            'a struct_size at the head of ingest_small, and INGEST_SMALL_SIZE_0'])


class Rules(unittest.TestCase):
    def problems(self, check, *change):
        with tempfile.TemporaryDirectory() as folder:
            return list(check(seeded(folder, *change)))

    def test_tells_a_type_that_differs_between_compilers(self):
        for change, expected in (
                (('sink.h', 'void *self, const ingest_batch *const *batches, uint64_t n,',
                  'void *self, const ingest_batch *const *batches, size_t n,'), 'size_t'),
                (('batch.h', 'uint64_t sequence;', 'long sequence;'), 'long'),
                (('batch.h', 'uint32_t flags;', 'uint32_t flags : 3;'), ': 3;'),
                (('query.h', 'int32_t column, double value', 'int32_t column, float value'),
                 'float'),
                (('status.h', '#define INGEST_OK ', 'enum ingest_code { INGEST_FINE };\n'
                  '#define INGEST_OK '), 'enum')):
            with self.subTest(expected):
                self.assertIn(expected, ' '.join(self.problems(rules_check.types, *change)))

    def test_tells_a_struct_that_is_passed_by_value(self):
        told = self.problems(rules_check.types, 'sink.h', '(*health)(void *self, ingest_health *',
                             '(*health)(void *self, ingest_health ')
        self.assertEqual(told, ['ingest_sink.health: ingest_health is passed by value and could '
                                'never grow'])

    def test_tells_the_first_request_that_plugins_make_of_a_host(self):
        told = self.problems(rules_check.types, 'host.h', '(*now_ns)(void *ctx)',
                             '(*now_ns)(void *ctx, const ingest_error *request)')
        self.assertRegex(' '.join(told), '^ingest_host.now_ns: ingest_error is a request, ')

    def test_tells_a_function_without_a_thread(self):
        told = self.problems(rules_check.threads, 'entry.h', '/* Any thread. The', '/* The')
        self.assertEqual(told, [
            'ingest_plugin.get_interface does not say on which thread it is called'])

    def test_tells_where_the_rust_mirror_differs(self):
        for change, expected in (
                (('host.h', '(*now_ns)(void *ctx)', '(*now_ns)(void *ctx, int32_t clock)'),
                 '^abi.rs: ingest_host is '),
                (('entry.h', '    ingest_str version;\n', '    ingest_str edition;\n'),
                 '^abi.rs: ingest_plugin is '),
                (('status.h', '#define INGEST_FATAL INT32_C(4)', '#define INGEST_FATAL INT32_C(8)'),
                 '^abi.rs: INGEST_FATAL is 4, the header has INT32_C\\(8')):
            with self.subTest(expected):
                told = self.problems(lambda include: rules_check.rust(include, ABI_RS), *change)
                self.assertRegex(' '.join(told), expected)

    def test_says_nothing_of_the_abi_as_it_is(self):
        self.assertEqual([*rules_check.types(INCLUDE), *rules_check.threads(INCLUDE),
                          *rules_check.rust(INCLUDE, ABI_RS)], [])


if __name__ == '__main__':
    unittest.main()
