"""What the stores hold, read as a consumer would."""
import datetime
import json
import sqlite3

from .readings import MEASURES, number_of

COLUMNS = "id, equipment_id, " + ", ".join(MEASURES) + ', "timestamp"'


class Stored:
    """One reading found: its id, the number in its timestamp (None: not ours), its fields."""
    __slots__ = ("reading_id", "number", "fields")

    def __init__(self, reading_id, when, fields):
        self.reading_id = str(reading_id)
        self.number = number_of(when)
        self.fields = fields


def _stored(row):
    reading_id, equipment_id, *measures, when = row
    fields = dict(zip(MEASURES, measures), equipment_id=equipment_id)
    if isinstance(when, str):
        when = time_in(when)
    elif when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return Stored(reading_id, when, fields)


def time_in(text):
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)


def postgres(url, table="sensor_data"):
    """Yields what the table holds."""
    import psycopg2
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor("audit") as cursor:
            cursor.itersize = 20000
            cursor.execute("SELECT %s FROM %s" % (COLUMNS, table))
            for row in cursor:
                yield _stored(row)
    finally:
        connection.close()


def sqlite(path, table="sensor_data"):
    connection = sqlite3.connect(path)
    try:
        for row in connection.execute("SELECT %s FROM %s" % (COLUMNS, table)):
            yield _stored(row)
    finally:
        connection.close()


def redis_list(url, queue):
    """Yields the list's messages without taking them."""
    import redis
    client = redis.Redis.from_url(url)
    try:
        length = client.llen(queue)
        step = 20000
        for begin in range(0, length, step):
            for message in client.lrange(queue, begin, begin + step - 1):
                fields = json.loads(message)
                yield Stored(fields.pop("reading_id"), time_in(fields.pop("timestamp")), fields)
    finally:
        client.close()


def dead_letters(path):
    """Ids in a file that `ingest-host dead-letters ls --json` wrote."""
    with open(path) as file:
        return {json.loads(line)["reading"]["reading_id"] for line in file}
