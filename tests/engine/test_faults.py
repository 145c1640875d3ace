"""Faults that overlap, are ended by hand, lose their target, and are replayed; and what commands about them are refused."""

import copy
from typing import Any

import pytest

from sim_engine import DesignError, Run
from sim_engine.components import KINDS
from sim_engine.design.check import check
from sim_engine.kernel import links
from sim_engine.limits import limit
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, shop, time_of, times_of

QUIET = {"retries": 0, "arrival_rate_per_s": 100.0}


def begin(run: Run, name: str, component: str | None = None, for_s: float | None = None, link: str | None = None, **arguments: Any) -> int:
    """Begins a fault by hand; its number."""
    run.command({"action": "fault", "name": name, "component": component, "link": link, "arguments": arguments, "for_s": for_s})
    return max(run.world.faults.active, default=0)


def slowness(run: Run, component: str) -> float:
    me = run.world.instances[component]
    return float(run.world.memory.state.pools[me.pools["cpu"]]["slowness"])


def error_ratio(run: Run, component: str) -> float:
    return float(run.world.memory.state.nodes[run.world.instances[component].node]["error_ratio"])


def link_fault(run: Run, link_id: str) -> list[float]:
    state = run.world.memory.state
    first = int(state.links[run.world.link_row(link_id)]["parameter"])
    return [round(float(v), 6) for v in state.parameters[first + links.FAULT_DELAY_S : first + links.CUT_BACK + 1]]


def alive(run: Run, component: str) -> bool:
    return run.world.instances[component].alive


def test_slow_downs_multiply_and_each_ends_for_itself() -> None:
    run = Run(shop(8.0))
    go(run, 1.0)
    begin(run, "slow", "server_1", for_s=4.0, factor=3.0)
    second = begin(run, "slow", "server_1", factor=2.0)
    assert slowness(run, "server_1") == 6.0 and slowness(run, "server_2") == 1.0
    go(run, 5.5)
    assert slowness(run, "server_1") == 2.0
    run.command({"action": "end_fault", "number": second})
    assert slowness(run, "server_1") == 1.0
    go(run)
    assert_conserved(run)
    assert times_of(run, "slow_begins") == [1.0, 1.0] and times_of(run, "fault_over") == [5.0, 5.5]


def test_errors_and_losses_are_those_of_either() -> None:
    run = Run(shop(2.0))
    begin(run, "errors", "cache", ratio=0.5)
    begin(run, "errors", "cache", ratio=0.5)
    assert error_ratio(run, "cache") == 0.75
    begin(run, "loss", link="clients-balancer", ratio=0.2)
    begin(run, "loss", link="clients-balancer", ratio=0.5)
    begin(run, "delay", link="clients-balancer", extra_ms=100.0, jitter_ms=5.0)
    begin(run, "delay", link="clients-balancer", extra_ms=50.0)
    begin(run, "cut", link="clients-balancer", direction="back")
    assert link_fault(run, "clients-balancer") == [0.15, 0.005, 0.6, 0.0, 1.0]
    both = begin(run, "cut", link="clients-balancer")
    assert link_fault(run, "clients-balancer")[3:] == [1.0, 1.0]
    run.command({"action": "end_fault", "number": both})
    assert link_fault(run, "clients-balancer")[3:] == [0.0, 1.0]


def test_of_two_kills_the_later_end_counts() -> None:
    document = shop(10.0, [kill("cache", 1.0, for_s=3.0), kill("cache", 2.0, "machine", for_s=6.0)], clients=QUIET)
    run = Run(document)
    go(run, 1.5)
    node = run.world.instances["cache"].node
    assert not alive(run, "cache") and run.world.memory.state.nodes[node]["silent"] == 0
    go(run, 3.0)
    assert run.world.memory.state.nodes[node]["silent"] == 1, "the machine of a dead process is lost too"
    go(run, 6.0)
    assert not alive(run, "cache")
    go(run)
    assert time_of(run, "restored") == 8.0
    assert time_of(run, "dead_already") == 2.0 and time_of(run, "fault_over") == 4.0
    assert_conserved(run)


def test_restoring_ends_every_kill() -> None:
    run = Run(shop(10.0, [kill("cache", 1.0, for_s=3.0), kill("cache", 2.0)]))
    go(run, 2.5)
    assert [fault["number"] for fault in run.advance()["faults"]] == [1, 2]
    run.command({"action": "restore", "component": "cache"})
    assert alive(run, "cache") and run.advance()["faults"] == []
    go(run)
    assert alive(run, "cache") and len(times_of(run, "restored")) == 1


def test_a_spike_is_on_top_of_everything_else() -> None:
    calling = part("clients", arrival_rate_per_s=100.0, retries=0)
    parts = {"a": calling, "b": calling, "server": part("server", cores=64)}
    run = Run(design(parts, [link("a", "server"), link("b", "server")], 30.0))

    def rates(until_s: float) -> list[float]:
        before = [run.summary()["components"][name]["arrived"] for name in "ab"]
        since_s = run.t
        go(run, until_s)
        after = [run.summary()["components"][name]["arrived"] for name in "ab"]
        return [(new - old) / (until_s - since_s) for new, old in zip(after, before, strict=True)]

    run.command({"action": "traffic", "multiplier": 2})
    begin(run, "spike", multiplier=3.0, for_s=10.0)
    begin(run, "spike", "a", multiplier=2.0)
    assert rates(10.0) == pytest.approx([1200, 600], rel=0.1)
    assert run.advance()["clients"]["rate_multiplier"] == 2.0
    assert rates(20.0) == pytest.approx([400, 200], rel=0.1)
    run.command({"action": "end_fault", "number": max(run.world.faults.active)})
    assert rates(30.0) == pytest.approx([200, 200], rel=0.1)


def test_what_is_on_stands_in_the_frame_and_leaves_it() -> None:
    run = Run(shop(5.0))
    go(run, 1.0)
    begin(run, "slow", "cache", for_s=1.0)
    assert run.advance()["faults"] == [
        {"number": 1, "name": "slow", "component": "cache", "link": None, "since_s": 1.0, "until_s": 2.0, "arguments": {"factor": 4.0}}
    ]
    begin(run, "cut", link="clients-balancer")
    assert [(fault["link"], fault["until_s"]) for fault in run.advance()["faults"]] == [(None, 2.0), ("clients-balancer", None)]
    go(run, 2.5)
    assert [fault["number"] for fault in run.advance()["faults"]] == [2]


def without(document: Document, *components: str) -> Document:
    changed = copy.deepcopy(document)
    for name in components:
        del changed["components"][name]
    changed["links"] = {i: e for i, e in changed["links"].items() if not {e["from"], e["to"]} & set(components)}
    return changed


def test_what_is_deleted_takes_its_faults_along() -> None:
    document = shop(8.0)
    run = Run(document)
    begin(run, "slow", "cache", for_s=3.0)
    begin(run, "cut", link="server_1-cache", for_s=3.0)
    kept = begin(run, "slow", "database", factor=5.0)
    go(run, 1.0)
    run.command({"action": "design", "design": without(document, "cache")})
    assert list(run.world.faults.active) == [kept]
    run.command({"action": "design", "design": document})  # drawn again, it is another one
    assert slowness(run, "cache") == 1.0 and slowness(run, "database") == 5.0
    go(run, 4.0)
    assert list(run.world.faults.active) == [kept]
    assert link_fault(run, "server_1-cache") == [0.0] * 5
    with pytest.raises(DesignError):
        run.command({"action": "end_fault", "number": 1})
    go(run)
    assert_conserved(run)


def test_what_the_scenario_means_may_be_gone() -> None:
    document = shop(6.0, [kill("cache", 3.0), {"at_s": 4.0, "action": "restore", "component": "server_1"}])
    run = Run(document)
    go(run, 1.0)
    run.command({"action": "design", "design": without(document | {"scenarios": {}, "scenario": None}, "cache")})
    go(run)
    assert time_of(run, "planned_in_vain") == 3.0
    assert time_of(run, "already") == 4.0
    assert_conserved(run)


COMMANDS = [
    (1.0, {"action": "fault", "name": "slow", "component": "server_1", "arguments": {"factor": 8}, "for_s": 2.0}),
    (1.5, {"action": "fault", "name": "delay", "link": "balancer-server_2", "arguments": {"extra_ms": 30, "jitter_ms": 20}}),
    (2.0, {"action": "fault", "name": "errors", "component": "database", "arguments": {"ratio": 0.3}}),
    (2.5, {"action": "fault", "name": "spike", "arguments": {"multiplier": 3}}),
    (3.5, {"action": "end_fault", "number": 2}),
    (4.0, {"action": "kill", "component": "cache", "mode": "machine"}),
]


def test_the_same_commands_are_the_same_run() -> None:
    run = Run(shop(6.0))
    made = []
    for at_s, command in COMMANDS:
        made += go(run, at_s)
        run.command(command)
    made += go(run)
    again = Run.replay(shop(6.0), None, None, run.commands, 4.5)
    rest = go(again)
    last = {**rest[-1]["summary"], "wall_s": 0}, {**made[-1]["summary"], "wall_s": 0}
    assert last[0] == last[1]
    assert [{**f, "summary": 0} for f in rest] == [{**f, "summary": 0} for f in made if f["t"] > 4.5 + 1e-9]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"name": "explode"}, "no_such_action"),
        ({"name": ["slow"], "component": "cache"}, "no_such_action"),
        ({}, "no_such_action"),
        ({"name": "slow"}, "no_such_part"),
        ({"name": "slow", "component": "ghost"}, "no_such_part"),
        ({"name": "slow", "component": ["cache"]}, "no_such_part"),
        ({"name": "cut", "link": "ghost"}, "no_such_part"),
        ({"name": "cut", "link": "clients-balancer", "component": "cache"}, "two_targets"),
        ({"name": "slow", "component": "clients"}, "cannot"),
        ({"name": "slow", "link": "clients-balancer"}, "cannot"),
        ({"name": "slow", "component": "cache", "arguments": {"factor": 0}}, "out_of_bounds"),
        ({"name": "slow", "component": "cache", "arguments": {"factor": "2"}}, "not_a_number"),
        ({"name": "slow", "component": "cache", "arguments": {"colour": 2}}, "unknown_parameter"),
        ({"name": "slow", "component": "cache", "arguments": [2]}, "wrong_shape"),
        ({"name": "slow", "component": "cache", "for_s": -1}, "wrong_shape"),
        ({"name": "slow", "component": "cache", "for_s": True}, "wrong_shape"),
        ({"name": "slow", "component": "cache", "for_s": float("nan")}, "wrong_shape"),
        ({"name": "restore", "component": "cache"}, "already"),
        ({"name": "kill", "component": "cache", "arguments": {"instance": 2}}, "no_such_instance"),
        ({"action": "end_fault"}, "no_such_fault"),
        ({"action": "end_fault", "number": True}, "no_such_fault"),
        ({"action": "end_fault", "number": 7}, "no_such_fault"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_with_a_reason(command: Document, code: str) -> None:
    run = Run(shop(1.0))
    before = {**run.summary(), "wall_s": 0}
    with pytest.raises(DesignError) as error:
        run.command({"action": "fault", **command})
    problems = error.value.problems
    assert [problem.code for problem in problems] == [code] and "{" not in problems[0].text
    assert run.commands == [] and run.world.faults.active == {} and {**run.summary(), "wall_s": 0} == before
    go(run)
    assert_conserved(run)


def test_there_is_a_most_of_faults_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim_engine.world.faults.limit", lambda name: 2 if name == "faults" else limit(name))
    run = Run(shop(3.0, [{"at_s": 1.0, "component": "database", "action": "slow"}]))
    begin(run, "slow", "cache")
    begin(run, "slow", "cache")
    with pytest.raises(DesignError) as error:
        begin(run, "slow", "cache")
    assert error.value.problems[0].code == "too_many_faults"
    go(run)
    assert time_of(run, "too_many_faults") == 1.0


def test_a_purge_empties_every_node_of_a_cache() -> None:
    run = Run(shop(10.0, clients={"keys": 200}, cache={"instances": 3}))
    go(run, 5.0)
    nodes = run.world.groups["cache"].members
    assert all(run.world.memory.state.caches[me.cache]["size"] > 10 for me in nodes)
    run.command({"action": "fault", "name": "purge", "component": "cache", "arguments": {}})
    assert [int(run.world.memory.state.caches[me.cache]["size"]) for me in nodes] == [0, 0, 0]


# -- places
@pytest.fixture
def places() -> Document:
    """Two zones of one region with a server and its database each; the balancer and the clients are elsewhere."""
    parts = {"clients": part("clients", **QUIET), "balancer": part("load_balancer", health_check_interval_s=0.5)}
    wires = [link("clients", "balancer")]
    for number in (1, 2):
        parts[f"server_{number}"] = part("server") | {"inside": f"zone_{number}"}
        parts[f"database_{number}"] = part("sql_database") | {"inside": f"zone_{number}"}
        wires += [link("balancer", f"server_{number}"), link(f"server_{number}", f"database_{number}", timeout_ms=500.0)]
    document = design(parts, wires, 12.0)
    sizes = {"width": 300, "height": 300}
    document["components"] |= {
        "zone_1": {"kind": "zone", "inside": "region", **sizes}, "zone_2": {"kind": "zone", "inside": "region", **sizes},
        "region": {"kind": "region", **sizes},
    }  # fmt: skip
    assert not [problem for problem in check(document) if problem.severity == "problem"]
    return document


def test_a_place_is_lost_with_everything_inside(places: Document) -> None:
    run = Run(places)
    go(run, 1.0)
    begin(run, "kill", "server_1")
    go(run, 2.0)
    begin(run, "kill", "zone_1", for_s=4.0, mode="machine")
    assert [name for name, me in run.world.instances.items() if not me.alive] == ["database_1", "server_1", "zone_1"]
    with pytest.raises(DesignError) as error:
        run.command({"action": "restore", "component": "server_1"})
    assert error.value.problems[0].code == "place_is_lost"
    go(run, 7.0)
    assert [name for name, me in run.world.instances.items() if not me.alive] == ["server_1"]
    run.command({"action": "restore", "component": "region"})
    assert all(me.alive for me in run.world.instances.values()) and not run.world.faults.active
    go(run)
    assert time_of(run, "place_lost") == 2.0 and times_of(run, "place_back") == [6.0, 7.0]
    assert_conserved(run)


def test_what_comes_into_a_lost_place_is_lost(places: Document) -> None:
    run = Run(places)
    begin(run, "kill", "region")
    go(run, 1.0)
    moved = copy.deepcopy(places)
    moved["components"]["balancer"]["inside"] = "region"
    moved["components"]["server_2"]["inside"] = None
    run.command({"action": "design", "design": moved})
    assert not alive(run, "balancer") and alive(run, "server_2")
    go(run)
    assert_conserved(run)


def reached(run: Run, until_s: float) -> dict[str, int]:
    """What each component has done of what came from now on."""
    before = {i: c["done"] for i, c in run.summary()["components"].items()}
    go(run, until_s)
    return {i: c["done"] - before[i] for i, c in run.summary()["components"].items()}


def test_an_isolated_place_goes_on_inside(places: Document) -> None:
    run = Run(places)
    go(run, 1.0)
    begin(run, "isolate", "zone_1", for_s=6.0)
    go(run, 4.0)  # the balancer has noticed
    done = reached(run, 6.5)
    assert done["server_1"] == 0 and done["database_2"] > 200 and done["clients"] > 200
    assert all(me.alive for me in run.world.instances.values())
    go(run, 9.0)
    assert reached(run, 12.0)["server_1"] > 100
    assert_conserved(run)


def test_a_partition_parts_two_and_nobody_else(places: Document) -> None:
    run = Run(places)
    zones = begin(run, "partition", "zone_1", other="zone_2")
    go(run, 1.0)
    assert reached(run, 3.0)["clients"] == pytest.approx(200, rel=0.2), "nothing goes from one zone to the other"
    run.command({"action": "end_fault", "number": zones})
    state = run.world.memory.state
    sides = {i: (int(state.nodes[me.node]["side_a"]), int(state.nodes[me.node]["side_b"])) for i, me in run.world.instances.items()}
    assert set(sides.values()) == {(0, 0)}
    begin(run, "partition", "region", other="zone_1")
    state = run.world.memory.state
    sides = {i: (int(state.nodes[me.node]["side_a"]), int(state.nodes[me.node]["side_b"])) for i, me in run.world.instances.items()}
    assert sides["server_1"] == sides["database_1"] == (0, 1) and sides["server_2"] == sides["database_2"] == (1, 0)
    assert sides["clients"] == sides["balancer"] == (0, 0)
    go(run)
    assert_conserved(run)


def test_a_place_that_is_slow_makes_all_inside_slow(places: Document) -> None:
    run = Run(places)
    begin(run, "slow", "region", factor=2.0)
    begin(run, "slow", "server_1", factor=3.0)
    assert [slowness(run, i) for i in ("server_1", "server_2", "balancer")] == [6.0, 2.0, 1.0]


# -- several instances
def grouped(instances: int = 3) -> Document:
    servers = part("server", instances=instances, boot_s=1.0, drain_s=0.0)
    parts = {"clients": part("clients", **QUIET), "balancer": part("load_balancer", health_check_interval_s=0.5), "servers": servers}
    return design(parts, [link("clients", "balancer"), link("balancer", "servers")], 12.0)


def dead(run: Run) -> list[int]:
    return [me.number for me in run.world.groups["servers"].members if not me.alive and me.stage == "up"]


def test_one_instance_is_killed_by_several_and_restored_by_one() -> None:
    run = Run(grouped())
    begin(run, "kill", "servers", instance=2, for_s=1.0)
    begin(run, "kill", "servers", for_s=2.0)
    assert dead(run) == [1, 2, 3]
    go(run, 1.5)
    assert dead(run) == [1, 2, 3]
    run.command({"action": "restore", "component": "servers", "instance": 2})
    assert dead(run) == [1, 3] and len(run.world.faults.active) == 1
    go(run, 2.5)
    assert dead(run) == [] and not run.world.faults.active
    labels = [(event["t"], event["arguments"]["label"]) for event in run.world.story.all if event["kind"] == "restored"]
    assert labels == [(1.5, "servers · 2"), (2.0, "servers")]
    go(run)
    assert_conserved(run)


def test_who_takes_a_dead_instances_number_is_not_dead() -> None:
    run = Run(grouped())
    kill_of_three = begin(run, "kill", "servers", instance=3)
    run.command({"action": "fault", "name": "resize", "component": "servers", "arguments": {"instances": 2}})
    run.command({"action": "fault", "name": "resize", "component": "servers", "arguments": {"instances": 3}})
    go(run, 2.0)
    assert dead(run) == [] and len(run.world.groups["servers"].in_service) == 3
    run.command({"action": "end_fault", "number": kill_of_three})
    go(run)
    assert times_of(run, "resized") == [0.0, 0.0]
    assert_conserved(run)


def test_a_kill_takes_those_who_start_and_they_stay_down_until_its_end() -> None:
    run = Run(grouped(2))
    run.command({"action": "fault", "name": "resize", "component": "servers", "arguments": {"instances": 3}})
    begin(run, "kill", "servers", for_s=3.0)
    go(run, 2.5)
    assert [me.state for me in run.world.groups["servers"].members] == ["down"] * 3
    go(run, 3.5)
    assert [me.state for me in run.world.groups["servers"].members] == ["up"] * 3
    go(run)
    assert_conserved(run)


def test_a_newcomer_is_under_the_faults_of_its_component() -> None:
    run = Run(grouped(1))
    begin(run, "slow", "servers", factor=3.0, for_s=4.0)
    begin(run, "errors", "servers", ratio=0.5, for_s=4.0)
    run.command({"action": "fault", "name": "resize", "component": "servers", "arguments": {"instances": 2}})
    go(run, 2.0)
    assert slowness(run, "servers#2") == 3.0 and error_ratio(run, "servers#2") == 0.5
    go(run, 5.0)
    assert slowness(run, "servers#2") == 1.0 and error_ratio(run, "servers#2") == 0.0


def test_resizing_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim_engine.world.faults.limit", lambda name: 5 if name == "instances" else limit(name))
    run = Run(grouped(1))
    with pytest.raises(DesignError) as error:
        run.command({"action": "fault", "name": "resize", "component": "servers", "arguments": {"instances": 4}})
    assert error.value.problems[0].code == "too_many"


def test_kinds_take_what_they_have_the_parts_for() -> None:
    for kind in KINDS.values():
        pools = {pool.name for pool in kind.pools}
        assert ("resize" in kind.actions) == kind.grows, kind.kind
        if "memory_leak" in kind.actions:
            assert "memory" in pools and "boot_s" in kind.defaults(), kind.kind


# -- memory
@pytest.fixture
def leaky() -> Document:
    """A server of 1000 MB that takes a second to start."""
    server_of_1000 = part("server", memory_mb=1000.0, service_ms=30.0, boot_s=1.0)
    return design({"clients": part("clients", **QUIET), "server": server_of_1000}, [link("clients", "server")], 12.0)


def test_a_leak_takes_the_memory_and_then_the_machine(leaky: Document) -> None:
    run = Run(leaky)
    go(run, 1.0)
    first = begin(run, "memory_leak", "server", mb_per_s=250.0)
    pool = run.world.instances["server"].pools["memory"]
    go(run, 3.0)
    assert run.world.memory.state.pools[pool]["capacity"] == pytest.approx(500.0, abs=30.0)
    go(run, 5.5)
    assert not alive(run, "server")
    assert time_of(run, "killed_out_of_memory") == pytest.approx(5.0)
    go(run, 8.0)
    assert alive(run, "server")
    assert run.world.memory.state.pools[pool]["capacity"] == pytest.approx(500.0, abs=30.0), "a fresh leak"
    begin(run, "memory_leak", "server", mb_per_s=250.0, for_s=3.0)
    go(run, 9.5)
    assert times_of(run, "killed_out_of_memory") == [pytest.approx(5.0), pytest.approx(9.0, abs=0.1)], "together they are twice as fast"
    run.command({"action": "end_fault", "number": first})
    go(run)
    assert alive(run, "server") and run.world.memory.state.pools[pool]["capacity"] == 1000.0
    assert run.summary()["errors"]["out_of_memory"] > 0
    assert_conserved(run)


def test_a_kill_in_the_middle_of_a_leak(leaky: Document) -> None:
    run = Run(leaky)
    begin(run, "memory_leak", "server", mb_per_s=250.0)
    go(run, 3.0)
    begin(run, "kill", "server", for_s=1.0)
    go(run, 7.0)
    assert alive(run, "server") and times_of(run, "killed_out_of_memory") == [], "what is killed starts with all its memory"
    go(run, 8.5)
    assert not alive(run, "server")
    begin_kill = {"action": "fault", "name": "kill", "component": "server"}
    with pytest.raises(DesignError):
        run.command(begin_kill)
    go(run)
    assert_conserved(run)


def noticed(run: Run, code: str) -> str:
    """Who did, by the first such event."""
    return next(str(event["arguments"]["by"]) for event in run.world.story.all if event["kind"] == code)


def test_the_log_says_who_noticed() -> None:
    checks = {"health_check_interval_s": 0.5}
    document = shop(
        12.0, [kill("server_1", 1.0, for_s=4.0), kill("database", 2.0), kill("replica_2", 8.0)], balancer=checks, database=checks
    )
    for name, part_of in document["components"].items():
        part_of["label"] = name.upper()
    run = Run(document)
    go(run)
    assert noticed(run, "target_out") == noticed(run, "target_back") == "BALANCER"
    assert noticed(run, "primary_lost") == "REPLICA_1" and noticed(run, "replica_out") == "REPLICA_1"
    assert "checks of REPLICA_1" in next(event["text"] for event in run.world.story.all if event["kind"] == "primary_lost")
