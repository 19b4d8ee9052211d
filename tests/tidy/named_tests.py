#!/usr/bin/python3
"""named_tests.py [ROOT]: each test that a table of docs/ names is there. Exit code 1 if one is not.

Of tables whose last column is `test`: a name such as `http/head_test` or `spool_fuzz` is a file of
tests/, `unit/coding` a folder of it, and the names in backquotes behind it (`test_bounds`,
`Bounds`) are in that file, or in one of the folder.
"""

import glob
import os
import re
import sys

import tidy

FILE = re.compile(r'(?:[a-z0-9_]+/)*[a-z0-9_]+_(?:test|fuzz)')
FOLDER = re.compile(r'unit/[a-z0-9_]+')
NAME = re.compile(r'test_\w+|[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*')


def cells_of(line):
    return [cell.strip() for cell in re.split(r'(?<!\\)\|', line)][1:-1]


def cells_with_tests(text):
    """(line's number, the last cell) of the rows of tables with tests."""
    has_tests = None  # outside of a table
    for number, line in enumerate(text.split('\n'), 1):
        if not line.startswith('|'):
            has_tests = None
        elif has_tests is None:
            has_tests = cells_of(line)[-1] == 'test'
        elif has_tests and cells_of(line)[-1].strip(':-'):  # not the row of dashes
            yield number, cells_of(line)[-1]


def texts_of(root, name):
    """What the files that this name stands for hold."""
    if FOLDER.fullmatch(name):
        paths = glob.glob(os.path.join(root, 'tests', name, '*_test.cpp'))
    else:
        paths = [path for end in ('cpp', 'py')
                 for path in glob.glob(os.path.join(root, 'tests/**', f'{name}.{end}'),
                                       recursive=True)]
    texts = []
    for path in paths:
        with open(path, encoding='utf-8') as stream:
            texts.append(stream.read())
    return texts


def wrong_in(root, cell):
    file, texts = None, []
    for name in re.findall(r'`([^`]+)`', cell):
        if FILE.fullmatch(name) and not name.startswith('test_') or FOLDER.fullmatch(name):
            file, texts = name, texts_of(root, name)
            if not texts:
                yield f'there is no test {name}'
        elif NAME.fullmatch(name) and file:
            if texts and not any(re.search(rf'\b{name}\b', text) for text in texts):
                yield f'{name} is not in {file}'


def problems_of(root):
    """(number of cells, [(path, line, rule, message)])"""
    count = 0
    problems = []
    for path in sorted(glob.glob(os.path.join(root, 'docs', '*.md'))):
        with open(path, encoding='utf-8') as stream:
            text = stream.read()
        for number, cell in cells_with_tests(text):
            count += 1
            problems += [(os.path.relpath(path, root), number, 'named-test', message)
                         for message in wrong_in(root, cell)]
    return count, problems


if __name__ == '__main__':
    sys.exit(tidy.report('named_tests', 'cells', problems_of))
