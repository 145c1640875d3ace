"""Faults of what keeps data: a full disk, connections that leak, a key that becomes hot."""

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.experiments.designs import stored
from sim_engine.experiments.drawing import design, link, part
from sim_engine.world.popularity import popularity_table
from tests.engine.support import Document, assert_conserved, go, play, time_of

BEGINS_S, ENDS_S, OVER_S = 2.0, 4.0, 8.0
RATE_PER_S = 200.0


def during(action: str, component: str, **arguments: float) -> Document:
    return {"at_s": BEGINS_S, "for_s": ENDS_S - BEGINS_S, "component": component, "action": action, "arguments": arguments}


def with_faults(document: Document, *faults: Document) -> Document:
    document["scenarios"]["only"] |= {"duration_s": OVER_S, "faults": list(faults)}
    return document


def queue(storage: str) -> Document:
    """A server that puts a message into a queue for each request."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=50.0, read_ratio=0.0, retries=0), "server": part("server"),
        "queue": part("message_queue", storage=storage), "worker": part("worker"),
    }  # fmt: skip
    return design(parts, [link("clients", "server"), link("server", "queue"), link("queue", "worker")])


def failures(run: Run) -> dict[str, int]:
    return dict(run.summary()["errors"])


def test_a_full_disk_fails_writes_and_nothing_else() -> None:
    run = play(with_faults(stored(0.5, rate=RATE_PER_S), during("disk_full", "database")))
    assert failures(run).keys() == {"disk_full"}
    assert failures(run)["disk_full"] == pytest.approx(0.5 * RATE_PER_S * (ENDS_S - BEGINS_S), rel=0.2)
    assert_conserved(run)


def test_reads_pass_a_full_disk() -> None:
    assert failures(play(with_faults(stored(1.0, rate=RATE_PER_S), during("disk_full", "database")))) == {}


def test_a_replica_with_a_full_disk_stays_behind_and_catches_up() -> None:
    run = Run(with_faults(stored(0.5, 1, rate=RATE_PER_S), during("disk_full", "replica_1")))
    go(run, ENDS_S)
    stores = [run.world.instances[name].store for name in ("database", "replica_1")]
    behind = run.world.memory.state.keyed[:, stores].sum(axis=0)
    assert behind[0] - behind[1] == pytest.approx(0.5 * RATE_PER_S * (ENDS_S - BEGINS_S), rel=0.25)
    go(run)
    assert failures(run) == {}
    assert time_of(run, "replica_back", "replica_1") >= ENDS_S + 1.0
    behind = run.world.memory.state.keyed[:, stores].sum(axis=0)
    assert behind[0] - behind[1] < 0.5 * RATE_PER_S * 0.3, "but for what is under way"


def test_a_synchronous_replica_with_a_full_disk_fails_the_writes() -> None:
    document = stored(0.0, 1, rate=50.0, database={"replication": "synchronous"})
    assert failures(play(with_faults(document, during("disk_full", "replica_1")))).keys() == {"disk_full"}


@pytest.mark.parametrize(("storage", "fails"), [("disk", True), ("memory", False)])
def test_a_broker_needs_its_disk_only_when_it_keeps_messages_there(storage: str, fails: bool) -> None:
    run = play(with_faults(queue(storage), during("disk_full", "queue")))
    assert (failures(run).get("disk_full", 0) > 50) == fails


def test_connections_that_leak_are_missing() -> None:
    leaks = [during("pool_exhausted", "database", ratio=0.5), during("pool_exhausted", "database", ratio=0.8)]
    run = Run(with_faults(stored(1.0, rate=10.0), *leaks))

    def capacity() -> float:
        me = run.world.instances["database"]
        return float(run.world.memory.state.pools[me.pools["connections"]]["capacity"])

    found = []
    for until_s in (1.0, 3.0, OVER_S):
        go(run, until_s)
        found.append(capacity())
    assert found == [100.0, 10.0, 100.0]
    assert_conserved(run)


def test_too_few_connections_turn_requests_away() -> None:
    """One connection and 20 ms each: 50 a second of 100 get through, and nobody may wait."""
    slow = {"read_ms": 20.0, "service_distribution": "constant", "connection_queue_limit": 0}
    document = with_faults(stored(1.0, rate=100.0, database=slow), during("pool_exhausted", "database", ratio=1.0))
    lost = failures(play(document))
    # Erlang's loss formula with one server: a / (1 + a), a = 2
    assert lost.keys() == {"pool_exhausted"} and lost["pool_exhausted"] == pytest.approx(100.0 * 2.0 * 2.0 / 3.0, rel=0.2)


def test_a_hot_key_gets_its_share() -> None:
    document = stored(0.0, rate=400.0)
    document["components"]["clients"]["parameters"] |= {"keys": 1_000, "zipf_exponent": 0.0}
    run = Run(with_faults(document, during("hot_key", "clients", ratio=0.5)))

    def written() -> np.ndarray:
        return run.world.memory.state.keyed[:, run.world.instances["database"].store].copy()

    go(run, BEGINS_S)
    before = written()
    go(run, ENDS_S)
    hot = written() - before
    go(run)
    after = written() - before - hot
    assert before.max() < 8 and after.max() < 12
    assert hot.max() / hot.sum() == pytest.approx(0.5, abs=0.06)


def test_a_hot_key_leaves_the_others_as_popular_among_each_other() -> None:
    plain, _ = popularity_table(50, 0.9)
    hot, _ = popularity_table(50, 0.9, 0.3)
    shares, others = np.diff(plain, prepend=0.0), np.diff(hot, prepend=0.0)
    assert others[:-1] == pytest.approx(0.7 * shares[:-1])
    assert others[-1] == pytest.approx(0.7 * shares[-1] + 0.3)
