"""Caches that write later: the version goes with the write, and what a dead node takes with it is counted once, whatever is behind."""

from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play

RATE_PER_S, DELAY_S = 200.0, 0.5


def written_back(behind: Document, more: dict[str, Document] | None = None, faults: list[Document] | None = None, **cache: Any) -> Document:
    parts = {
        "clients": part(
            "clients", arrival_rate_per_s=RATE_PER_S, read_ratio=0.0, keys=2_000, zipf_exponent=0.0, retries=0, static_objects=1
        ),
        "server": part("server", cores=16, service_ms=0.1, workers=1_000),
        "cache": part("cache", writes="back", write_back_delay_ms=1000.0 * DELAY_S, **cache),
        "store": behind,
        **(more or {}),
    }
    links = [link("clients", "server"), link("server", "cache"), link("cache", "store")]
    links += [link("store", name) for name in more or {}]
    return design(parts, links, 8.0, faults)


CLUSTER = {"health_check_interval_s": 0.2, "unhealthy_threshold": 2, "promotion_s": 0.3, "replication_batch_ms": 0.0}
BEHIND: dict[str, tuple[Document, dict[str, Document], list[Document]]] = {
    "a database": (part("sql_database"), {}, []),
    "shards": (part("shard_router"), {"one": part("sql_database"), "two": part("sql_database")}, []),
    "copies on a ring": (part("wide_column", instances=5), {}, []),
    "a promoted replica": (part("sql_database", **CLUSTER), {"replica": part("read_replica")}, [kill("store", 2.0)]),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_a_dead_node_had_not_written_is_lost(name: str) -> None:
    """About as many as come in the delay, whoever keeps the data; what failed while nobody was primary is as well not there."""
    behind, more, faults = BEHIND[name]
    run = play(written_back(behind, more, [*faults, kill("cache", 6.0, for_s=0.5)]))
    lost = run.summary()["components"]["cache"]["metrics"]["writes_lost"]
    unanswered_s = 2.0 * CLUSTER["health_check_interval_s"] + CLUSTER["promotion_s"] if faults else 0.0
    assert RATE_PER_S * DELAY_S * 0.75 <= lost <= RATE_PER_S * (DELAY_S + unanswered_s) * 1.25
    assert run.summary()["stale_reads"] == 0
    assert_conserved(run)


def test_the_newest_write_counts_although_an_older_one_failed() -> None:
    """The database misses some writes of each key and has the last of them: then it is not behind."""
    document = written_back(part("sql_database"), faults=[kill("store", 2.0, for_s=1.0)])
    document["components"]["clients"]["parameters"] |= {"keys": 5}
    run = Run(document)
    go(run, 5.0)
    run.command({"action": "set", "component": "clients", "parameter": "arrival_rate_per_s", "value": 0.0})
    go(run, 7.0)
    state, instances = run.world.memory.state, run.world.instances
    stored, given = (state.keyed[:, column].copy() for column in (instances["store"].store, instances["cache"].columns["issued"]))
    failed = int(run.summary()["components"]["store"]["failed"])
    assert failed > 100, "while it was dead"
    assert (stored == given).all() and given.sum() > 800
    assert run.world.data.forget_unwritten(instances["cache"]) == 0


def test_reads_of_what_came_back_are_not_old() -> None:
    """Values live shortly, so that reads see what the database made of the writes."""
    document = written_back(part("sql_database"), faults=[kill("store", 2.0, for_s=1.0)], ttl_s=1.0)
    document["components"]["clients"]["parameters"] |= {"keys": 20, "read_ratio": 0.5}
    run = Run(document)
    go(run, 5.5)
    before = run.summary()["stale_reads"]
    go(run)
    assert run.summary()["stale_reads"] == before, "each key has been written since"
