"""Runs as rows of a table."""
import collections
import statistics

from .measure import HOST


def lines(header, rows):
    """Markdown that is aligned for reading as it is."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    def line(cells):
        return "| " + " | ".join(cell.ljust(w) for cell, w in zip(cells, widths)) + " |"
    return [line(header), "|" + "|".join("-" * (w + 2) for w in widths) + "|", *map(line, rows)]


def figure(value):
    """Three digits or all of the whole ones; "-" for None."""
    if value is None:
        return "-"
    return "%.*f" % (0 if value >= 100 else 1 if value >= 10 else 2, value)


def median(values):
    """Of those that are there; None of nothing."""
    there = [value for value in values if value is not None]
    return statistics.median(there) if there else None


def span(values):
    values = list(values)
    return figure(min(values)) + ".." + figure(max(values))


def cpu_per_1m(runs, name):
    return median(run["cpu_s_per_1m"].get(name) for run in runs)


def errors(runs):
    total = collections.Counter()
    for run in runs:
        total.update(run["errors"])
    return ", ".join("%s: %d" % one for one in sorted(total.items())) or "0"


def speeds(runs):
    return span(turns for run in runs for turns in run["speed"])


def check(runs):
    """"ok", what is wrong in any of the runs, or "-" where there was nothing to compare with."""
    wrong = dict.fromkeys(text for run in runs for text in run["wrong"] or ())
    if wrong:
        return "; ".join(wrong)
    return "ok" if all(run["wrong"] is not None for run in runs) else "-"


def load_table(groups, watched):
    """`groups`: the rounds of each workload. `watched`: names of processes besides the host."""
    header = ["batch", "connections", "requests/s", "readings/s", "min..max", "p50 ms", "p99 ms",
              "p99.9 ms", "errors", "202", "host CPU s/1M", "host PSS MB",
              *(name + " CPU s/1M" for name in watched), "speed", "check"]
    rows = []
    for runs in groups:
        def middle(key):
            return figure(median(run[key] for run in runs))
        rows.append([
            str(runs[0]["batch"]), str(runs[0]["connections"]), middle("requests_s"),
            middle("readings_s"), span(run["readings_s"] for run in runs), middle("p50_ms"),
            middle("p99_ms"), middle("p999_ms"), errors(runs),
            "%.1f %%" % (100 * median(run["share_202"] for run in runs)),
            figure(cpu_per_1m(runs, HOST)), middle("pss_mb"),
            *(figure(cpu_per_1m(runs, name)) for name in watched),
            speeds(runs), check(runs)])
    return lines(header, rows)


REASON_MAX = 120  # characters of one that goes into a table


def reason(text):
    """Its last line, which of a host's log is what ended it, fit for a cell."""
    last = (text.strip().splitlines() or [""])[-1].replace("|", "/")
    return last if len(last) <= REASON_MAX else last[:REASON_MAX] + "..."


def scale_table(dimension, found, watched):
    """`found`: of each row its value, the rounds, and what failed instead of giving one."""
    header = [dimension, "readings/s", "delivered/s", "p50 ms", "p99 ms",
              *(name + " CPU s/1M" for name in watched), "host PSS MB", "202", "errors", "speed",
              "check"]
    rows = []
    for value, runs, failed in found:
        def middle(key):
            return figure(median(run[key] for run in runs))
        share = median(run["share_202"] for run in runs)
        said = ["failed: " + reason(text) for text in failed] + ([check(runs)] if runs else [])
        rows.append([
            value, middle("readings_s"), middle("delivered_s"), middle("p50_ms"),
            middle("p99_ms"), *(figure(cpu_per_1m(runs, name)) for name in watched),
            middle("pss_mb"), "-" if share is None else "%.1f %%" % (100 * share),
            errors(runs) if runs else "-", speeds(runs) if runs else "-", "; ".join(said)])
    return lines(header, rows)


# Compared: a ratio of each round ----------------------------------------------------------------

# Two runs of the same differ by about this much.
MARGIN = 0.03


def verdict(ratios):
    """Only what all rounds say; one says nothing."""
    if len(ratios) < 2:
        return "unclear"
    if min(ratios) > 1 + MARGIN:
        return "faster"
    if max(ratios) < 1 - MARGIN:
        return "slower"
    return "same" if max(abs(ratio - 1) for ratio in ratios) <= MARGIN else "unclear"


def ratios_of(runs, value):
    """`runs`: the rounds of both; of each round in which both have the value."""
    pairs = [(value(first), value(second)) for first, second in zip(*runs)]
    return [second / first for first, second in pairs if first and second]


def with_span(values):
    if not values:
        return "-"
    return "%.2f (%.2f..%.2f)" % (median(values), min(values), max(values))


def comparison(names, groups, watched):
    """`groups`: of each workload the rounds of the first tree and those of the second."""
    header = ["batch", "connections", *("readings/s " + name for name in names), "ratio",
              *("CPU s/1M " + name for name in names), "host CPU ratio",
              *("p99 ms " + name for name in names), "errors", "speed", "check",
              "verdict"]
    rows = []
    for runs in groups:
        rates = ratios_of(runs, lambda run: run["readings_s"])
        cpu = ratios_of(runs, lambda run: run["cpu_s_per_1m"].get(HOST))
        both = runs[0] + runs[1]
        rows.append([
            str(both[0]["batch"]), str(both[0]["connections"]),
            *("%s (%s)" % (figure(median(run["readings_s"] for run in mine)),
                           span(run["readings_s"] for run in mine)) for mine in runs),
            with_span(rates),
            *("/".join(figure(cpu_per_1m(mine, name)) for name in watched) for mine in runs),
            with_span(cpu),
            *(figure(median(run["p99_ms"] for run in mine)) for mine in runs),
            errors(both), speeds(both), check(both), verdict(rates)])
    return lines(header, rows)
