"""Configurations of other sizes, made from the text of config.yaml or bench/front.yaml."""
import re

from . import bodies

# The same in all rows, and enough for the largest: all connections come from one address.
HTTP = """http:
  host: ${HOST}
  port: ${PORT}
  threads: ${HTTP_THREADS}
  limits:
    body_bytes: 4MiB
    connections: 8192
    connections_per_address: 8192
    in_flight_bytes: 256MiB
    in_flight_bytes_per_address: 256MiB
  batch:
    readings_max: 1000

"""


def another_name(name, number):
    return "%s_%d" % (name, number)


def _entries(section):
    """[the line with its key, the text of each entry of its list]"""
    return re.split(r"(?m)^(?=  - )", section.rstrip() + "\n")


def _validators(section, count):
    """As they are, with `range` repeated. Fewer than there are: none."""
    key, *entries = _entries(section)
    if count < len(entries):
        return ""
    place = next(i for i, entry in enumerate(entries) if "plugin: range" in entry)
    entries[place] *= 1 + count - len(entries)
    return key + "".join(entries) + "\n"


def _another_sink(sink, number):
    """The same with a table or a list of its own."""
    sink = re.sub(r"(name: \S+)", r"\1-%d" % number, sink, count=1)
    return re.sub(r"((?:table|queue): \S+)", lambda found: another_name(found[1], number), sink)


def _sinks(section, count):
    """The first ones, or over again when there are fewer."""
    key, *entries = _entries(section)
    chosen = []
    for i in range(count):
        sink, round_before = entries[i % len(entries)], i // len(entries)
        chosen.append(_another_sink(sink, round_before + 1) if round_before else sink)
    return key + "".join(chosen) + "\n"


def resized(text, fields, validators, sinks=None):
    """`sinks`: None for those that are there."""
    sections = {part.partition(":")[0]: part for part in re.split(r"(?m)^(?=[a-z_]+:)", text)}
    sections["http"] = HTTP
    more = "".join("    field_%02d: { type: double }\n" % number
                   for number in range(bodies.FIELDS + 1, fields + 1))
    sections["reading"] = sections["reading"].rstrip() + "\n" + more + "\n"
    sections["validators"] = _validators(sections["validators"], validators)
    if sinks is not None:
        sections["sinks"] = _sinks(sections["sinks"], sinks)
    return "".join(sections.values())
