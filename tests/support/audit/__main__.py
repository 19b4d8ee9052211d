"""The audit client's command line."""
import argparse
import json
import sys
import threading

from . import stores
from .client import Load, percentile
from .journal import Account, Journal
from .verify import verify


def arguments(given):
    parser = argparse.ArgumentParser(prog="audit", description=sys.modules["audit"].__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("load", help="send readings to a host on this machine, and journal "
                               "every attempt and outcome")
    load.add_argument("--journal", required=True, help="a new file")
    load.add_argument("--port", type=int, default=8001)
    load.add_argument("--connections", type=int, default=64)
    load.add_argument("--sizes", default="1,5", help="readings a request, one of these at random")
    load.add_argument("--rate", type=float, help="readings a second at most")
    load.add_argument("--seconds", type=float, default=10)
    check = commands.add_parser("verify", help="compare a journal with the stores at rest; exit "
                                "status 1 when anything is lost, duplicate, phantom or changed")
    check.add_argument("--journal", required=True)
    check.add_argument("--database-url", help="PostgreSQL")
    check.add_argument("--table", default="sensor_data")
    check.add_argument("--sqlite", help="a database file")
    check.add_argument("--redis-url")
    check.add_argument("--queue", default="sensor_data_queue")
    check.add_argument("--dead-letters", help="the output of `ingest-host dead-letters ls --json`")
    return parser.parse_args(given)


def run_load(options):
    journal = Journal(options.journal)
    sizes = tuple(int(size) for size in options.sizes.split(","))
    load = Load(options.port, journal, options.connections, sizes, options.rate).start()
    threading.Event().wait(options.seconds)
    load.stop()
    journal.close()
    seconds = [sample.seconds for sample in load.samples]
    print(json.dumps({"answered": load.answered, "accepted": load.accepted,
                      "no_answer": len(load.no_answer),
                      "p50_ms": percentile(seconds, 0.5) and percentile(seconds, 0.5) * 1e3,
                      "p99_ms": percentile(seconds, 0.99) and percentile(seconds, 0.99) * 1e3}))
    return 0 if load.accepted else 1


def run_verify(options):
    account = Account(options.journal)
    letters = stores.dead_letters(options.dead_letters) if options.dead_letters else frozenset()
    verdicts = []
    if options.database_url:
        verdicts.append(verify(account, "postgres",
                               stores.postgres(options.database_url, options.table), letters))
    if options.sqlite:
        verdicts.append(verify(account, "sqlite", stores.sqlite(options.sqlite, options.table),
                               letters))
    if options.redis_url:
        found = stores.redis_list(options.redis_url, options.queue)
        verdicts.append(verify(account, "redis", found, letters, at_least_once=True))
    if not verdicts:
        sys.exit("audit verify: name a store: --database-url, --sqlite or --redis-url")
    for verdict in verdicts:
        print(json.dumps(verdict.as_dict()))
    if account.malformed:
        print(json.dumps({"malformed_acknowledgements": account.malformed[:5]}))
    wrong = any(verdict.wrong() for verdict in verdicts)
    return 1 if wrong or account.malformed else 0


def main(given=None):
    """The exit status."""
    chosen = arguments(given)
    return run_load(chosen) if chosen.command == "load" else run_verify(chosen)


if __name__ == "__main__":
    sys.exit(main())
