#!/usr/bin/python3
"""named_tests.py finds a name that leads nowhere, and takes those that lead somewhere."""

import os
import tempfile
import unittest

import named_tests

FILES = {
    'tests/unit/http/head_test.cpp': 'TEST(HeadTest, Bounds) {}\n',
    'tests/unit/coding/gzip_test.cpp': 'TEST(Gzip, EveryTruncation) {}\n',
    'tests/e2e/tls_test.py': 'def test_alpn(self):\n    pass\n',
    'tests/fuzz/head_fuzz.cpp': '',
}
GOOD = ('`http/head_test` `Bounds`; `unit/coding` `EveryTruncation`, `tls_test` `test_alpn`, by '
        '`POSIX` and `a=b`; `head_fuzz`')


class NamedTests(unittest.TestCase):
    def problems(self, cell, column='test'):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**FILES, 'docs/A.md': f'| what | {column} |\n|---|---|\n'
                                                     f'| it | {cell} |\n'}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), 'w', encoding='utf-8') as stream:
                    stream.write(text)
            cells, problems = named_tests.problems_of(root)
            self.assertEqual(cells, 1 if column == 'test' else 0)
            self.assertTrue(all(at[:2] == ('docs/A.md', 3) for at in problems))
            return [message for _path, _line, _rule, message in problems]

    def test_what_is_there(self):
        self.assertEqual(self.problems(GOOD), [])

    def test_what_is_not(self):
        for cell, wrong in (('`http/foot_test`', 'there is no test http/foot_test'),
                            ('`unit/nothing` `Bounds`', 'there is no test unit/nothing'),
                            ('`head_test`, `Bound`', 'Bound is not in head_test'),
                            ('`tls_test` `test_alp`', 'test_alp is not in tls_test'),
                            ('`head_test` `EveryTruncation`',
                             'EveryTruncation is not in head_test')):
            with self.subTest(cell):
                self.assertEqual(self.problems(cell), [wrong])

    def test_other_tables_are_left_alone(self):
        self.assertEqual(self.problems('`http/foot_test`', 'default'), [])


if __name__ == '__main__':
    unittest.main()
