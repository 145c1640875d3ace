"""Several equal instances behind one card: they behave as if drawn separately, and come, go and die one by one."""

from typing import Any

import pytest

from sim_engine import DesignError, Run, check
from sim_engine.limits import LIMITS, Limit
from sim_engine.replications import replicate
from sim_engine.world.instance import DRAINING, GONE, STARTING, UP
from tests.engine.support import (
    Document,
    Frame,
    assert_conserved,
    broken_laws,
    design,
    go,
    kill,
    link,
    part,
    play,
    set_value,
    summary,
    time_of,
    times_of,
)
from tests.engine.test_determinism import digest

INTERVAL_S, LOST_AFTER, BACK_AFTER = 0.5, 3, 2
BALANCER: Document = {
    "health_check_interval_s": INTERVAL_S, "unhealthy_threshold": LOST_AFTER, "healthy_threshold": BACK_AFTER,
    "health_check_timeout_ms": 200.0,
}  # fmt: skip
BOOT_S = 2.0


def balanced(instances: int = 3, duration_s: float = 20.0, rate: float = 300.0, policy: str = "round_robin", **server: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0),
        "balancer": part("load_balancer", policy=policy, **BALANCER),
        "server": part("server", **({"instances": instances, "boot_s": BOOT_S} | server)),
    }
    return design(parts, [link("clients", "balancer"), link("balancer", "server", timeout_ms=800.0)], duration_s)


def direct(instances: int, duration_s: float = 20.0, rate: float = 300.0, **server: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0),
        "server": part("server", **({"instances": instances, "boot_s": BOOT_S} | server)),
    }
    return design(parts, [link("clients", "server")], duration_s)


def separate(instances: int, duration_s: float, rate: float, **server: Any) -> Document:
    names = [f"server_{number}" for number in range(instances)]
    parts = {"clients": part("clients", arrival_rate_per_s=rate, retries=0)} | {name: part("server", **server) for name in names}
    return design(parts, [link("clients", name) for name in names], duration_s)


def instances_of(frame: Frame, component: str = "server") -> dict[int, Document]:
    return {entry["number"]: entry for entry in frame["components"][component]["instances"]}


def arrived_at(run: Run, component: str = "server") -> list[int]:
    """By instance, in order of number, the gone ones too."""
    everyone = sorted(run.world.groups[component].everyone, key=lambda me: me.number)
    return [int(run.world.memory.state.nodes[me.node]["arrived"]) for me in everyone]


def replicated(document: Document) -> dict[str, Any]:
    """Intervals from six seeds."""
    intervals: dict[str, Any] = replicate(summary(document), lambda seed: summary(document, seed), 6)["intervals"]
    return intervals


# -- like so many drawn separately
@pytest.mark.parametrize("instances", [2, 5])
def test_as_so_many_drawn_separately(instances: int) -> None:
    """Clients choose among them at random, each has a queue of its own: means and percentiles agree within their intervals."""
    busy: Document = {"cores": 1, "service_ms": 8.0}
    rate = 90.0 * instances
    one, other = (replicated(make(instances, 30.0, rate, **busy)) for make in (direct, separate))
    for name in ("latency_ms.mean", "latency_ms.p95", "latency_ms.p99"):
        assert one[name]["value"] == pytest.approx(other[name]["value"], abs=one[name]["half_width"] + other[name]["half_width"]), name


def test_not_as_one_large_machine() -> None:
    """Four queues in front of a core each wait longer than one in front of four."""
    many = play(direct(4, 20.0, 400.0, cores=1, service_ms=8.0)).summary()
    large = play(direct(1, 20.0, 400.0, cores=4, service_ms=8.0)).summary()
    assert many["latency_ms"]["mean"] > 1.5 * large["latency_ms"]["mean"]


def test_erlang_c_for_each() -> None:
    """The formula beside the figure is that of all instances together."""
    theory = play(direct(4, 120.0, 400.0, cores=1, service_ms=8.0), tick_s=1.0).summary()["components"]["server"]["theory"]
    assert theory["expected"] == pytest.approx(4 * 3.2, rel=0.05)
    assert theory["measured"] == pytest.approx(theory["expected"], abs=3 * theory["half_width"])


def test_they_share_the_traffic_evenly() -> None:
    run = play(balanced(4))
    counts = arrived_at(run)
    assert max(counts) - min(counts) <= 0.01 * sum(counts)
    assert sum(counts) == run.summary()["components"]["server"]["arrived"]


def test_one_instance_is_as_before() -> None:
    frame = go(Run(balanced(1, 2.0)))[-1]
    assert "instances" not in frame["components"]["server"]


# -- one dies
@pytest.mark.parametrize("mode", ["process", "machine"])
def test_a_balancer_finds_out_by_its_checks_and_the_others_carry_all(mode: str) -> None:
    run = Run(balanced())
    go(run, 5.0)
    run.command({"action": "kill", "component": "server", "mode": mode, "instance": 2})
    before = arrived_at(run)
    out_s = 0.0
    while not out_s:
        frame = run.advance()
        shown = frame["components"]["server"]
        assert shown["state"] != "down" and shown["noticed"]
        assert [entry["state"] for entry in shown["instances"]] == ["up", "down", "up"]
        out_s = next((event["t"] for event in frame["events"] if event["kind"] == "target_out"), 0.0)
    told = next(event for event in run.world.story.all if event["kind"] == "target_out")
    assert told["arguments"]["target"] == "server · 2" and told["component"] == "balancer"
    silent_s = 0.2 if mode == "machine" else 0.0
    assert 5.0 + (LOST_AFTER - 1) * INTERVAL_S <= out_s <= 5.0 + LOST_AFTER * INTERVAL_S + silent_s + 0.01
    third = 100.0 * (out_s - 5.0)
    assert arrived_at(run)[1] - before[1] == pytest.approx(third, rel=0.2), "until then it is sent its share"
    go(run, run.t + 1.0)
    counts, done = arrived_at(run), run.summary()["requests"]["done"]
    go(run)
    assert arrived_at(run)[1] - counts[1] == pytest.approx((20.0 - run.t + (run.t - out_s - 1.0)) / INTERVAL_S, abs=3), "checks only"
    assert run.summary()["requests"]["done"] - done == pytest.approx(300.0 * (20.0 - out_s - 1.0), rel=0.1)
    assert_conserved(run)


def test_it_is_put_back_on_its_own() -> None:
    run = Run(balanced())
    go(run, 3.0)
    run.command({"action": "kill", "component": "server", "instance": 3})
    go(run, 8.0)
    run.command({"action": "restore", "component": "server", "instance": 3})
    go(run)
    assert 8.0 + (BACK_AFTER - 1) * INTERVAL_S <= time_of(run, "target_back") <= 8.0 + BACK_AFTER * INTERVAL_S + 0.01
    assert run.world.instances["balancer"].out_of_rotation == set()
    assert_conserved(run)


def test_a_component_dies_as_a_whole_and_comes_back() -> None:
    run = Run(balanced())
    go(run, 3.0)
    run.command({"action": "kill", "component": "server"})
    frame = run.advance()
    assert frame["components"]["server"]["state"] == "down" and not frame["components"]["server"]["noticed"]
    assert [event["text"] for event in frame["events"]] == ["server was killed. It refuses connections at once."]
    frame = go(run, 6.0)[-1]
    assert frame["components"]["server"]["noticed"]
    assert run.summary()["errors"].keys() == {"refused", "crashed", "no_target"}
    run.command({"action": "restore", "component": "server"})
    frame = go(run)[-1]
    assert {entry["state"] for entry in frame["components"]["server"]["instances"]} == {"up"}
    assert len(times_of(run, "target_back")) == 3
    assert_conserved(run)


def test_clients_know_of_no_death() -> None:
    """Without a balancer a third goes to the dead one for ever."""
    run = Run(direct(3))
    run.command({"action": "kill", "component": "server", "instance": 1})
    go(run)
    found = run.summary()
    assert found["errors"]["refused"] == pytest.approx(found["requests"]["arrived"] / 3, rel=0.1)


def test_faults_of_a_scenario_hit_all() -> None:
    document = balanced()
    document["scenarios"]["only"]["faults"] = [kill("server", 2.0, for_s=2.0)]
    run = Run(document)
    assert go(run, 3.0)[-1]["components"]["server"]["state"] == "down"
    assert go(run)[-1]["components"]["server"]["state"] != "down"


@pytest.mark.parametrize(
    ("number", "code"),
    [(4, "no_such_instance"), (-1, "out_of_bounds"), ("two", "not_a_number"), (True, "not_a_number"), (1.5, "not_an_integer")],
)
def test_there_is_no_such_instance(number: Any, code: str) -> None:
    run = Run(balanced())
    with pytest.raises(DesignError) as error:
        run.command({"action": "kill", "component": "server", "instance": number})
    assert error.value.problems[0].code == code


# -- they come and go
def test_new_ones_start_up_and_join_at_once() -> None:
    run = Run(balanced(1))
    go(run, 3.0)
    set_value(run, "server", "instances", 3)
    frame = go(run, 4.0)[-1]
    assert {number: entry["state"] for number, entry in instances_of(frame).items()} == {1: "up", 2: STARTING, 3: STARTING}
    assert arrived_at(run)[1:] == [0, 0], "in nobody's rotation, and not checked either"
    go(run)
    assert times_of(run, "instance_up", "server") == [3.0 + BOOT_S] * 2
    expected = 300.0 * 15.0 / 3 + 15.0 / INTERVAL_S
    assert arrived_at(run)[1:] == pytest.approx([expected] * 2, rel=0.05)
    assert_conserved(run)


def test_a_drain_loses_nothing() -> None:
    run = Run(balanced(4, service_ms=100.0, cores=64))
    go(run, 5.0)
    set_value(run, "server", "instances", 1)
    frame = run.advance()
    assert {entry["state"] for entry in instances_of(frame).values()} == {"up", DRAINING}
    counts = arrived_at(run)
    frame = go(run)[-1]
    assert "instances" not in frame["components"]["server"]
    # what was on the wire may still arrive
    assert all(late <= early + 3 for late, early in zip(arrived_at(run)[1:], counts[1:], strict=True))
    assert run.summary()["errors"] == {}
    assert all(event["arguments"]["cut"] == 0 for event in run.world.story.all if event["kind"] == "instance_removed")
    assert_conserved(run)


def test_who_is_not_done_in_time_is_cut_off() -> None:
    run = Run(balanced(2, 10.0, 50.0, service_ms=3_000.0, service_distribution="constant", cores=64, workers=400, drain_s=1.0))
    go(run, 5.0)
    set_value(run, "server", "instances", 1)
    go(run)
    removed = [event for event in run.world.story.all if event["kind"] == "instance_removed"]
    assert [event["t"] for event in removed] == [6.0]
    cut = removed[0]["arguments"]["cut"]
    # 25 a second, of which the last 800 ms are waited for by the balancer; it stops waiting for the others
    assert run.summary()["components"]["server"]["failed"] >= cut > 25
    assert_conserved(run)


def test_resizing_under_traffic_conserves_requests() -> None:
    run = Run(balanced(2, 30.0, service_ms=10.0, drain_s=0.1, boot_s=0.3))
    for second, size in enumerate([5, 1, 3, 3, 8, 2, 1, 4] * 3):
        set_value(run, "server", "instances", size)
        go(run, second + 1.0)
        assert_conserved(run)
    go(run)
    group = run.world.groups["server"]
    assert len(group.members) == 4 and len(group.everyone) == 8, "who comes takes over the rows of who went"
    assert {me.id for me in group.everyone} == {"server", *(f"server#{number}" for number in range(2, 9))}
    found = run.summary()
    assert found["components"]["server"]["arrived"] == sum(arrived_at(run))
    assert found["requests"]["done"] > 0.98 * found["requests"]["arrived"]
    assert found["laws"]["flow conservation"] == 0.0


def test_starting_ones_that_are_killed_do_not_come_up_by_themselves() -> None:
    run = Run(balanced(1))
    set_value(run, "server", "instances", 2)
    go(run, 1.0)
    run.command({"action": "kill", "component": "server", "instance": 2})
    frame = go(run, 5.0)[-1]
    assert instances_of(frame)[2]["state"] == "down" and times_of(run, "instance_up") == []
    assert frame["components"]["balancer"]["metrics"]["targets_in_rotation"] == 1
    run.command({"action": "restore", "component": "server", "instance": 2})
    frame = go(run)[-1]
    assert instances_of(frame)[2]["state"] == "up"
    assert frame["components"]["balancer"]["metrics"]["targets_in_rotation"] == 2
    assert_conserved(run)


def test_the_dead_and_the_unborn_go_first() -> None:
    run = Run(balanced(3))
    run.command({"action": "kill", "component": "server", "instance": 1})
    set_value(run, "server", "instances", 4)
    set_value(run, "server", "instances", 2)
    run.advance()
    group = run.world.groups["server"]
    assert [(me.number, me.stage) for me in group.members] == [(2, UP), (3, UP)]
    assert [(me.number, me.stage) for me in group.gone] == [(1, GONE), (4, GONE)]
    go(run)
    assert_conserved(run)


def test_a_new_version_replaces_the_first_instance() -> None:
    """What deployments do: one comes, one goes, until all are new."""
    run = Run(balanced(2, drain_s=1.0))
    group = run.world.groups["server"]
    go(run, 2.0)
    for member in list(group.members):
        group.add_member(version=2, starting_s=0.5)
        go(run, run.t + 1.0)
        group.retire(member, 1.0)
        go(run, run.t + 2.0)
    frame = run.advance()
    assert {entry["version"] for entry in instances_of(frame).values()} == {2}
    assert frame["components"]["balancer"]["metrics"]["targets_in_rotation"] == 2
    go(run)
    assert run.summary()["errors"] == {}
    assert_conserved(run)


def test_balancers_may_be_several_too() -> None:
    document = balanced(3)
    document["components"]["balancer"]["parameters"] |= {"instances": 2}
    run = Run(document)
    go(run, 4.0)
    run.command({"action": "kill", "component": "server", "instance": 1})
    go(run, 8.0)
    assert len(times_of(run, "target_out", "balancer")) == 2, "each finds out by itself"
    set_value(run, "balancer", "instances", 1)
    go(run)
    assert run.summary()["errors"].keys() <= {"refused", "crashed"}, "the balancer that went lost nothing"
    assert_conserved(run)


def test_a_group_is_deleted_and_drawn_again_while_some_start_and_some_drain() -> None:
    document = balanced(4, service_ms=200.0, cores=64)
    run = Run(document)
    go(run, 2.0)
    set_value(run, "server", "instances", 2)
    set_value(run, "server", "instances", 5)
    without = {**document, "components": {i: p for i, p in document["components"].items() if i != "server"}, "links": {}}
    without["components"]["other"] = part("server")
    without["links"] = {"clients-other": link("clients", "other"), "balancer-other": link("balancer", "other")}
    without["links"]["clients-balancer"] = document["links"]["clients-balancer"]
    run.command({"action": "design", "design": without})
    go(run, 6.0)
    assert "server#2" not in run.world.instances and times_of(run, "instance_up") == []
    run.command({"action": "design", "design": document})
    go(run)
    assert len(run.world.groups["server"].in_service) == 4
    assert_conserved(run)


def test_an_edit_of_the_design_resizes() -> None:
    document, larger = balanced(2), balanced(4)
    run = Run(document)
    go(run, 2.0)
    run.command({"action": "design", "design": larger})
    go(run)
    assert len(run.world.groups["server"].in_service) == 4
    assert len(times_of(run, "instance_up")) == 2


def test_each_has_its_own_routes_over_the_same_links() -> None:
    document = balanced(3)
    document["components"] |= {"cache": part("cache"), "database": part("sql_database")}
    document["links"] |= {"server-cache": link("server", "cache"), "server-database": link("server", "database")}
    run = Run(document)
    go(run, 5.0)
    set_value(run, "server", "instances", 4)
    go(run)
    members = run.world.groups["server"].members
    assert len({me.routes["database", "read"] for me in members}) == 4
    found = run.summary()
    assert found["components"]["cache"]["hits"] > 0 and found["errors"] == {}
    asked = found["components"]["cache"]["arrived"] + found["components"]["database"]["arrived"]
    assert asked > found["components"]["server"]["done"] - 4 * 20.0 / INTERVAL_S - 5
    assert_conserved(run)


# -- frames
def test_frames_add_up() -> None:
    run = Run(balanced(3, cores=1, service_ms=7.0))
    for frame in go(run, 8.0)[1:]:
        shown = frame["components"]["server"]
        each = [entry["utilisation"] for entry in shown["instances"]]
        assert shown["metrics"]["utilisation"] == pytest.approx(sum(each) / 3, abs=0.02)
        assert shown["metrics"]["done_per_s"] == pytest.approx(shown["done"] / frame["dt"])
    run.command({"action": "kill", "component": "server", "instance": 2})
    go(run, 11.0)
    frame = run.advance()
    each = instances_of(frame)
    survivors = (each[1]["utilisation"] + each[3]["utilisation"]) / 2
    assert each[2]["utilisation"] == 0.0 and survivors > 0.9, "two carry what three did"
    assert frame["components"]["server"]["metrics"]["utilisation"] == pytest.approx(survivors, abs=0.01), "over those that live"


def test_the_summary_counts_former_instances_and_the_time_that_they_lived() -> None:
    run = Run(balanced(4, 20.0, 200.0, cores=1, service_ms=4.0, drain_s=1.0))
    go(run, 10.0)
    set_value(run, "server", "instances", 2)
    go(run)
    found = run.summary()["components"]["server"]
    assert found["arrived"] == sum(arrived_at(run)) and found["instances"] == 2
    # 0.8 machines' work on four machines for ten seconds, then on two
    assert found["utilisation"] == pytest.approx(0.8 * 20 / (4 * 10 + 2 * 10), rel=0.06)


def test_spans_name_the_component() -> None:
    frames = go(Run(balanced(3, 5.0)))
    names = {span["component"] for frame in frames for span in frame["spans"]}
    assert names == {"clients", "balancer", "server"}


# -- the rest
def test_the_same_again() -> None:
    assert digest(balanced(3, 5.0)) == digest(balanced(3, 5.0))


def test_replayed_with_its_resizes() -> None:
    run = Run(balanced(2, 12.0))
    for second, size in enumerate([4, 1, 3]):
        go(run, 2.0 * second + 1.0)
        set_value(run, "server", "instances", size)
    run.command({"action": "kill", "component": "server", "instance": 1})
    go(run)
    again = Run.replay(balanced(2, 12.0), None, None, run.commands, run.t)
    assert {**run.summary(), "wall_s": 0} == {**again.summary(), "wall_s": 0}


def test_more_instances_move_only_what_they_cause() -> None:
    """Common random numbers: the first instance's id, and so its luck, is that of the component."""
    one = play(direct(1, 5.0)).summary()
    two = play(direct(2, 5.0)).summary()
    assert one["requests"]["arrived"] == two["requests"]["arrived"]


def test_too_many_instances_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "instances", Limit(4, "instances", "Test."))
    problems = [problem.code for problem in check(balanced(5)) if problem.severity == "problem"]
    assert problems == ["too_many"]
    run = Run(balanced(2))
    run.command({"action": "set", "component": "server", "parameter": "instances", "value": 50})
    run.advance()
    assert run.finished and run.limit == "instances"
    assert broken_laws(run) == []


def test_a_pair_is_no_single_point_of_failure() -> None:
    def single_points(document: Document) -> set[str | None]:
        return {problem.component for problem in check(document) if problem.code == "single_point"}

    document = balanced(2)
    assert single_points(document) == {"balancer"}
    document["components"]["balancer"]["parameters"]["instances"] = 2
    assert single_points(document) == set()
