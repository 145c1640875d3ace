"""A partition between a primary and its replicas: whether two primaries arise, what that costs, and what prevents it.

Two sites, each with clients and a server of its own; the primary is on the left, its replicas are on the right.
"""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.experiments.drawing import design, inside, kill, link, part
from tests.engine.support import Document, assert_conserved, go, play, set_value, time_of, times_of

BEGINS_S, ENDS_S, OVER_S = 5.0, 15.0, 25.0
RATE_PER_S = 60.0  # of each side
INTERVAL_S, PROMOTION_S = 0.5, 1.0
WATCHFUL: Document = {
    "health_check_interval_s": INTERVAL_S, "unhealthy_threshold": 3, "health_check_timeout_ms": 200.0, "healthy_threshold": 2,
    "promotion_s": PROMOTION_S, "replication_batch_ms": 20.0,
}  # fmt: skip


def sites(right: int = 2, left: int = 0, faults: list[Document] | None = None, cut: bool = False, **database: Any) -> Document:
    """right, left: how many replicas are there. cut: only the replication links are cut, nothing else."""
    clients = {"arrival_rate_per_s": RATE_PER_S, "read_ratio": 0.0, "retries": 0, "keys": 200}
    replicas = {f"replica_{number}": "right" if number <= right else "left" for number in range(1, right + left + 1)}
    parts = {"left": part("zone"), "right": part("zone"), "database": inside("left", part("sql_database", **WATCHFUL | database))}
    parts |= {name: inside(side, part("read_replica")) for name, side in replicas.items()}
    links = [link("database", name, timeout_ms=1000.0) for name in replicas]
    for side in ("left", "right"):
        parts[f"clients_{side}"] = inside(side, part("clients", **clients))
        parts[f"server_{side}"] = inside(side, part("server", service_ms=0.5))
        links += [link(f"clients_{side}", f"server_{side}"), link(f"server_{side}", "database", timeout_ms=500.0)]
    for_s = ENDS_S - BEGINS_S
    if cut:
        broken = [{"at_s": BEGINS_S, "for_s": for_s, "link": f"database-{name}", "action": "cut"} for name in replicas]
    else:
        apart = {"at_s": BEGINS_S, "for_s": for_s, "component": "left", "action": "partition", "arguments": {"other": "right"}}
        broken = [apart]
    return design(parts, links, OVER_S, broken + (faults or []))


def done_at(run: Run, node: str) -> int:
    return int(run.summary()["components"][node]["commits"])


def happened(run: Run) -> set[str]:
    return {event["kind"] for event in run.world.story.all}


def writes_in(run: Run, kind: str) -> int:
    return sum(int(event["arguments"]["writes"]) for event in run.world.story.all if event["kind"] == kind)


def writes_lost(run: Run) -> int:
    return int(run.summary()["components"]["database"]["metrics"]["writes_lost"])


def test_nobody_in_the_way_and_both_sides_write() -> None:
    """What the old primary took from the promotion to the end of the partition is discarded."""
    run = play(sites())
    promoted_s, down_s = time_of(run, "promoted"), time_of(run, "stepped_down", "database")
    assert BEGINS_S + 2 * INTERVAL_S + PROMOTION_S <= promoted_s <= BEGINS_S + 3 * INTERVAL_S + PROMOTION_S + 0.3
    assert time_of(run, "split_brain") == promoted_s
    assert ENDS_S <= down_s <= ENDS_S + 2 * INTERVAL_S + 0.1
    discarded = writes_in(run, "stepped_down")
    assert discarded == pytest.approx(RATE_PER_S * (down_s - promoted_s), rel=0.15)
    assert writes_lost(run) == discarded + writes_in(run, "promoted")
    assert set(run.summary()["errors"]) <= {"timeout"}
    assert run.summary()["requests"]["failed"] == pytest.approx(RATE_PER_S * (promoted_s - BEGINS_S), rel=0.2), "only the right side waits"
    assert_conserved(run)


def test_what_is_discarded_is_exactly_what_the_left_was_told() -> None:
    """All writes since the promotion, one by one, at the primary that steps down."""
    run = Run(sites())
    go(run, 10.0)
    for side in ("left", "right"):
        set_value(run, f"clients_{side}", "arrival_rate_per_s", 0.0)
    go(run, 12.0)
    rival = run.world.instances["database"].memory["cluster"].rival
    written = run.world.memory.state.keyed[:, rival.who.store].sum() - rival.had.sum()
    go(run)
    assert writes_in(run, "stepped_down") == written > 100
    stores = [run.world.memory.state.keyed[:, run.world.instances[name].store] for name in ("database", "replica_1", "replica_2")]
    assert np.array_equal(stores[0], stores[1]) and np.array_equal(stores[1], stores[2]), "in the end all have the same"


def test_a_majority_on_the_right_takes_over_and_the_left_stops() -> None:
    run = play(sites(promotion_needs_majority=True, stops_without_majority=True))
    assert {"promoted", "primary_stops"} <= happened(run)
    assert happened(run).isdisjoint({"split_brain", "stepped_down", "no_majority"})
    assert writes_lost(run) == writes_in(run, "promoted") <= RATE_PER_S * 2 * INTERVAL_S * 4
    assert run.summary()["errors"]["not_primary"] > 0
    stops_s = time_of(run, "primary_stops")
    assert run.summary()["requests"]["failed"] > RATE_PER_S * (ENDS_S - stops_s), "all that the left writes, once it has stopped"
    assert run.summary()["components"]["database"]["role"] == "replica"
    assert_conserved(run)


def test_a_minority_is_not_promoted() -> None:
    """One replica of one: neither half is a majority, and the primary goes on for those who reach it."""
    run = play(sites(right=1, promotion_needs_majority=True))
    assert time_of(run, "no_majority", "replica_1") > BEGINS_S
    assert happened(run).isdisjoint({"promoted", "split_brain"})
    assert time_of(run, "primary_back") >= ENDS_S
    assert writes_lost(run) == 0
    assert run.summary()["requests"]["failed"] == pytest.approx(RATE_PER_S * (ENDS_S - BEGINS_S), rel=0.2), "the right side's"


def test_a_primary_alone_stops_although_nobody_replaces_it() -> None:
    """Two members that both want a majority: nobody takes writes until the partition is over."""
    run = play(sites(right=1, promotion_needs_majority=True, stops_without_majority=True))
    assert happened(run).isdisjoint({"promoted", "split_brain"})
    stops_s, goes_on_s = time_of(run, "primary_stops"), time_of(run, "primary_goes_on")
    assert BEGINS_S < stops_s <= BEGINS_S + 3 * INTERVAL_S + 0.3 and ENDS_S < goes_on_s <= ENDS_S + 2 * INTERVAL_S + 0.1
    assert run.summary()["errors"]["not_primary"] == pytest.approx(RATE_PER_S * (goes_on_s - stops_s), rel=0.25)


def test_a_primary_in_the_majority_stays() -> None:
    """Of five members three are on the left: a careful cluster does nothing but lose two replicas."""
    run = play(sites(right=2, left=2, promotion_needs_majority=True, stops_without_majority=True))
    assert happened(run).isdisjoint({"promoted", "primary_stops", "split_brain"})
    assert writes_lost(run) == 0


def test_a_majority_without_the_first_replica_takes_over() -> None:
    """Whoever has lost the primary and is of a majority calls the election, whatever the order of the replicas."""
    document = sites(right=2, left=1, promotion_needs_majority=True, stops_without_majority=True)
    document["components"]["replica_0"] = inside("left", part("read_replica"))
    del document["components"]["replica_3"]
    document["links"]["database-replica_0"] = link("database", "replica_0")
    del document["links"]["database-replica_3"]
    run = play(document)
    assert "promoted" not in happened(run), "two of four are no majority"
    document["components"]["replica_4"] = inside("right", part("read_replica"))
    document["links"]["database-replica_4"] = link("database", "replica_4")
    run = play(document)
    assert {"promoted", "primary_stops"} <= happened(run) and "split_brain" not in happened(run)


def test_who_reaches_both_writes_to_both() -> None:
    """Only the replication is cut: both say that they are the primary, and both get half of what is written."""
    run = play(sites(cut=True))
    seconds = time_of(run, "stepped_down") - time_of(run, "promoted")
    assert writes_in(run, "stepped_down") == pytest.approx(RATE_PER_S * seconds, rel=0.15)
    assert run.summary()["requests"]["failed"] == 0


def test_synchronous_replication_does_not_prevent_it() -> None:
    """Once its checks have failed, a replica takes part no more: the old primary goes on alone."""
    run = play(sites(replication="synchronous"))
    assert "split_brain" in happened(run) and writes_in(run, "stepped_down") > RATE_PER_S * 5


def test_a_rival_that_dies_comes_back_as_a_replica() -> None:
    run = play(sites(faults=[kill("database", 12.0, for_s=6.0)]))
    assert time_of(run, "stepped_down", "database") == pytest.approx(18.0)
    assert writes_in(run, "stepped_down") == pytest.approx(RATE_PER_S * (12.0 - time_of(run, "promoted")), rel=0.2)
    assert run.summary()["components"]["database"]["role"] == "replica"
    assert_conserved(run)


def test_a_rival_that_restarts_out_of_sight_goes_on_as_one() -> None:
    run = play(sites(faults=[kill("database", 10.0, for_s=2.0)]))
    assert ENDS_S <= time_of(run, "stepped_down", "database") <= ENDS_S + 2 * INTERVAL_S + 0.1


def test_the_new_primary_dies_too() -> None:
    run = play(sites(faults=[kill("replica_1", 10.0), kill("replica_2", 10.0)]))
    assert times_of(run, "promoted") == [time_of(run, "split_brain")], "the rival does not replace whom it cannot see"
    assert_conserved(run)


def test_whoever_lives_is_found_when_the_partition_ends() -> None:
    """The second of two primaries is dead by then: everybody asks the first, at once, until it hears that it was replaced."""
    run = Run(sites(faults=[kill("replica_1", ENDS_S - 1.0)]))
    refused = {round(frame["t"], 1): frame["window"]["errors"].get("refused", 0) for frame in go(run, ENDS_S + INTERVAL_S)}
    assert all(refused[round(ENDS_S - 0.1 * tenth, 1)] for tenth in range(1, 6)), "the right side knows the second only"
    assert not any(refused[round(ENDS_S + 0.1 * tenth, 1)] for tenth in range(2, 6))


def test_without_automatic_failover_nothing_happens_but_lost_messages() -> None:
    run = play(sites(automatic_failover=False))
    assert happened(run).isdisjoint({"promoted", "split_brain", "no_automatic_failover"})
    assert time_of(run, "primary_back") >= ENDS_S
    assert writes_lost(run) == 0


def test_a_replica_that_was_cut_off_copies_what_it_missed_first() -> None:
    """It has lived all the time, and yet it has to be told."""
    broken = {"at_s": BEGINS_S, "for_s": ENDS_S - BEGINS_S, "link": "database-replica_2", "action": "cut"}
    document = sites(faults=[], cut=True)
    document["scenarios"]["only"]["faults"] = [broken]
    run = play(document)
    passes_s = ENDS_S + INTERVAL_S  # the second check that passes, at the earliest
    assert passes_s + 1.0 <= time_of(run, "replica_back", "replica_2") <= passes_s + INTERVAL_S + 1.2
    assert "promoted" not in happened(run)
