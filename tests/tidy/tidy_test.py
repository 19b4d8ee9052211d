#!/usr/bin/python3
"""Each rule of tidy.py catches a seeded violation, and a clean tree passes."""

import os
import subprocess
import sys
import tempfile
import unittest

import rules
import tidy

TIDY = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tidy.py')
LONG_BODY = 'void f() {\n' + '    g();\n' * 80 + '}\n'

CLEAN = {
    'host/base/error.h': '#pragma once\n\n#include <string>\n\nnamespace ingest {}\n',
    'host/model/batch.h': '#pragma once\n#include <ingest/plugin/batch.h>\n'
                          '#include "base/error.h"\n',
    'host/http/session.cpp': '#include <boost/asio/awaitable.hpp>\n#include "ingest/front.h"\n'
                             'void f() {\n    auto turn = [&] { g(); };\n'
                             '    auto n = co_await read(stream, buffers[i], turn);\n}\n',
    'host/ingest/front.h': '#pragma once\n#include "spool/spool.h"\n',
    'host/spool/spool.h': '#pragma once\n// Groups outlive the lane that reads them.\n'
                          'std::shared_ptr<int> group;\n',
    'host/deliver/lane.cpp': '// std::regex, dlclose( and co_await in comments are text\n'
                             'const char* s = "std::regex dlclose(";\nint c = 1\'000\'000;\n',
    'plugins/redis-sink/redis_sink.cpp': '#include <hiredis/hiredis.h>\n#include "queue.hpp"\n',
    'plugins/redis-sink/queue.hpp': '#pragma once\n#include <ingest/sdk/sink.hpp>\n',
    'tests/CMakeLists.txt': 'ingest_test(NAME a SOURCES unit/a_test.cpp)\n'
                            'foreach(x c d)\n  t(unit/${x}_test.cpp)\nendforeach()\n',
    'tests/unit/d_test.cpp': 'int x;\n',
    'tests/unit/a_test.cpp': 'TEST(A, B) {\n    GTEST_SKIP()\n        << "no PostgreSQL";\n}\n',
}

# rule -> [(path, content)]: each must be reported under that rule, at that path.
SEEDS = {
    'include': [('host/spool/a.cpp', '#include "deliver/lane.h"\n'),
                ('host/base/a.cpp', '#include "model/batch.h"\n'),
                ('host/decode/a.cpp', '#include <ingest/plugin.h>\n'),
                ('host/model/a.cpp', '#include "ingest/plugin/sink.h"\n'),
                ('host/deliver/a.cpp', '#include "ingest/plugin/host.h"\n'),
                ('host/observe/a.cpp', '#include "../spool/spool.h"\n'),
                ('plugins/redis-sink/a.cpp', '#include "base/error.h"\n'),
                ('plugin-api/include/ingest/sdk/a.hpp', '#pragma once\n#include "base/error.h"\n')],
    'third-party': [('host/ingest/a.cpp', '#include <boost/asio/post.hpp>\n'),
                    ('host/http/a.cpp', '#include <boost/lexical_cast.hpp>\n'),
                    ('host/spool/a.cpp', '#include <nlohmann/json.hpp>\n'),
                    ('host/base/a.cpp', '#include <yaml-cpp/yaml.h>\n'),
                    ('plugins/sqlite-sink/a.cpp', '#include <pqxx/pqxx>\n'),
                    ('host/app/a.cpp', '#include <gtest/gtest.h>\n')],
    'unknown-include': [('host/spool/a.cpp', '#include "segment.h"\n')],
    'orphan-test': [('tests/unit/b_test.cpp', 'int x;\n'), ('tests/e2e/b_test.py', 'x = 1\n'),
                    ('tests/unit/aa_test.cpp', 'int x;\n')],
    'file-name': [('host/base/string_utils.cpp', 'int x;\n'),
                  ('plugins/common.hpp', '#pragma once\n')],
    'type-name': [('host/base/a.h', '#pragma once\nclass SessionManager;\n'),
                  ('host/base/b.h', '#pragma once\nenum class InfoKind {};\n')],
    'shared-ptr': [('host/base/a.cpp', 'int y;\nstd::shared_ptr<int> x;\n')],
    'co-await-temporary': [('host/http/a.cpp', 'auto x = co_await f([&] { g(); });\n'),
                           ('host/http/b.cpp', 'auto x = co_await f(\n    Options{1, 2});\n'),
                           ('host/http/c.cpp', 'co_await f([self](int) { });\n')],
    'co-await-twice': [('host/http/a.cpp', 'g(co_await a() + co_await b());\n'),
                       ('host/http/b.cpp', 'auto x = co_await f(co_await g());\n')],
    'skip-reason': [('tests/support/a.cpp', 'GTEST_SKIP();\n')],
    'file-length': [('host/base/a.cpp', 'int x;\n' * 401),
                    ('tests/support/a.cpp', 'int x;\n' * 601)],
    'function-length': [('host/base/a.cpp', LONG_BODY),
                        ('tests/support/a.py', 'def f():\n' + '    g()\n' * 80),
                        ('host/base/b.cpp', 'namespace a {\nclass B {\n' + LONG_BODY + '};\n}\n')],
    'line-length': [('host/base/a.cpp', '// ' + 'x' * 98 + '\n'), ('run', '# ' + 'x' * 99 + '\n')],
    'tab': [('host/base/a.cpp', '\tint x;\n')],
    'trailing-blank': [('host/base/a.cpp', 'int x; \n')],
    'pragma-once': [('host/base/a.h', 'int x;\n')],
    'sleep': [('tests/support/a.cpp', 'std::this_thread::sleep_for(1s);\n'),
              ('tests/support/b.cpp', 'usleep(5);\n')],
    'python-sleep': [('tests/e2e/a.py', 'time.sleep(1)\n')],
    'regex': [('host/base/a.cpp', 'std::regex x;\n')],
    'macro': [('host/base/a.cpp', '#define X 1\n')],
    'any-executor': [('host/http/a.cpp', 'asio::any_io_executor x;\n')],
    'dlclose': [('host/plugin/a.cpp', 'dlclose(x);\n')],
    'deepbind': [('host/plugin/a.cpp', 'dlopen(x, RTLD_NOW | RTLD_DEEPBIND);\n')],
    'lazy': [('host/plugin/a.cpp', 'dlopen(x, RTLD_LAZY);\n')],
    'singleton': [('host/base/a.h', '#pragma once\nstatic Log& instance();\n')],
    'coroutine': [('host/spool/a.cpp', 'co_return 1;\n')],
    'leftover': [('host/base/a.cpp', '// TODO later\n'), ('cmake/a.cmake', '# FIXME\n')],
    'disabled-test': [('tests/support/a.cpp', 'TEST(A, DISABLED_b) {}\n')],
    'print': [('host/spool/a.cpp', 'std::cout << 1;\n'), ('plugins/a/a.cpp', 'printf("x");\n')],
    'lock-resolved': [('web/package-lock.json', '{ "resolved": "x" }\n')],
}


def write_tree(root, tree):
    for path, content in tree.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as stream:
            stream.write(content)


def run_tidy(root):
    return subprocess.run([sys.executable, TIDY, root], stdout=subprocess.PIPE, text=True,
                          check=False)


class TidyTest(unittest.TestCase):
    def problems(self, extra):
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, CLEAN | extra)
            return tidy.problems_of(root)[1]

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.problems({}), [])

    def test_every_rule_has_a_seed(self):
        known = {ban.rule for ban in rules.BANS} | set(rules.CODED_RULES)
        self.assertEqual(known, set(SEEDS))

    def test_every_seed_is_caught_and_nothing_else(self):
        for rule, seeds in SEEDS.items():
            for path, content in seeds:
                with self.subTest(rule=rule, path=path, content=content[:60]):
                    found = {(where, name) for where, _, name, _ in self.problems({path: content})}
                    self.assertEqual(found, {(path, rule)})

    def test_what_is_allowed_with_a_reason_passes(self):
        self.assertEqual(self.problems({
            'tests/support/poll.h': '#pragma once\nstd::this_thread::sleep_for(1ms);\n',
            'host/base/mutex.h': '#pragma once\n#define INGEST_GUARDED_BY(x)\n',
            'host/base/check.cpp': 'std::fprintf(stderr, "x");\n',
            'host/app/a.cpp': 'std::cout << 1;\n',
            'build/dev/a.cpp': 'dlclose(x); \t\n',
        }), [])

    def test_the_exit_code_tells(self):
        for extra, code in (({}, 0), ({'host/base/a.cpp': 'int x; \n'}, 1)):
            with tempfile.TemporaryDirectory() as root:
                write_tree(root, CLEAN | extra)
                run = run_tidy(root)
                self.assertEqual(run.returncode, code, run.stdout)
        with tempfile.TemporaryDirectory() as root:
            run = run_tidy(root)
            self.assertEqual(run.returncode, 1, 'an empty tree must not pass')


if __name__ == '__main__':
    unittest.main()
