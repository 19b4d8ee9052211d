"""A built host, served against the stores of tests/support/stores, with nothing in them yet.

Import this only with tests/support in sys.path and e2e's environment set.
"""
import contextlib
import os
import subprocess
import tempfile

import e2e
import own_stores

from . import configs, measure


def stores():
    """{name: process id}"""
    return {name: int(os.environ[variable]) for name, variable in (
        ("PostgreSQL", "INGEST_TEST_PG_PID"), ("Redis", "INGEST_TEST_REDIS_PID"))}


def _end(host):
    process = host.process
    try:
        host.stop()
    except subprocess.TimeoutExpired:  # it would take from the next run
        process.kill()
        process.wait()
        raise


@contextlib.contextmanager
def served(name, build, config, environment=None, prefix=(), with_stores=True):
    """A measure.Target: the host of the folder `build` with a spool, a database and lists of its
    own, all empty; without the latter two for a configuration that has no such sinks."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="ingest-bench-"))
        given = {"PLUGIN_DIR": os.path.join(build, "plugins"), "LOG_LEVEL": "WARNING",
                 **(environment or {})}
        if with_stores:
            database_url, _ = own_stores.own_database(stack)
            redis_url, queue, redis = own_stores.own_queue(stack)
            stack.callback(redis.delete, configs.another_name(queue, 2))
            given.update(own_stores.store_environment(database_url, redis_url, queue))
        host = e2e.Host(directory, config, given)
        host.binary = os.path.join(build, "bin", "ingest-host")
        host.prefix = list(prefix)
        stack.callback(_end, host)
        host.start()
        with contextlib.closing(host.client()) as client:
            e2e.poll(lambda: "disconnected" not in client.get("/health").json.values(),
                     "%s reaches its stores" % name)
        yield measure.Target("http://127.0.0.1:%d" % host.port, pid=host.process.pid,
                             watched=stores() if with_stores else None)
