"""Disks that fill by themselves: writes fail when there is no room, reads go on, and room that is made ends it."""

from typing import Any

import pytest

from sim_engine import Run
from sim_engine.design.check import check
from sim_engine.experiments.designs import stored
from sim_engine.experiments.drawing import design, kill, link, part
from tests.engine.support import Document, assert_conserved, go, play, set_value, time_of, times_of

GB_KB = 1e6
RATE_PER_S, WRITE_KB = 200.0, 50.0


def filling(room_s: float, read_ratio: float = 0.5, replicas: int = 0, seconds: float = 20.0, **of: Document) -> Document:
    """A database with room for the writes of so many seconds."""
    room_gb = RATE_PER_S * (1.0 - read_ratio) * room_s * WRITE_KB / GB_KB
    document = stored(read_ratio, replicas, [], RATE_PER_S, **{"database": {"data_gb": 1.0, "storage_gb": 1.0 + room_gb}, **of})
    document["components"]["clients"]["parameters"]["request_kb"] = WRITE_KB
    document["scenarios"]["only"]["duration_s"] = seconds
    return document


def used_kb(run: Run, component: str = "database") -> float:
    return run.world.disks.stored_kb(run.world.instances[component])


def test_writes_fill_the_disk_and_then_fail() -> None:
    run = play(filling(8.0))
    summary, database = run.summary(), run.summary()["components"]["database"]
    room_kb = 8.0 * 0.5 * RATE_PER_S * WRITE_KB
    assert room_kb - WRITE_KB < used_kb(run) - GB_KB <= room_kb, "full to the last write that fits"
    assert database["commits"] * WRITE_KB == pytest.approx(used_kb(run) - GB_KB), "what is stored is what was written, and nothing else"
    assert summary["errors"].keys() == {"disk_full"}
    assert summary["errors"]["disk_full"] == pytest.approx(0.5 * RATE_PER_S * 12.0, rel=0.1)
    assert database["metrics"]["disk_used_gb"] == pytest.approx(used_kb(run) / GB_KB)
    assert time_of(run, "disk_full_begins", "database") == pytest.approx(8.0, abs=1.6)
    assert_conserved(run)


def test_it_is_told_before_and_followed_as_a_loss() -> None:
    run = play(filling(15.0, seconds=30.0))
    told = next(event for event in run.world.story.all if event["kind"] == "disk_fills")
    full_s = time_of(run, "disk_full_begins")
    assert told["t"] + told["arguments"]["seconds"] == pytest.approx(full_s, abs=2.5)
    [incident] = run.summary()["incidents"]
    assert incident["kind"] == "disk_full_begins" and incident["over_s"] is None
    assert incident["requests"]["errors"].keys() == {"disk_full"}


def test_a_share_of_a_write_stays() -> None:
    run = play(filling(8.0, database={"data_gb": 1.0, "storage_gb": 100.0, "written_share": 0.25}))
    commits = run.summary()["components"]["database"]["commits"]
    assert used_kb(run) - GB_KB == pytest.approx(0.25 * commits * WRITE_KB)


def test_reads_go_on() -> None:
    database = play(filling(4.0)).summary()["components"]["database"]
    assert database["done"] - database["commits"] == pytest.approx(0.5 * RATE_PER_S * 20.0, rel=0.1)


@pytest.mark.parametrize("how", ["larger", "deleted"])
def test_room_ends_it(how: str) -> None:
    run = Run(filling(4.0, seconds=16.0))
    go(run, 8.0)
    if how == "larger":
        set_value(run, "database", "storage_gb", 50.0)
    else:
        run.command({"action": "fault", "name": "free_disk", "component": "database", "arguments": {"ratio": 0.5}})
    go(run, 9.0)
    failed = run.summary()["errors"]["disk_full"]
    go(run)
    assert run.summary()["errors"]["disk_full"] - failed <= 1
    assert time_of(run, "disk_has_room") == pytest.approx(9.0, abs=1.0)
    assert run.summary()["incidents"][0]["over_s"] == pytest.approx(9.0, abs=1.0)


def test_a_replica_that_is_full_stays_behind_and_then_catches_up() -> None:
    small = {"data_gb": 1.0, "storage_gb": 1.0 + 4.0 * 0.5 * RATE_PER_S * WRITE_KB / GB_KB}
    run = Run(filling(4.0, replicas=1, database={"data_gb": 1.0}, replica=small))
    go(run, 10.0)
    stores = [run.world.instances[name].store for name in ("database", "replica_1")]
    assert run.summary()["errors"] == {}, "asynchronous writes do not notice"
    behind = run.world.memory.state.keyed[:, stores].sum(axis=0)
    assert behind[0] - behind[1] == pytest.approx(0.5 * RATE_PER_S * 6.0, rel=0.2)
    set_value(run, "replica_1", "storage_gb", 50.0)
    go(run)
    assert times_of(run, "replica_back", "replica_1")
    assert used_kb(run, "replica_1") == pytest.approx(used_kb(run), rel=0.01), "it has copied what the primary has"


def published(broker: str, seconds: float = 20.0, worker: Document | None = None, **queue: Any) -> Document:
    """200 messages of 50 kB a second."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=RATE_PER_S, read_ratio=0.0, retries=0, request_kb=WRITE_KB),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "broker": part(broker, **queue),
        "worker": part("worker", cores=16, workers=64, **(worker or {"service_ms": 1.0})),
    }  # fmt: skip
    return design(parts, [link("clients", "server"), link("server", "broker"), link("broker", "worker")], seconds)


SIZE: dict[str, str] = {"message_queue": "disk_gb", "topic": "disk_gb", "event_log": "storage_gb"}


@pytest.mark.parametrize("kind", ["message_queue", "topic"])
def test_a_queue_holds_what_waits_and_gives_it_back(kind: str) -> None:
    run = play(published(kind, prefetch=1, disk_gb=0.02, worker={"service_ms": 10.0}))
    waiting = run.world.memory.state.messages
    there = waiting["size_kb"][waiting["state"] > 0].sum()
    assert used_kb(run, "broker") == pytest.approx(there, abs=1e-3)
    assert 0.02 * GB_KB - WRITE_KB < there <= 0.02 * GB_KB
    assert run.summary()["errors"]["disk_full"] > 100, "more comes than the one consumer takes away"
    assert run.summary()["components"]["broker"]["metrics"]["acknowledged_per_s"] > 50.0
    quick = play(published(kind, disk_gb=0.02))
    assert quick.summary()["errors"] == {} and used_kb(quick, "broker") < 10 * WRITE_KB


def test_what_a_broker_keeps_in_memory_takes_no_room() -> None:
    run = play(published("message_queue", disk_gb=0.001, storage="memory", prefetch=1, worker={"service_ms": 10.0}))
    assert run.summary()["errors"] == {}


def test_a_log_keeps_what_is_done_until_its_retention_is_over() -> None:
    rate_kb = RATE_PER_S * WRITE_KB
    run = play(published("event_log", retention_s=5.0, storage_gb=8.0 * rate_kb / GB_KB, seconds=30.0))
    assert run.summary()["errors"] == {}
    assert 4.0 * rate_kb < used_kb(run, "broker") < 7.5 * rate_kb
    full = play(published("event_log", retention_s=0.0, storage_gb=8.0 * rate_kb / GB_KB))
    assert full.summary()["errors"]["disk_full"] == pytest.approx(12.0 * RATE_PER_S, rel=0.1)


def test_an_object_storage_grows_without_end() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=50.0, upload_share=1.0, upload_request_kb=1_000.0, upload_size_cv=0.0, retries=0),
        "server": part("server", cores=32, service_ms=0.1, network_mbit_s=0.0),
        "storage": part("object_storage", storage_gb=10.0),
    }
    run = play(design(parts, [link("clients", "server"), link("server", "storage")], 10.0))
    storage = run.summary()["components"]["storage"]
    assert storage["metrics"]["disk_used_gb"] == pytest.approx(10.0 + storage["done"] * 1e-3, rel=1e-3)


def own_database(**server: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, read_ratio=0.5, retries=0, request_kb=WRITE_KB),
        "server": part("server", cores=32, own_database=True, disk_parallel=32, **server),
    }
    return design(parts, [link("clients", "server")], 10.0)


def test_a_server_with_data_of_its_own_needs_room_for_it() -> None:
    run = play(own_database(disk_gb=4.0 * 50.0 * WRITE_KB / GB_KB))
    assert run.summary()["errors"].keys() == {"disk_full"}
    assert run.summary()["errors"]["disk_full"] == pytest.approx(6.0 * 50.0, rel=0.2)
    fault = {"at_s": 2.0, "for_s": 4.0, "component": "server", "action": "disk_full"}
    document = own_database()
    document["scenarios"]["only"]["faults"] = [fault]
    assert play(document).summary()["errors"]["disk_full"] == pytest.approx(4.0 * 50.0, rel=0.2)


def key_value(persistence: str, faults: list[Document], **store: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=RATE_PER_S, read_ratio=0.5, retries=0, keys=400),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "store": part("key_value", persistence=persistence, **store),
    }
    return design(parts, [link("clients", "server"), link("server", "store")], 12.0, faults)


FULL = {"at_s": 2.0, "for_s": 6.0, "component": "store", "action": "disk_full"}


@pytest.mark.parametrize(("persistence", "fails_s"), [("none", 0.0), ("snapshots", 3.0), ("log_each_second", 6.0), ("log_each_write", 6.0)])
def test_a_key_value_store_fails_the_writes_that_it_must_keep(persistence: str, fails_s: float) -> None:
    """With snapshots they fail from the first that could not be written on: at 5 s."""
    run = play(key_value(persistence, [FULL], snapshot_s=5.0))
    assert run.summary()["errors"].get("disk_full", 0) == pytest.approx(fails_s * 0.5 * RATE_PER_S, rel=0.2)
    assert run.summary()["errors"].keys() <= {"disk_full"}, "reads go on"


def test_what_a_key_value_store_could_not_write_is_not_there_after_a_crash() -> None:
    """Its last snapshot is of second 1: what was written until second 4 is lost with the process."""
    faults = [FULL, kill("store", 3.9, for_s=0.5)]
    summary = play(key_value("snapshots", faults, snapshot_s=1.0, load_s_per_gb=0.0)).summary()
    lost = summary["components"]["store"]["metrics"]["writes_lost"]
    assert lost == pytest.approx(1.0 * 0.5 * RATE_PER_S, rel=0.35), "those from the last snapshot to the one that failed"


def test_a_design_whose_disk_will_not_do_has_a_hint() -> None:
    def codes(document: Document) -> set[tuple[str | None, str]]:
        return {(problem.component, problem.code) for problem in check(document) if problem.code == "disk_too_small"}

    assert codes(filling(8.0)) == {("database", "disk_too_small")}
    assert codes(filling(30.0)) == set()
    assert codes(published("event_log", storage_gb=0.1)) == {("broker", "disk_too_small")}
    assert codes(published("event_log", storage_gb=0.1, retention_s=5.0)) == set()
    assert codes(published("message_queue", disk_gb=0.001)) == set(), "nobody knows what will wait"
