#!/usr/bin/python3
"""branches.py finds what is not taken and not named, and entries that excuse nothing."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import branches

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'branches.py')
SOURCE = ['int f(int a, int b) {', '    if (a || b) return 1;', '    switch (a | b) {', '    }',
          '    if (a || b) return 1;', '}  // f']
PATH = 'host/spool/a.cpp'
FIRST = (PATH, 2, '1 of 4 branches not taken: if (a || b) return 1;')
SWITCH = (PATH, 3, '2 of 2 branches not taken: switch (a | b) {')
EXCUSES = f'{PATH} | if (a || b) return 1; | so\n{PATH} | switch (a | b) {{ | so\n'


def document_of(counts, path='/root/' + PATH, throw=False):
    """What gcov says of one object: line number -> the counts of its branches."""
    lines = [{'line_number': number, 'count': sum(taken), 'function_name': 'f',
              'branches': [{'count': count, 'fallthrough': False, 'throw': throw}
                           for count in taken]} for number, taken in counts.items()]
    return {'current_working_directory': '/root/build', 'files': [{'file': path, 'lines': lines}]}


GAPS = document_of({2: [5, 0, 5, 5], 3: [0, 0], 5: [1, 1]})


def lines_of(*documents):
    return branches.lines_of(documents, 'spool', '/root', lambda _path: SOURCE)


def judged(listing, *documents):
    entries, problems = branches.entries_of(listing)
    not_taken, stale = branches.judge('spool', lines_of(*documents), entries)
    return not_taken, problems + stale


class LinesTest(unittest.TestCase):
    def counts(self, *documents):
        return {line.number: line.branches for line in lines_of(*documents)}

    def test_branches_of_several_objects_are_added_up(self):
        self.assertEqual(self.counts(document_of({2: [0, 3]}), document_of({2: [1, 0]})),
                         {2: [1, 3]})

    def test_what_another_object_has_otherwise_counts_for_itself(self):
        self.assertEqual(self.counts(document_of({2: [0, 3]}), document_of({2: [1, 0, 2]})),
                         {2: [0, 3, 1, 0, 2]})

    def test_throws_and_closing_braces_do_not_count(self):
        self.assertEqual(self.counts(document_of({2: [0, 3]}, throw=True)), {2: []})
        self.assertEqual(self.counts(document_of({3: [0, 3], 4: [0, 3], 6: [0, 3]})),
                         {3: [0, 3], 4: [], 6: []})

    def test_a_relative_path_is_one_from_the_build(self):
        self.assertEqual(self.counts(document_of({2: [1, 2]}, '../' + PATH)), {2: [1, 2]})

    def test_other_rooms_do_not_count(self):
        self.assertEqual(self.counts(document_of({2: [0, 0]}, '/root/host/model/a.h')), {})

    def test_the_table_counts_lines_and_branches(self):
        rows = [row.split() for row in branches.table_of(lines_of(GAPS))]
        self.assertEqual(rows[1:], [[PATH, *'2 of 3 66.7 % 5 of 8 62.5 %'.split()],
                                    ['total', *'2 of 3 66.7 % 5 of 8 62.5 %'.split()]])


class JudgeTest(unittest.TestCase):
    def test_what_is_not_taken_is_reported_with_its_line(self):
        self.assertEqual(judged('', GAPS), ([FIRST, SWITCH], []))

    def test_what_is_taken_passes(self):
        self.assertEqual(judged('', document_of({2: [1, 1], 3: [9, 1]})), ([], []))

    def test_an_entry_excuses_its_line_also_with_bars_in_it(self):
        listing = f'# why\n\n{PATH} | switch (a | b) {{ | the compiler draws it\n'
        self.assertEqual(judged(listing, GAPS), ([FIRST], []))
        self.assertEqual(judged(EXCUSES, GAPS), ([], []))

    def test_an_entry_that_excuses_nothing_is_reported(self):
        for path, text in ((PATH, 'int f(int a, int b) {'), (PATH, 'gone();'),
                           ('host/spool/b.cpp', 'switch (a | b) {')):
            not_taken, in_list = judged(f'{path} | {text} | once so\n', GAPS)
            self.assertEqual(not_taken, [FIRST, SWITCH])
            self.assertEqual([number for number, _ in in_list], [1], text)

    def test_entries_of_a_room_that_was_not_measured_wait(self):
        self.assertEqual(judged('host/decode/a.cpp | x | y\n', GAPS), ([FIRST, SWITCH], []))

    def test_a_bad_entry_is_reported(self):
        good = f'{PATH} | switch (a | b) {{ | why\n'
        for listing, number in ((f'{PATH} | switch (a) {{\n', 1), (f'{PATH} | x | \n', 1),
                                ('host/http/a.cpp | x | y\n', 1), (good + good, 2)):
            self.assertEqual([line for line, _ in judged(listing, GAPS)[1]], [number], listing)


class ExitCodeTest(unittest.TestCase):
    def run_script(self, root, listing, counts, room):
        document = json.dumps(document_of(counts, os.path.join(root, PATH)))
        for name, content in ((PATH, '\n'.join(SOURCE)), (branches.EXCEPTIONS, listing),
                              ('document', document), ('gcov', '#!/bin/sh\ncat document\n')):
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as stream:
                stream.write(content)
        os.chmod(os.path.join(root, 'gcov'), 0o755)
        return subprocess.run([sys.executable, '-B', SCRIPT, 'build', room], cwd=root, text=True,
                              env=os.environ | {'PATH': f'{root}:{os.environ["PATH"]}'},
                              stdout=subprocess.PIPE, check=False)

    def test_the_exit_code_tells(self):
        gaps = {2: [0, 1], 3: [0, 0]}
        for listing, counts, room, code in (
                ('', gaps, 'spool', 1), (EXCUSES, gaps, 'spool', 0), ('', gaps, 'http', 0),
                ('', {}, 'spool', 1), (EXCUSES, {2: [1, 1]}, 'spool', 1)):
            with tempfile.TemporaryDirectory() as root:
                run = self.run_script(os.path.realpath(root), listing, counts, room)
                self.assertEqual(run.returncode, code, run.stdout)


if __name__ == '__main__':
    unittest.main()
