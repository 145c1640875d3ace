"""Stores without a primary: reads that meet every write are never stale, and a node that was away gets what it missed."""

import pytest

from tests.engine.support import Document, design, kill, link, part, play, summary


def a_store_without_a_primary(copies: int, reads: int, writes: int, write_ms: float = 40.0) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=300.0, keys=50, read_ratio=0.5),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "store": part(
            "wide_column",
            instances=5,
            replication_factor=copies,
            read_consistency=reads,
            write_consistency=writes,
            write_ms=write_ms,
            cores=64,
        ),
    }
    return design(parts, [link("clients", "server"), link("server", "store")], 8.0)


@pytest.mark.parametrize(("copies", "reads", "writes"), [(3, 2, 2), (3, 1, 3), (3, 3, 1), (5, 3, 3)])
def test_reads_that_meet_every_write_are_never_stale(copies: int, reads: int, writes: int) -> None:
    assert summary(a_store_without_a_primary(copies, reads, writes))["stale_reads"] == 0


def test_reads_that_may_miss_a_write_are_stale_at_times() -> None:
    assert summary(a_store_without_a_primary(3, 1, 1))["stale_reads"] > 0


def test_a_node_that_was_away_is_handed_what_it_missed() -> None:
    document = a_store_without_a_primary(3, 1, 1, write_ms=2.0)
    fault = kill("store", 2.0, for_s=2.0)
    fault["arguments"]["instance"] = 2
    document["scenarios"]["only"]["faults"] = [fault]
    run = play(document)
    away = run.world.instances["store#2"]
    assert run.world.data.behind_issued(away, "ring", 3) <= 60  # what is on its way
    assert run.summary()["components"]["store"]["metrics"]["handed_over"] > 100
    assert [event["kind"] for event in run.world.story.all if event["kind"] in ("catching_up", "replica_back")] == [
        "catching_up",
        "replica_back",
    ]


def test_hints_are_not_kept_for_ever() -> None:
    document = a_store_without_a_primary(3, 1, 1)
    document["components"]["store"]["parameters"]["hint_window_s"] = 1.0
    fault = kill("store", 2.0, for_s=2.0)
    fault["arguments"]["instance"] = 2
    document["scenarios"]["only"]["faults"] = [fault]
    run = play(document)
    assert run.summary()["components"]["store"]["metrics"]["handed_over"] == 0
    assert "hints_expired" in [event["kind"] for event in run.world.story.all]
