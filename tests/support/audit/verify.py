"""Compares a journal with a store."""
import collections

from .readings import differences

EXAMPLES_MAX = 5


class Verdict:
    """What is wrong in one store; each is a list of examples with a count.

    lost: acknowledged, and not in the store nor among the dead letters.
    duplicate: the same reading more than once, under one id or under two.
    phantom: stored, and never sent, or sent and refused, or under an id that nobody was told.
    changed: stored with other values than were sent under its id.

    redelivered is no fault: the same message again where at least once is what was promised.
    """
    KINDS = ("lost", "duplicate", "phantom", "changed")

    def __init__(self, store):
        self.store = store
        self.stored = 0
        self.acknowledged = 0
        self.dead_lettered = 0
        self.redelivered = 0
        self.counts = collections.Counter()
        self.examples = {}

    def add(self, kind, example):
        self.counts[kind] += 1
        examples = self.examples.setdefault(kind, [])
        if len(examples) < EXAMPLES_MAX:
            examples.append(example)

    def wrong(self):
        """Kinds that were found."""
        return [kind for kind in self.KINDS if self.counts[kind]]

    def as_dict(self):
        return {"store": self.store, "stored": self.stored, "acknowledged": self.acknowledged,
                "dead_lettered": self.dead_lettered, "redelivered": self.redelivered,
                **{kind: self.counts[kind] for kind in self.KINDS}, "examples": self.examples}


def verify(account, store, found, dead_letters=frozenset(), at_least_once=False):
    """`account`: a journal read back; `found`: what the store holds; `dead_letters`: ids;
    `at_least_once`: the store may hold the same again under the same id."""
    verdict = Verdict(store)
    verdict.acknowledged = len(account.acknowledged)
    ids = set()
    strangers = []  # under ids that no acknowledgement names
    for stored in found:
        verdict.stored += 1
        again = stored.reading_id in ids
        ids.add(stored.reading_id)
        if again and not at_least_once:
            verdict.add("duplicate", [stored.reading_id, stored.number])
            continue
        verdict.redelivered += again
        promised = account.acknowledged.get(stored.reading_id)
        if promised is None:
            strangers.append(stored)
        else:
            _compare(verdict, promised, stored)
    _explain(verdict, account, ids, strangers)
    for reading_id, number in account.acknowledged.items():
        if reading_id in ids:
            continue
        if reading_id in dead_letters:
            verdict.dead_lettered += 1
        else:
            verdict.add("lost", [reading_id, number])
    return verdict


def _compare(verdict, number, stored):
    """`number`: of the reading that was sent under this id."""
    changed = differences(number, stored.fields)
    if stored.number != number:
        changed["number"] = [number, stored.number]
    if changed:
        verdict.add("changed", [stored.reading_id, changed])


def _explain(verdict, account, ids, strangers):
    """Who was not told an id may find it stored, once; anybody else may not."""
    holders = {}  # number: the id that has it
    if strangers:
        holders = {number: reading_id for reading_id, number in account.acknowledged.items()
                   if reading_id in ids}
    for stored in strangers:
        if holders.get(stored.number, stored.reading_id) != stored.reading_id:
            verdict.add("duplicate", [stored.reading_id, stored.number])
        elif stored.number in account.unknown:
            holders[stored.number] = stored.reading_id
            _compare(verdict, stored.number, stored)
        else:
            verdict.add("phantom", [stored.reading_id, stored.number, _origin(account, stored)])


def _origin(account, stored):
    if stored.number is None:
        return "not a timestamp that was sent"
    if stored.number in account.failed:
        return "refused"
    return "not sent, or under another id"
