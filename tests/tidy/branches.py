#!/usr/bin/python3
"""What the tests took of a room's lines and branches, as gcov counted it.

    branches.py BUILD ROOM

from the root of the repository, for tests/coverage: prints a table of the files of host/ROOM. Of
the rooms in HELD every branch must be taken, or named in tests/coverage-exceptions.txt by a line

    path | text of the source line, trimmed | reason

which excuses the branches of every line of that file with that text. An entry that excuses nothing
is an error too, so that the list shrinks with the code. Exits with 1 when there are errors.

Two kinds of branches are not counted, as no condition of ours decides them: those that the compiler
draws after each call that may throw, to the clean-up, which a test takes only by making that very
call fail, mostly for want of memory; and those on lines without code of their own, such as closing
braces, which belong to destructors. gcov's JSON is read here, not gcovr's: in code that did not run
gcov's text, which gcovr reads, does not tell the first kind from the rest, so that functions of
headers would show branches that nothing can take.
"""

import json
import os
import re
import subprocess
import sys
from typing import NamedTuple

HELD = ('decode', 'spool')
EXCEPTIONS = 'tests/coverage-exceptions.txt'
NO_CODE = re.compile(r'[{}\s;]*(//.*)?')


class Entry(NamedTuple):
    number: int  # of its line in the list
    path: str
    text: str


class Line(NamedTuple):
    path: str
    number: int
    text: str
    count: int
    branches: list  # of counts


def entries_of(listing):
    """([Entry], [(line number, problem)])"""
    entries, problems, seen = [], [], set()
    for number, line in enumerate(listing.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        # The source may hold the separator as well; paths and reasons do not.
        path, _, rest = (part.strip() for part in line.partition(' | '))
        text, _, reason = (part.strip() for part in rest.rpartition(' | '))
        if not (path and text and reason):
            problems.append((number, 'an entry is `path | text of the source line | reason`'))
        elif not path.startswith(tuple(f'host/{room}/' for room in HELD)):
            problems.append((number, f'entries are about the rooms {" and ".join(HELD)}'))
        elif (path, text) in seen:
            problems.append((number, 'this line is named above already'))
        else:
            seen.add((path, text))
            entries.append(Entry(number, path, text))
    return entries, problems


def lines_of(documents, room, root, source_lines):
    """The room's lines of code by path and number. Each document is what gcov says of one object;
    `source_lines(path)` gives the lines of a file."""
    counts = {}    # (path, number) -> of the line
    branches = {}  # (path, number) -> {how many branches: their counts}
    for document in documents:
        for file in document['files']:
            path = os.path.join(document['current_working_directory'], file['file'])
            path = os.path.relpath(path, root)
            if not path.startswith(f'host/{room}/'):
                continue
            for line in file['lines']:
                place = path, line['line_number']
                counts[place] = counts.get(place, 0) + line['count']
                taken = [branch['count'] for branch in line['branches'] if not branch['throw']]
                # A function of a header or a template is in several objects or several times in
                # one, with the same branches: they are added up.
                shapes = branches.setdefault(place, {})
                known = shapes.get(len(taken), [0] * len(taken))
                shapes[len(taken)] = [a + b for a, b in zip(known, taken)]
    lines = []
    for (path, number), count in sorted(counts.items()):
        text = source_lines(path)[number - 1].strip()
        taken = [] if NO_CODE.fullmatch(text) else sum(branches[path, number].values(), [])
        lines.append(Line(path, number, text, count, taken))
    return lines


def judge(room, lines, entries):
    """([(path, line number, problem)], [(entry's line number, problem)])"""
    named = {(entry.path, entry.text) for entry in entries}
    gaps = [line for line in lines if 0 in line.branches]
    excused = {(gap.path, gap.text) for gap in gaps}
    not_taken = [(gap.path, gap.number,
                  f'{gap.branches.count(0)} of {len(gap.branches)} branches not taken: {gap.text}')
                 for gap in gaps if (gap.path, gap.text) not in named]
    stale = [(entry.number, f'no line like that has a branch that is not taken: {entry.text}')
             for entry in entries
             if entry.path.startswith(f'host/{room}/') and (entry.path, entry.text) not in excused]
    return not_taken, stale


def table_of(lines):
    """Rows of text, one a file and one for all."""
    def share(taken, total):
        return f'{taken:6} of {total:6} {100 * taken / total if total else 100:6.1f} %'

    def row(name, some):
        branches = [count for line in some for count in line.branches]
        return (f'{name:40}{share(sum(line.count > 0 for line in some), len(some))}'
                f'{share(len(branches) - branches.count(0), len(branches))}')

    paths = sorted({line.path for line in lines})
    files = [row(path, [line for line in lines if line.path == path]) for path in paths]
    return [f'{"":40}{"lines":>25}{"branches":>25}', *files, row('total', lines)]


def read_lines(path):
    with open(path, encoding='utf-8') as stream:
        return stream.read().splitlines()


def gcov(build, room):
    """Of each object of the room and of its unit tests, also of those that did not run."""
    notes = [os.path.abspath(os.path.join(folder, name))
             for start in (f'{build}/host/{room}', f'{build}/tests/unit/{room}')
             for folder, _, names in os.walk(start) for name in names if name.endswith('.gcno')]
    # It complains of each object that did not run; what matters is in the counts.
    run = subprocess.run(['gcov', '--json-format', '--branch-probabilities', '--stdout', *notes],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f'gcov failed:\n{run.stderr}')
    return [json.loads(document) for document in run.stdout.splitlines()]


def main():
    build, room = sys.argv[1:]
    lines = lines_of(gcov(build, room), room, os.getcwd(), read_lines)
    print('\n'.join(table_of(lines)))
    if room not in HELD:
        return 0
    entries, bad = entries_of('\n'.join(read_lines(EXCEPTIONS)))
    not_taken, stale = judge(room, lines, entries)
    in_list = [(EXCEPTIONS, number, problem) for number, problem in sorted(bad + stale)]
    for path, number, problem in not_taken + in_list:
        print(f'{path}:{number}: {problem}')
    return 1 if not_taken or in_list or not lines else 0


if __name__ == '__main__':
    sys.exit(main())
