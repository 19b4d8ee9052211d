"""Waiting for something to come true: polling with a deadline, never for a fixed time."""
import time

# Under sanitizers everything takes several times as long.
PATIENCE = 60.0
POLL_SECONDS = 0.02


def poll(condition, what, seconds=PATIENCE):
    """The first true value of `condition`, or a failure that says what did not come true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("in %g s it did not come true that %s" % (seconds, what))
        time.sleep(POLL_SECONDS)
