"""Request bodies, made before the run so that the load generator only sends them."""
import datetime
import json
import random

SINGLE = "/api/v1/sensors/ingest"
BATCH = "/api/v1/sensors/ingest/batch"
# Of one file: enough that a run does not stay in the processor's cache, little enough to make in a
# second. A longer run sends them again, in the same order.
READINGS = 25600
BODIES_MAX = 4096
FIELDS = 5  # that the presets know
KINDS = ("PUMP", "FAN", "MOTOR", "TURBINE", "PRESS")
EQUIPMENT = ["%s-HALL%d-%03d" % (KINDS[i % 5], i // 100, i) for i in range(1000)]
# Long enough ago to be the past wherever the clock is about right.
FIRST = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)


def path_of(batch):
    return SINGLE if batch == 1 else BATCH


class Readings:
    """An endless row of good readings that no rule of the presets warns of; their timestamps only
    grow. `fields` over 5 adds field_06, field_07, ... to each."""

    def __init__(self, seed, fields=FIELDS):
        self._random = random.Random(seed)
        self._extra = ["field_%02d" % number for number in range(FIELDS + 1, fields + 1)]
        self._milliseconds = 0

    def one(self, equipment_id):
        uniform = self._random.uniform
        self._milliseconds += self._random.randrange(1, 20)
        when = FIRST + datetime.timedelta(milliseconds=self._milliseconds)
        temperature = round(uniform(-50, 200), 2)
        hot = temperature > 100  # then the rules look at the others
        return {
            "equipment_id": equipment_id,
            "temperature": temperature,
            "vibration": round(uniform(0, 1.5 if hot else 2), 4),
            "pressure": round(uniform(0.5 if hot else 0.01, 10), 3),
            "humidity": round(uniform(0, 100), 1),
            "voltage": round(uniform(0, 500), 2),
            **{name: round(uniform(0, 1000), 3) for name in self._extra},
            "timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }

    def batch(self, count):
        """Of different equipment, as long as there is enough."""
        choose = self._random.sample if count <= len(EQUIPMENT) else self._random.choices
        return [self.one(equipment_id) for equipment_id in choose(EQUIPMENT, k=count)]


def write(path, batch, fields=FIELDS, seed=1):
    """A file with one body a line, each with `batch` readings."""
    readings = Readings(seed, fields)
    with open(path, "w") as file:
        for _ in range(max(16, min(BODIES_MAX, READINGS // batch))):
            made = readings.batch(batch)
            body = made[0] if batch == 1 else {"readings": made}
            file.write(json.dumps(body) + "\n")
