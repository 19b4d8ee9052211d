"""One host after the other serves a listening socket that stays open."""
import handover
from harness import expect, percentile

SUMMARY = "a second host takes over the passed listening socket under load: no request fails"
SHORT = {"cycles": 3}
LONG = {"cycles": 20}

KEEPING = 64  # keep-alive connections
COMING = 16   # a new connection for every request


def run(fault):
    database_url, _ = fault.database()
    redis_url, queue, _ = fault.queue()
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REDIS_QUEUE_NAME": queue}
    held = handover.HeldSocket()
    fault.stack.callback(held.close)
    former = fault.host("config.yaml", environment)
    held.start(former)
    handover.wait_for(former, handover.SERVING)
    loads = [fault.load(held.port, connections=KEEPING),
             fault.load(held.port, connections=COMING, one_request_each=True)]
    for _ in range(fault.cycles):
        for load in loads:
            fault.wait_for_answers(load, fault.random.randrange(20, 200))
        successor = fault.host("config.yaml", environment)
        expect(handover.hand_over(held, former, successor) == 0, "the former host ended badly")
        former.process = None
        former = successor
    for load in loads:
        fault.wait_for_answers(load, 20)
        load.stop()
        expect(not load.no_answer, "unanswered: %s" % load.no_answer[:3])
        expect(not load.refusals, "refused: %s" % load.refusals[:3])
    seconds = [sample.seconds for load in loads for sample in load.samples]
    failed = sum(len(load.no_answer) + len(load.refusals) for load in loads)
    fault.figures.update(requests=len(seconds), failed=failed,
                         longest_ms=round(max(seconds) * 1e3),
                         p50_ms=round(percentile(seconds, 0.5) * 1e3, 1))
    fault.settle(former)
    expect(former.stop() == 0, "the last host ended badly")
    account = fault.verify(postgres=database_url, redis=(redis_url, queue))
    expect(account.outcomes["fail"] == 0, "some found nobody listening")
