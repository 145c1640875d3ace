"""A design that changes under traffic: parts come, go, come back and change kind, and the rest goes on."""

import copy

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, link, part, shop, time_of, times_of


def balanced(servers: list[str], duration_s: float = 10.0, **balancer: float) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, retries=0),
        "balancer": part("load_balancer", **balancer),
        **{server: part("server") for server in servers},
    }
    return design(parts, [link("clients", "balancer"), *(link("balancer", server) for server in servers)], duration_s)


def change(run: Run, document: Document) -> None:
    run.command({"action": "design", "design": document})


def done(run: Run, component: str) -> int:
    return int(run.summary()["components"][component]["done"])


def test_what_was_deleted_and_drawn_again_gets_its_share() -> None:
    """Delete and undo while a run is on: same ids, other machines."""
    run = Run(balanced(["one", "two"]))
    go(run, 2.0)
    change(run, balanced(["two"]))
    go(run, 4.0)
    change(run, balanced(["one", "two"]))
    go(run)
    assert run.summary()["errors"].keys() <= {"removed"}
    assert done(run, "one") == pytest.approx(300, rel=0.2)
    assert_conserved(run)


def test_a_deleted_link_carries_nothing_more() -> None:
    run = Run(balanced(["one", "two"], health_check_interval_s=0.2, unhealthy_threshold=1))
    go(run, 2.0)
    without = balanced(["one", "two"], health_check_interval_s=0.2, unhealthy_threshold=1)
    del without["links"]["balancer-one"]
    change(run, without)
    go(run, 2.5)
    before = run.summary()["components"]["one"]["arrived"]
    assert time_of(run, "link_removed") == 2.0
    go(run, 5.0)
    run.command({"action": "kill", "component": "one"})
    go(run)
    assert run.summary()["components"]["one"]["arrived"] == before, "neither requests nor checks"
    assert times_of(run, "target_out") == []
    assert_conserved(run)


def test_a_link_drawn_again_is_another_link() -> None:
    document = balanced(["one", "two"])
    run = Run(document)
    go(run, 2.0)
    without = copy.deepcopy(document)
    del without["links"]["balancer-one"]
    change(run, without)
    go(run, 3.0)
    slower = copy.deepcopy(document)
    slower["links"]["balancer-one"]["parameters"]["latency_ms"] = 150.0
    change(run, slower)
    last = go(run)[-1]
    assert last["links"]["balancer-one"]["sent"] > 0
    assert last["window"]["latency_ms"]["max"] > 300.0


def test_a_part_of_another_kind_under_the_same_id() -> None:
    parts = {"clients": part("clients", arrival_rate_per_s=100.0, retries=0), "middle": part("server"), "last": part("server")}
    document = design(parts, [link("clients", "middle"), link("middle", "last")])
    run = Run(document)
    go(run, 2.0)
    swapped = copy.deepcopy(document)
    swapped["components"]["middle"] = part("load_balancer")
    change(run, swapped)
    go(run)
    found = run.summary()
    assert found["components"]["middle"]["kind"] == "load_balancer"
    assert found["errors"].keys() <= {"removed"}
    assert done(run, "last") == pytest.approx(1000, rel=0.15)
    assert_conserved(run)


def test_a_target_that_was_out_comes_back_although_the_design_changed() -> None:
    run = Run(balanced(["one", "two"], 20.0, health_check_interval_s=0.5))
    run.command({"action": "kill", "component": "one"})
    go(run, 5.0)
    assert times_of(run, "target_out")
    change(run, balanced(["one", "two", "three"], 20.0, health_check_interval_s=0.5))
    go(run, 7.0)
    run.command({"action": "restore", "component": "one"})
    go(run)
    assert 7.0 < time_of(run, "target_back") < 9.0
    assert done(run, "one") > 200
    assert done(run, "three") > 300


def test_a_replica_added_under_traffic_takes_its_share_of_the_reads() -> None:
    one, two = shop(10.0, replicas=1), shop(10.0, replicas=2)
    run = Run(one)
    go(run, 3.0)
    change(run, two)
    assert time_of(run, "component_added", "replica_2") == 3.0
    go(run, 5.0)
    before = {r: done(run, r) for r in ("replica_1", "replica_2")}
    go(run)
    first, second = (done(run, r) - before[r] for r in ("replica_1", "replica_2"))
    assert second == pytest.approx(first, rel=0.1) and second > 50
    assert_conserved(run)


def test_a_deleted_part_fails_what_it_worked_on_as_removed() -> None:
    document = balanced(["one"])
    document["components"]["one"]["parameters"] = {"service_ms": 300.0, "cores": 64, "workers": 64}
    document["components"]["two"] = part("server")
    document["links"]["balancer-two"] = link("balancer", "two")
    run = Run(document)
    go(run, 2.0)
    change(run, balanced(["two"]))
    go(run)
    assert 5 < run.summary()["errors"]["removed"] < 40
    assert "one" not in run.summary()["components"]
    assert_conserved(run)


def test_deleted_clients_stop_and_their_requests_end() -> None:
    document = balanced(["one"])
    document["components"]["more"] = part("clients", model="closed", users=20, think_time_s=0.1)
    document["links"]["more-balancer"] = link("more", "balancer")
    run = Run(document)
    go(run, 2.0)
    change(run, balanced(["one"]))
    go(run, 6.0)
    frame = run.advance()
    assert frame["window"]["arrived"] == pytest.approx(10, abs=12)
    assert frame["totals"]["in_flight"] < 15
    go(run)
    assert_conserved(run)


def test_a_deleted_database_and_a_new_one() -> None:
    """Servers go on without a database, and with another one under its name."""
    document = shop(9.0)
    gone = copy.deepcopy(document)
    for identifier in ("database", "replica_1", "replica_2"):
        del gone["components"][identifier]
    gone["links"] = {i: entry for i, entry in gone["links"].items() if "database" not in (entry["from"], entry["to"])}
    run = Run(document)
    go(run, 3.0)
    change(run, gone)
    go(run, 6.0)
    change(run, document)
    go(run)
    found = run.summary()
    assert found["errors"].keys() <= {"removed"}
    assert found["components"]["database"]["commits"] == pytest.approx(60, abs=30)
    assert_conserved(run)


def test_the_first_to_be_promoted_is_forgotten_with_its_machine() -> None:
    """The promoted replica is deleted: the design's own primary takes the writes again."""
    settings = {"health_check_interval_s": 0.2, "unhealthy_threshold": 1, "promotion_s": 0.2}
    document = shop(12.0, database=settings, replicas=1)
    run = Run(document)
    run.command({"action": "kill", "component": "database"})
    go(run, 2.0)
    assert times_of(run, "promoted", "replica_1")
    run.command({"action": "restore", "component": "database"})
    go(run, 6.0)
    change(run, shop(12.0, database=settings, replicas=0))
    go(run, 7.0)
    assert run.advance()["components"]["database"]["role"] == "primary"
    failed_before = run.summary()["requests"]["failed"]
    go(run)
    assert run.summary()["requests"]["failed"] == failed_before
    assert_conserved(run)


def test_editing_again_and_again_does_not_pile_up() -> None:
    """Rows of what is gone stay, but checks and users do not multiply."""
    two, three = (
        balanced(["one", "two"], 10.0, health_check_interval_s=0.2),
        balanced(["one", "two", "three"], 10.0, health_check_interval_s=0.2),
    )
    run = Run(two)
    for number in range(40):
        change(run, three if number % 2 == 0 else two)
        go(run, run.t + 0.1)
    before = done(run, "one")
    go(run, run.t + 4.0)
    share = 4.0 * (100.0 / 2 + 1 / 0.2)
    assert done(run, "one") - before == pytest.approx(share, rel=0.15)
    assert_conserved(run)


def test_labels_follow_the_design() -> None:
    run = Run(balanced(["one"]))
    renamed = balanced(["one"])
    renamed["components"]["one"]["label"] = "Shop"
    change(run, renamed)
    go(run, 0.5)
    run.command({"action": "kill", "component": "one"})
    assert run.advance()["events"][0]["text"].startswith("Shop was killed")


def test_a_note_changes_nothing() -> None:
    plain, noted = balanced(["one"], 3.0), balanced(["one"], 3.0)
    noted["components"]["note"] = part("note", text="hello")
    one, other = Run(plain), Run(noted)
    go(one), go(other)
    assert {**one.summary(), "wall_s": 0} == {**other.summary(), "wall_s": 0}
