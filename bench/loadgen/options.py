"""What the commands' options have in common."""
import tempfile

from . import bodies, measure


def numbers(text):
    found = [int(part) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError(text)
    return found


def add_workloads(parser, seconds, warmup, rounds):
    """The numbers are defaults."""
    def add(name, default, meaning, kind=int, metavar="N"):
        shown = default if isinstance(default, int) else ",".join(map(str, default))
        parser.add_argument(name, type=kind, default=default, metavar=metavar,
                            help="%s; default: %s" % (meaning, shown))
    add("--batch", [1, 100], "readings a request", numbers, "N[,N]")
    add("--connections", [64], "kept alive", numbers, "N[,N]")
    add("--fields", bodies.FIELDS, "numbers in a reading; over 5: field_06, field_07, ..., which "
        "the host's configuration should name")
    add("--seconds", seconds, "of each run")
    add("--warmup", warmup, "seconds before each run")
    add("--rounds", rounds, "of all runs in turn")
    add("--settle", 60, "seconds for the host to deliver what it has taken")
    parser.add_argument("--json", metavar="FILE", help="write every run's figures")


def workloads(stack, options):
    """In the order of the table; their bodies go with the ExitStack."""
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="ingest-load-"))
    return [measure.Workload(directory, batch, connections, options.fields)
            for batch in options.batch for connections in options.connections]
