"""The host's own account, GET /internal/ledger, and whether it agrees with the answers."""
import http.client
import json
import time

ANSWER_SECONDS = 30
POLL_SECONDS = 0.1


def read(host, port):
    """As it was answered; None where there is none: another server, or not from this machine.
    OSError when nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/internal/ledger")
        answer = connection.getresponse()
        body = answer.read()
        document = json.loads(body) if answer.status == 200 else None
        return document if isinstance(document, dict) and "spool" in document else None
    except ConnectionError:  # one of them is an HTTPException too
        raise
    except (http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _waiting(ledger):
    return {sink["name"]: sink["waiting"] for sink in ledger["sinks"] if sink["waiting"]}


def settle(host, port, seconds):
    """Waits until no sink has readings to get and no more are taken, `seconds` at most; returns
    the last ledger, or None where there is none."""
    deadline = time.monotonic() + seconds
    before = None
    while True:
        now = read(host, port)
        if now is None:
            return None
        still = before is not None and before["spool"]["accepted"] == now["spool"]["accepted"]
        if (still and not _waiting(now)) or time.monotonic() > deadline:
            return now
        before = now
        time.sleep(POLL_SECONDS)


def disagreements(before, after, acknowledged, unknown):
    """What is wrong between two ledgers at rest, as texts. `acknowledged` readings were answered
    2xx; `unknown` may have been kept without an answer: in flight at the end, or cut off."""
    wrong = []
    grown = after["spool"]["accepted"] - before["spool"]["accepted"]
    if grown < acknowledged:
        wrong.append("accepted grew by %d, %d less than acknowledged"
                     % (grown, acknowledged - grown))
    if grown > acknowledged + unknown:
        wrong.append("accepted grew by %d, %d more than was sent"
                     % (grown, grown - acknowledged - unknown))
    earlier = {sink["name"]: sink for sink in before["sinks"]}
    for sink in after["sinks"]:
        name = sink["name"]
        if sink["waiting"]:
            wrong.append("%d wait for %s" % (sink["waiting"], name))
        for kind in ("dead_lettered", "lost"):
            more = sink[kind] - earlier.get(name, {}).get(kind, 0)
            if more:
                wrong.append("%d %s at %s" % (more, kind.replace("_", " "), name))
    return wrong
