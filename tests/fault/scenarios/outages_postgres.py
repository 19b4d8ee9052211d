"""PostgreSQL dies, hangs and restarts under load."""
import signal

from outage import Outages

SUMMARY = "PostgreSQL killed, stopped by SIGSTOP, and restarted, under load"
SHORT = {"seconds": 5}
LONG = {"seconds": 30}


def run(fault):
    outages = Outages(fault)
    server = outages.postgres
    with outages.under_load():
        outages.suffer("postgres_killed", "database", lambda: server.end(signal.SIGKILL),
                       server.start)
        outages.suffer("postgres_hangs", "database", server.pause, server.go_on)
        # As `pg_ctl stop -m immediate` does.
        outages.suffer("postgres_restarted", "database", server.end, server.start)
