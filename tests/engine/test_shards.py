"""Databases that share the keys: where keys are, how many move when one is added or taken away, and what happens to them meanwhile."""

import copy

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.experiments.drawing import Document, design, kill, link, part
from tests.engine.support import assert_conserved, go, play, set_value, times_of

KEYS = 3_000


def sharded(shards: int, sharding: str, replicas: bool = False) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=300.0, keys=KEYS, read_ratio=0.5, zipf_exponent=0.5, static_objects=1),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "router": part("shard_router", sharding=sharding, move_batch=500, move_pause_ms=10.0),
    }
    links = [link("clients", "server"), link("server", "router")]
    for number in range(shards):
        parts[f"shard_{number}"] = part("sql_database", replication_batch_ms=0.0)
        links.append(link("router", f"shard_{number}"))
        if replicas:
            parts[f"replica_{number}"] = part("read_replica")
            links.append(link(f"shard_{number}", f"replica_{number}"))
    return design(parts, links, 15.0)


def with_one_more(document: Document, shards: int) -> Document:
    grown = copy.deepcopy(document)
    grown["components"][f"shard_{shards}"] = part("sql_database", replication_batch_ms=0.0)
    grown["links"][f"router-shard_{shards}"] = link("router", f"shard_{shards}")
    return grown


def holders(run: Run) -> np.ndarray:
    """Of every key, the id of the database that has it."""
    me = run.world.instances["router"]
    rows = run.world.memory.state.keyed[:KEYS, me.shards.column] - 1
    return np.array([run.world.builder.member_of[int(row)][2].id for row in rows])


@pytest.mark.parametrize(("sharding", "share", "slack"), [("consistent_hash", 1 / 5, 0.10), ("modulo", 4 / 5, 0.03)])
def test_adding_one_to_four_moves_what_it_must(sharding: str, share: float, slack: float) -> None:
    document = sharded(4, sharding)
    run = Run(document)
    go(run, 3.0)
    before = holders(run)
    run.command({"action": "design", "design": with_one_more(document, 4)})
    go(run)
    after = holders(run)
    moved = float((before != after).mean())
    assert abs(moved - share) < slack
    assert set(after) == {f"shard_{number}" for number in range(5)}
    if sharding == "consistent_hash":  # whatever moved went to the new one
        assert set(after[before != after]) == {"shard_4"}
    assert times_of(run, "resharding", "router") and times_of(run, "resharded", "router")
    summary = run.summary()
    assert summary["stale_reads"] == 0 and summary["requests"]["failed"] == 0
    assert summary["components"]["router"]["metrics"]["moved_ratio"] == pytest.approx(moved, abs=1e-4)
    assert_conserved(run)


def test_what_is_taken_away_leaves_its_keys_to_the_others() -> None:
    document = sharded(3, "consistent_hash")
    run = Run(document)
    go(run, 3.0)
    smaller = copy.deepcopy(document)
    del smaller["components"]["shard_1"], smaller["links"]["router-shard_1"]
    run.command({"action": "design", "design": smaller})
    go(run)
    assert set(holders(run)) == {"shard_0", "shard_2"}
    assert_conserved(run)


def test_each_shard_has_its_own_part() -> None:
    run = play(sharded(4, "modulo"))
    arrived = [run.summary()["components"][f"shard_{number}"]["arrived"] for number in range(4)]
    assert min(arrived) > 0.15 * sum(arrived)
    assert sum(arrived) == run.summary()["components"]["router"]["done"]


def test_a_shard_fails_over_by_itself() -> None:
    """Its keys are with the promoted replica then; of what was lost only its own keys count."""
    document = sharded(2, "modulo", replicas=True)
    document["scenarios"]["only"] |= {"duration_s": 30.0, "faults": [kill("shard_0", 5.0)]}
    run = play(document)
    assert set(holders(run)) == {"replica_0", "shard_1"}
    promoted = next(event for event in run.world.story.all if event["kind"] == "promoted")
    assert promoted["arguments"]["writes"] <= 20  # what was on its way
    last = go(Run(document))[-1]["window"]
    assert last["failed"] == 0
    assert_conserved(run)


def test_reads_go_to_the_replicas_of_shards_and_may_be_behind() -> None:
    summaries = []
    for reads_from in ("primary", "replicas"):
        document = sharded(2, "modulo", replicas=True)
        document["components"]["router"]["parameters"]["reads_from"] = reads_from
        document["components"]["clients"]["parameters"]["zipf_exponent"] = 1.0
        document["scenarios"]["only"]["duration_s"] = 6.0
        for number in range(2):
            document["links"][f"shard_{number}-replica_{number}"]["parameters"]["latency_ms"] = 50.0
        run = play(document)
        assert_conserved(run)
        summaries.append(run.summary())
    primary, replicas = summaries
    assert primary["stale_reads"] == 0 and replicas["stale_reads"] > 0
    for number in range(2):  # half of the requests are reads; checks come on top
        both = [summary["components"][f"shard_{number}"]["arrived"] for summary in summaries]
        assert both[1] == pytest.approx(both[0] / 2, rel=0.1)
    assert replicas["requests"]["failed"] == 0


@pytest.mark.parametrize("sharding", ["consistent_hash", "modulo", "range"])
def test_a_shard_key_of_few_values_fills_few_shards(sharding: str) -> None:
    """What has the same value stays together: three values fill three of six shards at most, as many as there are keys fill all."""
    document = sharded(6, sharding)
    document["components"]["router"]["parameters"] |= {"shard_key_values": 3}
    run = Run(document)
    go(run, 1.0)
    found = holders(run).reshape(3, KEYS // 3)
    assert all(len(set(group)) == 1 for group in found.tolist())
    busy = [name for name, part_of in run.summary()["components"].items() if part_of["kind"] == "sql_database" and part_of["arrived"]]
    assert sorted(busy) == sorted(set(found[:, 0].tolist()))
    set_value(run, "router", "shard_key_values", KEYS)
    go(run, 12.0)
    assert len(set(holders(run).tolist())) == 6
    assert times_of(run, "resharding") == [1.0]
    assert_conserved(run)


def test_nothing_moves_from_a_database_that_does_not_answer() -> None:
    """The keys of a dead one stay there until it is back."""
    document = sharded(2, "range")
    document["scenarios"]["only"]["faults"] = [kill("shard_0", 2.5, for_s=4.0)]
    run = Run(document)
    go(run, 3.0)
    before = holders(run)
    run.command({"action": "design", "design": with_one_more(document, 2)})
    go(run, 6.0)
    meanwhile = holders(run)
    assert ((before == "shard_0") == (meanwhile == "shard_0")).all()
    go(run)
    assert (holders(run) == "shard_0").sum() == KEYS / 3
    assert_conserved(run)
