#!/usr/bin/python3
"""tidy.py [ROOT]: the rules of the house that no compiler checks. Exit code 1 if one is broken."""

import ast
import os
import re
import sys

import rules
import source

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SHELL = {'run', 'test', '.ci/run', 'tests/support/stores'}
BATCH_HEADERS = ('ingest/plugin/batch.h', 'ingest/plugin/status.h')
PLAIN_TEXT = ('.py', '.cmake', '.sh', '.js', '.html', '.rs', '.yaml', '.yml')


class File:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding='utf-8') as stream:
            self.text = stream.read()
        self.lines = self.text.split('\n')
        if self.lines[-1] == '':
            self.lines.pop()
        self.is_c = path.endswith(rules.C_FAMILY)
        self.code = source.code_of(self.text) if self.is_c else self.text
        self.code_lines = self.code.split('\n')


def is_checked(path):
    name = os.path.basename(path)
    return (path.endswith(rules.C_FAMILY + PLAIN_TEXT) or name == 'CMakeLists.txt' or path in SHELL
            or path == 'web/package-lock.json')


def files_of(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in rules.SKIPPED_DIRS)
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), root)
            if is_checked(path):
                yield File(root, path)


def room_of(path):
    parts = path.split('/')
    if parts[0] == 'host':
        return parts[1] if len(parts) > 2 else 'app'
    if path.startswith('plugin-api/include/') and path.endswith(BATCH_HEADERS):
        return 'api-batch'
    return parts[0]


def target_of(file, header, root):
    """The room that an include leads to; None for the standard library and the like."""
    parts = header.split('/')
    if header in BATCH_HEADERS:
        return 'api-batch'
    if header == 'ingest/plugin.h' or parts[:2] in (['ingest', 'plugin'], ['ingest', 'sdk']):
        return 'plugin-api'
    if len(parts) > 1 and parts[0] in rules.HOST_ROOMS:
        return parts[0]
    for start in (os.path.dirname(file.path), 'plugins'):
        near = os.path.normpath(os.path.join(start, header))
        if os.path.exists(os.path.join(root, near)):
            return room_of(near)
    return None


def check_includes(file, root):
    if not file.is_c or not re.match(r'(host|plugins|plugin-api)/', file.path):
        return
    room = room_of(file.path)
    for number, line in enumerate(file.code_lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, header = match.groups()
        owners = [prefix for prefix in rules.THIRD_PARTY if header.startswith(prefix)]
        if owners:
            where = rules.THIRD_PARTY[max(owners, key=len)]
            if not re.search(where, file.path):
                yield number, 'third-party', (
                    f'<{header}> does not enter the house here (allowed: {where}); use the room '
                    'that has it, through its own types')
            continue
        target = target_of(file, header, root)
        if target is None:
            if quote == '"':
                yield number, 'unknown-include', (
                    f'"{header}" is no file of ours: write the path from host/, or <...>')
        elif target != room and target not in rules.ROOMS.get(room, set()):
            allowed = ', '.join(sorted(rules.ROOMS.get(room, set()))) or 'nothing'
            yield number, 'include', (
                f'{room} may not include {target} ({header}); it may include: {allowed}. Turn the '
                'dependency round: pass a value or a function in')


def check_bans(file, _root):
    for ban in rules.BANS:
        if not re.search(ban.where, file.path):
            continue
        if any(re.search(path, file.path) for path, _reason in ban.allowed):
            continue
        lines = file.lines if ban.rule == 'leftover' else file.code_lines
        for number, line in enumerate(lines, 1):
            if re.search(ban.pattern, line):
                yield number, ban.rule, ban.instead


def check_shape(file, _root):
    name = os.path.basename(file.path)
    shipped = re.match(r'(host|plugins|plugin-api)/', file.path)
    if shipped and rules.FILE_NAME_PARTS.search(name):
        yield 1, 'file-name', 'the name says nothing: name what the file is about'
    once = r'(?m)^#pragma once$'
    if file.path.startswith(('plugin-api/', 'tests/abi/')):
        # Headers for C, and so for every compiler, have guards.
        once = r'(?m)^(#pragma once|#ifndef \w+_H_?)$'
    if file.path.endswith(('.h', '.hpp')) and not re.search(once, file.text):
        yield 1, 'pragma-once', 'a header begins with #pragma once'
    if name == 'package-lock.json':
        return
    limit = next(most for where, most in rules.FILE_LINES_MAX if re.search(where, file.path))
    if len(file.lines) > limit:
        yield limit + 1, 'file-length', (
            f'{len(file.lines)} lines, at most {limit}: split it by concept')
    for number, line in enumerate(file.lines, 1):
        if len(line) > rules.LINE_MAX:
            yield number, 'line-length', f'{len(line)} columns, at most {rules.LINE_MAX}: wrap it'
        if '\t' in line:
            yield number, 'tab', 'indent with spaces'
        if line != line.rstrip():
            yield number, 'trailing-blank', 'remove the blanks at the end of the line'


def check_functions(file, _root):
    if file.is_c:
        sizes = source.functions(file.code)
    elif file.path.endswith('.py'):
        nodes = (node for node in ast.walk(ast.parse(file.text))
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        sizes = [(node.lineno, node.end_lineno - node.lineno + 1) for node in nodes]
    else:
        return
    for first, count in sizes:
        if count > rules.FUNCTION_LINES_MAX:
            yield first, 'function-length', (
                f'a function of {count} lines, at most {rules.FUNCTION_LINES_MAX}: give its steps '
                'names of their own')


def check_shared_ptr(file, _root):
    if not file.is_c or not re.match(r'(host|plugins|plugin-api)/', file.path):
        return
    for number, line in enumerate(file.code_lines, 1):
        if not re.search(r'\bshared_ptr\s*<', line):
            continue
        here = file.lines[number - 1]
        before = file.lines[number - 2].strip() if number > 1 else ''
        if '//' not in here and not before.startswith(('//', '*')) and not before.endswith('*/'):
            yield number, 'shared-ptr', (
                'say in a comment here or just above why ownership is shared, or use a value, '
                'unique_ptr or a reference; an alias of the type needs to say it once')


def check_awaits(file, _root):
    if not file.is_c:
        return
    for number, expression in source.awaits(file.code):
        if 'co_await' in expression:
            yield number, 'co-await-twice', (
                'one co_await per statement: name the inner result first')
        if re.search(r'(^|[(,=\s])\[[^\]\s][^\]]*\]\s*[({]|\{', expression):
            yield number, 'co-await-temporary', (
                'g++ 12 destroys a capturing lambda or a braced value made inside a co_await '
                'twice: name it before, then pass the name')


def check_skips(file, _root):
    if not file.path.startswith('tests/') or not file.is_c:
        return
    for match in re.finditer(r'\bGTEST_SKIP\(\)(?!\s*<<)', file.code):
        yield source.line_of(file.code, match.start()), 'skip-reason', (
            'say why the test cannot run here: GTEST_SKIP() << "..."')


def with_loops_unrolled(listing):
    """A CMakeLists.txt with the body of each foreach(NAME item...) repeated for its items."""
    unrolled = listing
    loops = re.findall(r'foreach\(\s*(\w+)\s+(?:IN ITEMS\s+)?([^)]*)\)(.*?)endforeach\(',
                       listing, re.S)
    for name, items, body in loops:
        for item in items.split():
            unrolled += body.replace('${' + name + '}', item)
    return unrolled


def check_orphans(file, root):
    """A test that no CMakeLists.txt names, from its own folder up to tests/, never runs."""
    if not re.match(r'tests/.*_test\.(cpp|py)$', file.path):
        return
    folder = os.path.dirname(file.path)
    while folder:
        listing = os.path.join(root, folder, 'CMakeLists.txt')
        if os.path.exists(listing):
            name = re.escape(os.path.relpath(file.path, folder))
            with open(listing, encoding='utf-8') as stream:
                named = with_loops_unrolled(re.sub(r'#.*', '', stream.read()))
            if re.search(r'(^|[\s("]|\}/)' + name + r'($|[\s)"])', named):
                return
        folder = os.path.dirname(folder)
    yield 1, 'orphan-test', 'no CMakeLists.txt names this test, so it never runs: register it'


CHECKS = (check_includes, check_bans, check_shape, check_functions, check_shared_ptr, check_awaits,
          check_skips, check_orphans)


def problems_of(root):
    """(number of files, [(path, line, rule, message)])"""
    count = 0
    problems = []
    for file in files_of(root):
        count += 1
        for check in CHECKS:
            for number, rule, message in check(file, root):
                problems.append((file.path, number, rule, message))
    return count, problems


def report(name, things, find):
    """The exit code of a check that finds (number of things, [(path, line, rule, message)])."""
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '..', '..')
    count, problems = find(os.path.abspath(root))
    for path, number, rule, message in problems:
        print(f'{path}:{number}: {message} [{rule}]')
    print(f'{name}: {count} {things}, {len(problems)} problems')
    if count == 0:
        print(f'{name}: nothing was checked; is that the root of the repository?')
    return 1 if problems or count == 0 else 0


if __name__ == '__main__':
    sys.exit(report('tidy', 'files', problems_of))
