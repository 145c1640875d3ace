"""Key-value stores: one thread, what fits into memory, what a crash leaves, and the replicas that follow."""

from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, times_of

RATE, KEYS = 400.0, 500


def stored(
    read_ratio: float = 0.0, replicas: int = 0, seconds: float = 8.0, faults: list[Document] | None = None, zipf: float = 0.0, **store: Any
) -> Document:
    parts = {
        "clients": part(
            "clients", arrival_rate_per_s=RATE, keys=KEYS, read_ratio=read_ratio, zipf_exponent=zipf, retries=0, static_objects=1
        ),
        "server": part("server", cores=64, service_ms=0.01, workers=10_000),
        "store": part("key_value", **store),
    }
    links = [link("clients", "server"), link("server", "store")]
    for number in range(1, replicas + 1):
        parts[f"replica_{number}"] = part("key_value_replica")
        links.append(link("store", f"replica_{number}"))
    return design(parts, links, seconds, faults)


def test_one_thread_is_a_queue_with_one_server() -> None:
    """Pollaczek and Khinchine, constant service: W = s + ρ s / 2(1 − ρ)."""
    report = play(stored(1.0, seconds=25.0, operation_ms=1.5)).summary()["components"]["store"]
    busy = RATE * 0.0015
    assert report["utilisation"] == pytest.approx(busy, rel=0.04)
    assert report["latency_ms"]["mean"] == pytest.approx(1.5 * (1.0 + busy / (2.0 * (1.0 - busy))), rel=0.05)


@pytest.mark.parametrize(("persistence", "since_s"), [("none", 5.5), ("snapshots", 1.5), ("log_each_second", 0.5), ("log_each_write", 0.0)])
def test_a_crash_costs_what_was_written_since(persistence: str, since_s: float) -> None:
    """The process dies at 5.5 s; there were snapshots after 2 s and after 4 s."""
    document = stored(faults=[kill("store", 5.5, for_s=0.2)], seconds=7.0, persistence=persistence, snapshot_s=2.0, load_s_per_gb=0.0)
    run = play(document)
    expected = RATE * since_s
    assert abs(run.summary()["components"]["store"]["metrics"]["writes_lost"] - expected) <= 4.0 * expected**0.5
    assert_conserved(run)


def test_what_does_not_fit_is_refused_or_pushes_out_what_is_used_least() -> None:
    """Half of the keys fit. Refused writes are those of the other half; evicting keeps what is popular."""
    refusing = play(stored(0.5, zipf=1.0, data_gb=4.0, memory_gb=2.0)).summary()
    even = play(stored(0.5, data_gb=4.0, memory_gb=2.0)).summary()
    evicting = play(stored(0.5, zipf=1.0, data_gb=4.0, memory_gb=2.0, when_full="evict")).summary()
    assert even["errors"]["out_of_memory"] / even["requests"]["arrived"] == pytest.approx(0.25, abs=0.03)
    assert even["components"]["store"]["metrics"]["found"] == pytest.approx(0.5, abs=0.05)
    assert refusing["errors"]["out_of_memory"] > 0 and evicting["requests"]["failed"] == 0
    assert evicting["components"]["store"]["metrics"]["found"] > 0.65
    assert evicting["components"]["store"]["metrics"]["evictions_per_s"] > 0.0


def test_it_loads_before_it_serves_and_counts_as_alive_meanwhile() -> None:
    checks = {"health_check_interval_s": 0.2, "unhealthy_threshold": 4, "promotion_s": 0.1}
    document = stored(replicas=1, faults=[kill("store", 2.0, for_s=0.5)], data_gb=4.0, load_s_per_gb=0.5, **checks)
    run = Run(document)
    frames = go(run)
    assert times_of(run, "loading") == [2.5]
    assert times_of(run, "loaded") == [pytest.approx(4.5)]
    assert times_of(run, "promoted") == []
    assert sum(frame["window"]["done"] for frame in frames if 2.2 < frame["t"] <= 4.5) == 0
    assert sum(frame["window"]["failed"] for frame in frames if frame["t"] > 4.7) == 0
    assert_conserved(run)


def test_a_replica_takes_over_from_a_store_that_stays_away() -> None:
    checks = {"health_check_interval_s": 0.2, "unhealthy_threshold": 3, "promotion_s": 0.1}
    run = play(stored(replicas=2, faults=[kill("store", 2.0)], seconds=5.0, **checks))
    promoted = next(event for event in run.world.story.all if event["kind"] == "promoted")
    assert 2.4 < promoted["t"] < 3.2 and promoted["arguments"]["writes"] <= 5  # what was on its way
    assert run.summary()["components"]["store"]["metrics"]["writes_lost"] == promoted["arguments"]["writes"]
    assert_conserved(run)


def test_a_primary_that_comes_back_with_nothing_empties_its_replicas() -> None:
    """What Redis warns of: without persistence, a quick restart is worse than a slow failover."""
    document = stored(0.5, replicas=1, faults=[kill("store", 4.0, for_s=0.3)], seconds=5.5, persistence="none")
    run = play(document)
    world = run.world
    held = [int(world.data.keys_held(world.instances[name]).sum()) for name in ("store", "replica_1")]
    assert 0 < held[1] <= held[0] < KEYS
    assert run.summary()["components"]["store"]["metrics"]["writes_lost"] == pytest.approx(4.0 * RATE / 2, rel=0.15)


def test_shards_hold_their_own_keys() -> None:
    """Three times two thirds of a GB hold two GB, and what moves to a fourth leaves its place."""
    document = stored(0.5)
    for name in ("store", "two", "three"):
        document["components"][name] = part("key_value", data_gb=2.0, memory_gb=0.9)
        document["links"][f"router-{name}"] = link("router", name)
    document["components"]["router"] = part("shard_router", move_batch=100, move_pause_ms=1.0)
    del document["links"]["server-store"]
    document["links"]["server-router"] = link("server", "router")
    run = Run(document)
    go(run, 2.0)
    document["components"]["four"] = part("key_value", data_gb=2.0, memory_gb=0.9)
    document["links"]["router-four"] = link("router", "four")
    run.command({"action": "design", "design": document})
    go(run)
    world = run.world
    held = [world.data.keys_held(world.instances[name]) for name in ("store", "two", "three", "four")]
    assert (sum(each.astype(int) for each in held) == 1).all()
    assert held[3].sum() > 50
    summary = run.summary()
    assert summary["requests"]["failed"] == 0 and summary["stale_reads"] == 0
    assert_conserved(run)
