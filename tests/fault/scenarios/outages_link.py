"""The network between the host and a store is cut: packets vanish, nobody says so."""
from network_link import NetworkLink
from outage import Outages

SUMMARY = "the link to PostgreSQL, then that to Redis, is cut under load; needs root"
SHORT = {"seconds": 5}
LONG = {"seconds": 30}


def run(fault):
    links = {"database": NetworkLink(fault.stack), "redis": NetworkLink(fault.stack)}
    outages = Outages(fault, links)
    with outages.under_load():
        for sink, link in links.items():
            outages.suffer("link_to_%s_cut" % sink, sink, link.cut, link.mend)
