"""That the gates of the ABI close: each change that breaks plugins is seeded and must be told."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import abi_source
import layout_check

HERE = pathlib.Path(__file__).parent
INCLUDE = HERE.parent.parent / 'plugin-api' / 'include'
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


if __name__ == '__main__':
    unittest.main()
