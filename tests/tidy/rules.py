"""What tidy.py enforces, as data. The reasons are in docs/ and in each message."""

import re
from typing import NamedTuple

SKIPPED_DIRS = {'.git', 'build', 'var', 'node_modules', '__pycache__', 'golden', '.cache', 'target'}
C_FAMILY = ('.h', '.hpp', '.c', '.cpp')
LINE_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = ((r'^(tests|bench)/', 600), (r'', 400))

# Room -> the rooms it may include besides itself. 'api-batch' is plugin-api's batch layout and its
# status codes alone: what rooms that call plugins pass on and get back.
BASE = {'base', 'model'}
ROOMS = {
    'base': set(),
    'confine': {'base'},
    'model': {'base', 'api-batch'},
    'plugin': BASE | {'plugin-api', 'api-batch'},
    'coding': {'base'},
    'decode': BASE,
    'spool': BASE,
    'validate': BASE | {'plugin', 'api-batch'},
    'deliver': BASE | {'plugin', 'spool', 'api-batch'},
    'access': BASE | {'decode'},
    'trace': {'base', 'plugin-api'},  # what may be connected to is looked at in one place
    'ingest': BASE | {'access', 'decode', 'trace', 'validate', 'spool'},
    'observe': BASE,
    'http': BASE | {'access', 'coding', 'ingest', 'observe', 'trace'},
    'conformance': BASE | {'plugin', 'plugin-api', 'api-batch'},
}
HOST_ROOMS = set(ROOMS) | {'app'}
ROOMS['app'] = HOST_ROOMS | {'plugin-api', 'api-batch'}
ROOMS['plugin-api'] = {'api-batch'}
ROOMS['api-batch'] = {'plugin-api'}
ROOMS['plugins'] = {'plugin-api', 'api-batch'}

# Header -> where it may be included, as a pattern on the path. The longest prefix counts. What is
# not listed (std, system headers) is free. Tests and benchmarks may include everything.
ANYWHERE_BUT_SPOOL = r'^(host/(?!spool/)|plugins/)'
THIRD_PARTY = {
    'boost/': r'^$',
    'boost/asio': r'^host/http/',
    'boost/beast': r'^host/http/',
    'boost/dll': r'^host/plugin/',
    'boost/system/': r'^host/',
    'boost/uuid/': r'^host/(base|decode)/',
    'simdjson': r'^host/decode/',
    'zlib.h': r'^host/coding/',
    'zstd': r'^host/coding/',
    'yaml-cpp/': r'^host/app/',
    'spdlog/': r'^host/base/',
    'fmt/': r'^host/base/',
    'openssl/': r'^host/(access|plugin|http)/',
    'seccomp.h': r'^host/confine/',
    'prometheus/': r'^host/observe/',
    'curl/': r'^host/trace/',
    'nlohmann/': ANYWHERE_BUT_SPOOL,
    'pqxx/': r'^plugins/postgres-sink/',
    'libpq': r'^plugins/postgres-sink/',
    'hiredis/': r'^plugins/redis-sink/',
    'sqlite3.h': r'^plugins/sqlite-sink/',
    're2/': r'^plugins/validators/equipment-id/',
    'gtest/': r'^$',
    'gmock/': r'^$',
    'benchmark/': r'^$',
    'web/assets.h': r'^host/(http|app)/',
    'templates/assets.h': r'^host/app/',
}


class Ban(NamedTuple):
    rule: str
    where: str  # pattern on the path
    pattern: str  # on a line; of C and C++ without comments and the contents of strings
    instead: str
    allowed: tuple = ()  # (pattern on the path, reason)


C_CODE = r'\.(h|hpp|c|cpp)$'
SHIPPED = r'^(host|plugins|plugin-api)/.*' + C_CODE
NAME_PARTS = r'(Manager|Utils?|Helpers?|Handler|Common|Info)'
POLLING = (r'^tests/support/(poll|until|wait)\w*\.(h|cpp|py)$', 'the loop that waits by deadline')
FAULTY = (r'^tests/.*faulty', 'a plugin that misbehaves on purpose')

BANS = (
    Ban('sleep', r'^tests/.*' + C_CODE, r'\b(sleep_for|sleep_until|u?sleep|nanosleep)\s*\(',
        'a test does not sleep: use a fake clock, a receipt, or poll with a deadline through '
        'tests/support', (POLLING, FAULTY)),
    Ban('python-sleep', r'^tests/.*\.py$',
        r'\b(time\.sleep|asyncio\.sleep|from time import sleep)\b',
        'a test does not sleep: wait for the event, or poll with a deadline through tests/support',
        (POLLING, (r'^tests/tidy/', 'these tables and their tests'))),
    Ban('type-name', SHIPPED,
        r'\b(class|struct|enum|concept)\s+(\w+\s+)?\w*' + NAME_PARTS + r'(?![a-z])\w*',
        'the name says nothing: name the thing it is, such as lane, cursor, receipt, gate'),
    Ban('regex', SHIPPED, r'\bstd::w?(regex|smatch|cmatch)\b|#\s*include\s*<regex>',
        'std::regex backtracks without bound: use RE2, as plugins/validators/equipment-id does'),
    Ban('macro', r'^(host|plugins|tests|bench)/.*\.(h|hpp|cpp)$', r'^\s*#\s*define\b',
        'macros are for plugin-api: write a constexpr, a function or a template; what configures a '
        'library goes in CMake',
        ((r'^host/base/mutex\.h$', "clang's thread-safety attributes exist only as macros"),
         (r'^tests/abi/', 'compiled as C too'))),
    Ban('any-executor', r'^(host|plugins)/.*' + C_CODE, r'\bany_io_executor\b',
        "it costs an allocation and a virtual call: use io_context::executor_type"),
    Ban('dlclose', SHIPPED, r'\bdlclose\s*\(',
        'a library may have left threads or destructors behind: park the handle for ever, as '
        'host/plugin/library does'),
    Ban('deepbind', SHIPPED, r'\b(RTLD_DEEPBIND|rtld_deepbind)\b',
        'it breaks sanitizers and allocators: use RTLD_NOW | RTLD_LOCAL and hidden symbols'),
    Ban('lazy', SHIPPED, r'\b(RTLD_LAZY|rtld_lazy)\b',
        'a missing symbol must show when loading: use RTLD_NOW'),
    Ban('singleton', SHIPPED, r'\bstatic\b[^;(=]*\b(get_)?[iI]nstance\s*\(|\bgetInstance\b',
        'no singletons: app owns the object and hands out a reference'),
    Ban('coroutine', r'^(host/(?!http/)|plugins/|plugin-api/).*' + C_CODE,
        r'\bco_(await|return|yield)\b',
        'coroutines live in host/http only: write a plain function and hand the result back'),
    Ban('leftover', r'(\.(h|hpp|c|cpp|py|rs|cmake|sh|ya?ml|js)|CMakeLists\.txt)$',
        r'\b(TODO|FIXME|XXX)\b', 'finish it, or say in docs/ what is not done and why',
        ((r'^tests/tidy/', 'these tables and their tests'),)),
    Ban('disabled-test', r'^tests/.*\.(cpp|h)$', r'\bDISABLED_\w+',
        'a test that does not run proves nothing: repair it or remove it'),
    Ban('print', r'^(host/(?!app/|main\.cpp)|plugins/).*' + C_CODE,
        r'\bstd::(cout|cerr|clog)\b|\bf?printf\s*\(|\b(f?puts|putchar)\s*\(',
        'write to the log: base/log.h in the host, the log function of ingest_host in a plugin',
        ((r'^host/base/(check|log)\.cpp$', 'the log itself may be what is broken'),)),
    Ban('lock-resolved', r'^web/package-lock\.json$', r'"resolved"\s*:',
        'no download addresses in the lock file: web/.npmrc has omit-lockfile-registry-resolved'),
)

FILE_NAME_PARTS = re.compile(r'(^|[_-])(manager|utils?|helpers?|handler|common|info)($|[_.-])')

# Rules that are code in tidy.py; each must have a seeded violation in tidy_test.py too.
CODED_RULES = ('include', 'third-party', 'unknown-include', 'orphan-test', 'file-name',
               'shared-ptr', 'co-await-temporary', 'co-await-twice', 'skip-reason', 'file-length',
               'function-length', 'line-length', 'tab', 'trailing-blank', 'pragma-once')
