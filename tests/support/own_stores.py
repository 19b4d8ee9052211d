"""A database and a queue of a test's own, in the servers that tests/support/stores started."""
import os
import urllib.parse
import uuid

DATABASE_URL = os.environ.get("INGEST_TEST_DATABASE_URL")
REDIS_URL = os.environ.get("INGEST_TEST_REDIS_URL")


class Unavailable(Exception):
    """There is no such server; the message says what would make one."""


def _server(url, name, variable):
    if not url:
        raise Unavailable("no %s: %s is not set; run it through ./test, tests/fault/run or "
                          "tests/support/stores" % (name, variable))
    return url


def connect(url):
    """A connection in autocommit mode."""
    import psycopg2
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


def own_database(stack):
    """A fresh PostgreSQL database that goes with the ExitStack: (url, connection)."""
    server = _server(DATABASE_URL, "PostgreSQL", "INGEST_TEST_DATABASE_URL")
    name = "e2e_" + uuid.uuid4().hex[:12]
    admin = connect(server)
    stack.callback(admin.close)
    admin.cursor().execute('CREATE DATABASE "%s"' % name)
    stack.callback(lambda: admin.cursor().execute('DROP DATABASE "%s" WITH (FORCE)' % name))
    url = urllib.parse.urlsplit(server)._replace(path="/" + name).geturl()
    connection = connect(url)
    stack.callback(connection.close)
    return url, connection


def own_queue(stack):
    """A Redis list that goes with the ExitStack: (url, name, client)."""
    import redis
    url = _server(REDIS_URL, "Redis", "INGEST_TEST_REDIS_URL")
    client = redis.Redis.from_url(url)
    stack.callback(client.close)
    name = "e2e_" + uuid.uuid4().hex[:12]
    stack.callback(client.delete, name)
    return url, name, client


def store_environment(database_url, redis_url, queue):
    """For config.yaml."""
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REDIS_QUEUE_NAME": queue}


# Nobody listens on port 1, and no file is in a device: what is accepted is in the spool alone.
NO_STORES = {**store_environment("postgresql://postgres@127.0.0.1:1/none",
                                 "redis://127.0.0.1:1/0", "none"),
             "SQLITE_PATH": "/dev/null/none"}
