"""Fault runs: `tests/fault/run --help`, which builds and starts the stores first."""
import argparse
import os
import random
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
import harness  # noqa: E402


def main():
    known = harness.scenarios()
    parser = argparse.ArgumentParser(
        prog="tests/fault/run",
        description="Makes a fault happen to a real host under load, again and again, and checks "
        "that nothing acknowledged is lost, doubled, changed or made up.",
        epilog="Exit status: 0 passed, 1 failed, 77 this machine cannot do it.")
    parser.add_argument("name", nargs="?", choices=known, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="the scenarios, with how often each "
                        "runs in ./test and by default here")
    parser.add_argument("--short", action="store_true", help="as often as in ./test")
    parser.add_argument("--cycles", type=int, help="how often")
    parser.add_argument("--seconds", type=float, help="how long each fault lasts")
    parser.add_argument("--seed", type=int, help="repeats a run's choices, as far as the "
                        "machine's timing lets it")
    parser.add_argument("--out", help="a file to append the figures to, one JSON object a run")
    options = parser.parse_args()
    if options.list:
        for name, module in known.items():
            print("%-16s %s\n%16s short: %s, long: %s"
                  % (name, module.SUMMARY, "", module.SHORT, module.LONG))
        return 0
    if not options.name:
        parser.error("which scenario? --list shows them")
    module = known[options.name]
    chosen = dict(module.SHORT if options.short else module.LONG)
    if options.cycles is not None:
        chosen["cycles"] = options.cycles
    if options.seconds is not None:
        chosen["seconds"] = options.seconds
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    return harness.run(options.name, module, chosen.get("cycles", 1), chosen.get("seconds", 0),
                       seed, options.out)


if __name__ == "__main__":
    sys.exit(main())
