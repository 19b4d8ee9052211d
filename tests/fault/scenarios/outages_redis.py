"""Redis dies, hangs and comes back empty under load."""
import os
import shutil

from outage import Outages

SUMMARY = "Redis killed, stopped by SIGSTOP, and restarted without its data, under load"
SHORT = {"seconds": 5}
LONG = {"seconds": 30}


def run(fault):
    outages = Outages(fault)
    server = outages.redis
    with outages.under_load():
        outages.suffer("redis_killed", "redis", server.end, server.start)
        outages.suffer("redis_hangs", "redis", server.pause, server.go_on)
        outages.suffer("redis_emptied", "redis", lambda: empty(outages), server.start)


def empty(outages):
    """Ends Redis and takes its data away.

    What Redis had acknowledged goes with it and was not the host's to keep any more: it counts as
    taken by a consumer. Whatever else a client was promised has to be in the list in the end.
    """
    outages.redis.end()
    outages.taken = outages.fault.subdirectory("taken")
    shutil.move(os.path.join(outages.redis.directory, "appendonlydir"), outages.taken)
