"""Stories of databases: the primary dies, replicas die, what is lost, who notices when, and how it goes on.

Bounds of times follow from the parameters: a death is noticed after threshold checks, the first of which may be almost an
interval away; promotion takes promotion_s more.
"""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, go, kill, play, set_value, shop, time_of, times_of

INTERVAL_S, THRESHOLD, PROMOTION_S = 0.5, 3, 1.0
DATABASE: Document = {
    "health_check_interval_s": INTERVAL_S, "unhealthy_threshold": THRESHOLD, "health_check_timeout_ms": 200.0, "healthy_threshold": 2,
    "promotion_s": PROMOTION_S, "replication_batch_ms": 200.0,
}  # fmt: skip
CLIENTS: Document = {"arrival_rate_per_s": 300.0, "read_ratio": 0.5, "retries": 0, "keys": 500}


def cluster(duration_s: float = 20.0, faults: list[Document] | None = None, replicas: int = 2, **database: Any) -> Document:
    """The shop without its cache, so that every read and write reaches the database."""
    document = shop(duration_s, faults, replicas, clients=CLIENTS, database=DATABASE | database)
    del document["components"]["cache"]
    document["links"] = {i: entry for i, entry in document["links"].items() if entry["to"] != "cache"}
    return document


def versions(run: Run, component: str) -> np.ndarray:
    return run.world.memory.state.keyed[:, run.world.instances[component].store].copy()


def acknowledged(run: Run) -> np.ndarray:
    """The newest version of each key that a client was told is written."""
    return run.world.memory.state.keyed[:, run.world.instances["database"].dataset].copy()


def roles(run: Run) -> dict[str, str]:
    return {i: report["role"] for i, report in run.summary()["components"].items() if report["role"]}


@pytest.mark.parametrize("mode", ["process", "machine"])
def test_the_primary_dies_and_a_replica_takes_over(mode: str) -> None:
    run = play(cluster(faults=[kill("database", 5.0, mode)]))
    lost_s = time_of(run, "primary_lost", "database")
    silent_s = 0.2 if mode == "machine" else 0.0
    assert 5.0 + (THRESHOLD - 1) * INTERVAL_S <= lost_s <= 5.0 + THRESHOLD * INTERVAL_S + silent_s + 0.01
    promoted_s = time_of(run, "promoted")
    assert lost_s + PROMOTION_S <= promoted_s <= lost_s + PROMOTION_S + 1.0
    assert sorted(roles(run).values()) == ["primary", "replica", "replica"]
    assert roles(run)["database"] == "replica"
    assert run.summary()["errors"].keys() <= ({"refused", "crashed"} if mode == "process" else {"timeout"})
    assert_conserved(run)


def test_a_dead_process_refuses_and_a_dead_machine_is_waited_for() -> None:
    runs = [play(cluster(faults=[kill("database", 5.0, mode)])) for mode in ("process", "machine")]
    refused, silent = (run.summary() for run in runs)
    for run, cause in zip(runs, ("refused", "timeout"), strict=True):
        without_s = time_of(run, "promoted") - 5.0
        assert run.summary()["errors"][cause] == pytest.approx(150 * without_s, rel=0.15)
    # links to the database wait 1 s
    assert silent["components"]["server_1"]["latency_ms"]["mean"] > 3 * refused["components"]["server_1"]["latency_ms"]["mean"]


def test_writes_lost_are_those_since_the_last_shipment() -> None:
    run = play(cluster(faults=[kill("database", 5.9)], replication_batch_ms=1000.0))
    event = next(e for e in run.world.story.all if e["kind"] == "promoted")
    assert event["arguments"]["writes"] == pytest.approx(150 * 0.9, rel=0.3)


def test_writes_lost_exactly() -> None:
    """No writes after the kill, so that the log of the dead and the new primary can be compared one by one."""
    run = Run(cluster(replication_batch_ms=1000.0))
    go(run, 5.9)
    run.command({"action": "kill", "component": "database"})
    set_value(run, "clients", "read_ratio", 1.0)
    told = acknowledged(run)
    go(run)
    event = next(e for e in run.world.story.all if e["kind"] == "promoted")
    missing = int(np.maximum(told - versions(run, event["component"]), 0).sum())
    assert int(event["arguments"]["writes"]) == missing > 50
    assert run.summary()["components"]["database"]["metrics"]["writes_lost"] == missing


@pytest.mark.parametrize("mode", ["process", "machine"])
def test_synchronous_replication_loses_nothing(mode: str) -> None:
    run = play(cluster(faults=[kill("database", 5.0, mode)], replication="synchronous"))
    event = next(e for e in run.world.story.all if e["kind"] == "promoted")
    assert event["arguments"]["writes"] == 0
    assert (acknowledged(run) <= versions(run, event["component"])).all()


def test_reads_go_on_while_there_is_no_primary() -> None:
    run = Run(cluster())
    set_value(run, "clients", "read_ratio", 1.0)
    go(run, 5.0)
    run.command({"action": "kill", "component": "database"})
    go(run)
    requests = run.summary()["requests"]
    assert requests["failed"] <= 2 and requests["done"] > 5000


def test_the_old_primary_comes_back_as_a_replica_after_catching_up() -> None:
    run = play(cluster(25.0, [kill("database", 5.0, for_s=8.0)]))
    caught_up_s = time_of(run, "replica_back", "database")
    missed = next(e for e in run.world.story.all if e["kind"] == "catching_up")["arguments"]["writes"]
    assert missed > 100
    assert caught_up_s >= 13.0 + max(1.0, missed * 0.001)
    assert roles(run)["database"] == "replica"
    winner = next(i for i, role in roles(run).items() if role == "primary")
    behind = np.abs(versions(run, winner).astype(int) - versions(run, "database")).sum()
    assert behind < 150 * 1.0, "it is behind by what is under way only"
    assert_conserved(run)


def test_a_primary_that_is_back_before_it_was_replaced_goes_on_as_primary() -> None:
    run = play(cluster(faults=[kill("database", 5.0, for_s=0.8)]))
    assert times_of(run, "promoted") == []
    assert roles(run)["database"] == "primary"
    assert run.summary()["components"]["database"]["metrics"]["writes_lost"] == 0


def test_without_automatic_failover_writes_fail_until_somebody_restores_it() -> None:
    run = Run(cluster(automatic_failover=False))
    go(run, 5.0)
    run.command({"action": "kill", "component": "database"})
    go(run, 12.0)
    assert times_of(run, "no_automatic_failover") and not times_of(run, "promoted")
    failing = run.advance()["window"]
    assert failing["errors"].keys() == {"refused"} and failing["done"] > 5
    run.command({"action": "restore", "component": "database"})
    go(run, 13.0)
    before = run.summary()["requests"]["failed"]
    go(run)
    assert run.summary()["requests"]["failed"] == before
    assert times_of(run, "primary_back")


def test_all_replicas_gone_and_reads_go_to_the_primary() -> None:
    run = play(cluster(faults=[kill("replica_1", 4.0), kill("replica_2", 4.0)]))
    assert len(times_of(run, "replica_out")) == 2
    found = run.summary()
    assert found["components"]["database"]["done"] > 150 * 15 + 150 * 12
    assert found["errors"]["refused"] == pytest.approx(150 * 1.25, rel=0.35)
    assert times_of(run, "promoted") == []


def test_a_lone_database_without_replicas_just_dies() -> None:
    run = play(cluster(faults=[kill("database", 5.0, for_s=5.0)], replicas=0))
    assert run.summary()["errors"]["refused"] == pytest.approx(300 * 5.0, rel=0.15)
    assert times_of(run, "primary_lost") == []


def test_the_promoted_one_dies_too() -> None:
    run = Run(cluster(30.0))
    go(run, 5.0)
    run.command({"action": "kill", "component": "database"})
    go(run, 12.0)
    second = next(e["component"] for e in run.world.story.all if e["kind"] == "promoted")
    run.command({"action": "kill", "component": second})
    go(run)
    assert len(times_of(run, "promoted")) == 2
    third = ({"replica_1", "replica_2"} - {second}).pop()
    assert roles(run)[third] == "primary"
    last_errors = run.summary()["errors"]
    assert last_errors["refused"] < 300 * 10
    assert_conserved(run)


def test_nobody_to_promote_until_the_primary_is_back() -> None:
    """A replica that nobody has seen healthy again takes no writes, though it is alive and finds the primary lost."""
    faults = [kill("replica_1", 3.0, for_s=4.0), kill("replica_2", 3.0), kill("database", 6.0, for_s=8.0)]
    run = play(cluster(25.0, faults))
    assert time_of(run, "nobody_to_promote") > time_of(run, "primary_lost") > 7.0
    assert times_of(run, "promoted") == []
    assert time_of(run, "primary_back", "database") == pytest.approx(14.0, abs=0.1)
    assert time_of(run, "replica_back", "replica_1") >= 14.0
    assert_conserved(run)


def test_nothing_is_copied_from_a_dead_primary() -> None:
    """A replica that comes back while the primary is dead has what it had, and is not promoted: it would lose what it missed."""
    faults = [kill("replica_1", 5.75, for_s=0.3), kill("database", 5.9, "machine")]
    run = Run(cluster(12.0, faults, 1, replication_batch_ms=1000.0, unhealthy_threshold=6))
    go(run, 5.9)
    told = acknowledged(run)
    go(run, 7.6)
    assert (told - versions(run, "replica_1")).sum() > 50
    go(run)
    assert times_of(run, "promoted") == []
    assert time_of(run, "nobody_to_promote") > time_of(run, "primary_lost")


def test_lag_grows_with_the_replicas_own_work() -> None:
    """A replica that is busy with reads applies late, and reads there are stale."""
    idle, busy = cluster(10.0, replicas=1, replication_batch_ms=0.0), cluster(10.0, replicas=1, replication_batch_ms=0.0)
    busy["components"]["replica_1"]["parameters"] = {"cores": 1, "read_ms": 6.0}
    quick, slow = play(idle).summary(), play(busy).summary()
    lags = [s["components"]["replica_1"]["metrics"]["lag_ms"] for s in (quick, slow)]
    assert lags[0] < 5.0 and lags[1] > 5 * lags[0]
    assert slow["stale_reads"] > quick["stale_reads"]


def test_one_slow_replica_slows_synchronous_writes() -> None:
    document = cluster(10.0, replication="synchronous")
    document["links"]["database-replica_2"]["parameters"]["latency_ms"] = 40.0
    found = play(document).summary()
    assert found["components"]["database"]["latency_ms"]["p99"] > 80.0


def test_a_lost_synchronous_replica_holds_writes_up_until_it_is_out() -> None:
    document = cluster(faults=[kill("replica_1", 5.0, "machine")], replication="synchronous")
    run = play(document)
    out_s = time_of(run, "replica_out", "replica_1")
    errors = run.summary()["errors"]
    assert errors.keys() <= {"replication_timeout", "timeout"}
    slow = sum(errors.values())
    assert 0 < slow <= 300 * (out_s - 5.0) + 20
    assert run.summary()["requests"]["done"] > 4000
