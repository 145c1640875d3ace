"""The document database: elections by majority, write concern, read preference, and shards of it."""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.experiments.documents import documents
from sim_engine.experiments.drawing import design, kill, link, part
from tests.engine.support import Document, assert_conserved, go, play, summary, time_of, times_of

BEAT_S, ELECTION_S, PROMOTION_S = 1.0, 4.0, 1.0
QUICK: Document = {"health_check_interval_s": BEAT_S, "election_timeout_s": ELECTION_S, "promotion_s": PROMOTION_S}


def replica_set(replicas: int, *faults: Document, read_ratio: float = 0.5, **database: Any) -> Document:
    return documents(read_ratio, replicas, list(faults), **QUICK | database)


def versions(run: Run, component: str) -> np.ndarray:
    return run.world.memory.state.keyed[:, run.world.instances[component].store].copy()


def acknowledged(run: Run) -> np.ndarray:
    return run.world.memory.state.keyed[:, run.world.instances["database"].dataset].copy()


def test_an_election_takes_the_timeout_and_its_own_time() -> None:
    """The last heartbeat before the death was answered an interval before it at most."""
    run = play(replica_set(2, kill("database", 5.0)))
    lost_s, promoted_s = time_of(run, "primary_lost"), time_of(run, "promoted")
    assert 5.0 + ELECTION_S - BEAT_S <= lost_s <= 5.0 + ELECTION_S + 0.1
    assert lost_s + PROMOTION_S <= promoted_s <= lost_s + PROMOTION_S + 0.2
    assert_conserved(run)


def test_a_silent_machine_is_lost_after_the_same_time() -> None:
    """Heartbeats that wait for their timeout do not add up."""
    run = play(replica_set(2, kill("database", 5.0, "machine")))
    assert 5.0 + ELECTION_S - BEAT_S <= time_of(run, "primary_lost") <= 5.0 + ELECTION_S + 1.0 + 0.1  # the link waits 1 s


def test_two_members_elect_nobody() -> None:
    run = play(replica_set(1, kill("database", 5.0)))
    assert time_of(run, "no_majority", "replica_1") > 5.0 and times_of(run, "promoted") == []


def test_a_primary_without_a_majority_stops() -> None:
    run = play(replica_set(2, kill("replica_1", 5.0, for_s=10.0), kill("replica_2", 5.0, for_s=10.0)))
    assert 5.0 + ELECTION_S - BEAT_S <= time_of(run, "primary_stops", "database") <= 5.0 + ELECTION_S + 0.1
    assert time_of(run, "primary_goes_on") >= 15.0
    assert run.summary()["errors"]["not_primary"] > 50


@pytest.mark.parametrize(("concern", "loses"), [("majority", False), ("one", True)])
def test_what_a_majority_has_is_never_lost(concern: str, loses: bool) -> None:
    run = play(replica_set(2, kill("database", 5.4), read_ratio=0.0, write_concern=concern, replication_batch_ms=1_000.0))
    event = next(e for e in run.world.story.all if e["kind"] == "promoted")
    assert (event["arguments"]["writes"] > 0) == loses
    if not loses:
        assert (acknowledged(run) <= versions(run, event["component"])).all()


def test_a_majority_waits_for_the_second_quickest() -> None:
    """One of two replicas is far away: a write of three members waits for the near one, of five for one that is far."""
    latencies = []
    for replicas in (2, 4):
        document = documents(0.0, replicas, rate=50.0, service_distribution="constant")
        for number in range(2, replicas + 1):
            document["links"][f"database-replica_{number}"]["parameters"]["latency_ms"] = 30.0
        latencies.append(summary(document)["components"]["database"]["latency_ms"]["mean"])
    assert latencies[0] == pytest.approx(5.0 + 1.0 + 0.2, rel=0.15)  # write, apply, there and back
    assert latencies[1] == pytest.approx(5.0 + 1.0 + 60.0, rel=0.1)


def test_replicas_answer_old_reads_only_when_they_are_asked() -> None:
    stale = [summary(documents(0.5, 2, write_concern="one", replication_batch_ms=500.0, read_preference=preference))["stale_reads"]
             for preference in ("primary", "secondary")]  # fmt: skip
    assert stale[0] == 0 and stale[1] > 20


def test_whole_documents_are_sent_by_replicas_too() -> None:
    """Over 10 Mbit/s 18 kB more take 14.4 ms more, whatever a replica's row size says."""
    times = []
    for size_kb in (2.0, 20.0):
        document = documents(1.0, 1, rate=5.0, read_preference="secondary", document_kb=size_kb)
        for server in ("server_1", "server_2"):
            document["links"][f"{server}-database"]["parameters"]["bandwidth_mbit_s"] = 10.0
        times.append(summary(document)["latency_ms"]["mean"])
    assert times[1] - times[0] == pytest.approx(14.4, abs=1.0)


def test_it_can_be_a_shard() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=200.0, keys=1_000, retries=0), "server": part("server", cores=16, service_ms=0.1),
        "router": part("shard_router", move_pause_ms=1.0), "one": part("document_database"), "two": part("document_database"),
    }  # fmt: skip
    links = [link("clients", "server"), link("server", "router"), link("router", "one"), link("router", "two")]
    both = design(parts, links, 8.0)
    alone = design({i: p for i, p in parts.items() if i != "two"}, links[:-1], 8.0)
    run = Run(alone)
    go(run, 2.0)
    run.command({"action": "design", "design": both})
    go(run)
    assert time_of(run, "resharded") > 2.0
    done = [run.summary()["components"][name]["done"] for name in ("one", "two")]
    assert min(done) > 200 and run.summary()["requests"]["failed"] == 0


def test_a_primary_that_dies_again_is_lost_again() -> None:
    """It was back when the election was due, and died before it had passed a check."""
    run = Run(replica_set(2, kill("database", 5.0)))
    while not times_of(run, "primary_lost"):
        run.advance()
    lost_s = times_of(run, "primary_lost")[0]
    go(run, lost_s + PROMOTION_S - 0.2)
    run.command({"action": "restore", "component": "database"})
    while not times_of(run, "primary_back"):
        run.advance()
    run.command({"action": "kill", "component": "database"})
    go(run)
    assert len(times_of(run, "primary_lost")) == 2 and len(times_of(run, "promoted")) == 1


def test_a_member_that_catches_up_is_not_waited_for() -> None:
    """It died so shortly that nobody noticed. Until it has copied what it missed, two of three make a majority without it."""
    document = replica_set(2, kill("replica_1", 5.0, for_s=0.2), read_ratio=0.0)
    run = Run(document)
    go(run, 5.0)
    member = run.world.instances["replica_1"]
    applied = int(run.world.memory.state.nodes[member.node]["applied"])
    go(run, 6.0)
    assert int(run.world.memory.state.nodes[member.node]["applied"]) == applied
    go(run)
    assert int(run.world.memory.state.nodes[member.node]["applied"]) > applied
    assert times_of(run, "replica_back", "replica_1") != []


def test_a_majority_that_hears_of_nothing_acknowledges_nothing() -> None:
    """Replication stops, writes wait in vain, and so none is lost when the primary dies."""
    stopped = {"at_s": 5.0, "for_s": 8.0, "component": "database", "action": "stop_replication", "arguments": {}}
    document = replica_set(2, stopped, kill("database", 8.0), read_ratio=0.0)
    for replica in ("replica_1", "replica_2"):
        document["links"][f"database-{replica}"]["parameters"]["timeout_ms"] = 300.0
    run = play(document)
    event = next(e for e in run.world.story.all if e["kind"] == "promoted")
    assert event["arguments"]["writes"] == 0 and (acknowledged(run) <= versions(run, event["component"])).all()
    assert run.summary()["errors"]["replication_timeout"] > 50
