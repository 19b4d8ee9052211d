"""What bench/scale varies."""
from typing import NamedTuple, Optional

from . import bodies, configs


class Case(NamedTuple):
    """A row: the base, but for what it sets."""
    value: str
    connections: int = 64
    batch: int = 100
    fields: int = bodies.FIELDS
    validators: int = 3
    sinks: Optional[int] = None  # those of the configuration
    threads: int = 0  # the host's default
    cpus: Optional[int] = None  # that the host may use: all

    def config(self, text):
        """`text`: of the configuration to start from."""
        return configs.resized(text, self.fields, self.validators, self.sinks)


def _along(name, *values):
    return [Case(str(value), **{name: value}) for value in values]


DIMENSIONS = {
    "connections": [Case("%d, batch %d" % (connections, batch), connections, batch)
                    for batch in (1, 100) for connections in (1, 64, 1024, 4096)],
    "batch": _along("batch", 1, 10, 100, 1000),
    "fields": _along("fields", 5, 20, 100),
    "validators": _along("validators", 0, 3, 20),
    "sinks": _along("sinks", 1, 2, 4),
    "threads": _along("threads", 1, 2),
    "cpus": _along("cpus", 1, 2),
}
