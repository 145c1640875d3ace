"""Live commands: what takes effect, what is refused and with which sentence, and that a refused one changes nothing."""

from typing import Any

import pytest

from sim_engine import DesignError, Run
from sim_engine.limits import limit
from tests.engine.support import assert_conserved, design, go, link, part, play, set_value, shop, times_of

DOCUMENT = shop(4.0)


def refused(run: Run, command: Any) -> str:
    """The code of the only problem of a command that is refused."""
    recorded, before = len(run.commands), run.summary()
    with pytest.raises(DesignError) as error:
        run.command(command)
    assert len(run.commands) == recorded
    assert {**run.summary(), "wall_s": 0} == {**before, "wall_s": 0}
    problems = error.value.problems
    assert len(problems) == 1 and problems[0].text and "{" not in problems[0].text
    return problems[0].code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({}, "unknown_command"),
        ({"action": "explode"}, "unknown_command"),
        ({"action": ["kill"]}, "unknown_command"),
        ({"action": "kill"}, "no_such_part"),
        ({"action": "kill", "component": "ghost"}, "no_such_part"),
        ({"action": "kill", "component": ["cache"]}, "no_such_part"),
        ({"action": "kill", "component": "clients"}, "cannot"),
        ({"action": "kill", "component": "cache", "mode": "gently"}, "not_a_choice"),
        ({"action": "restore", "component": "cache"}, "already"),
        ({"action": "set", "component": "cache", "parameter": "colour", "value": 1}, "unknown_parameter"),
        ({"action": "set", "component": "cache", "parameter": None, "value": 1}, "unknown_parameter"),
        ({"action": "set", "component": "cache", "parameter": "threads", "value": 0}, "out_of_bounds"),
        ({"action": "set", "component": "cache", "parameter": "threads", "value": 1.5}, "not_an_integer"),
        ({"action": "set", "component": "cache", "parameter": "threads"}, "not_a_number"),
        ({"action": "set", "component": "cache", "parameter": "threads", "value": float("nan")}, "not_a_number"),
        ({"action": "set", "link": "ghost", "parameter": "latency_ms", "value": 1}, "no_such_part"),
        ({"action": "set", "link": "clients-balancer", "parameter": "colour", "value": 1}, "unknown_parameter"),
        ({"action": "set", "link": "clients-balancer", "parameter": "latency_ms", "value": -1}, "out_of_bounds"),
        ({"action": "traffic"}, "wrong_shape"),
        ({"action": "traffic", "multiplier": -1}, "wrong_shape"),
        ({"action": "traffic", "multiplier": float("nan")}, "wrong_shape"),
        ({"action": "traffic", "multiplier": True}, "wrong_shape"),
        ({"action": "tick", "tick_s": 0.01}, "wrong_shape"),
        ({"action": "tick", "tick_s": 1e9}, "wrong_shape"),
        ({"action": "tick", "tick_s": "1"}, "wrong_shape"),
        ({"action": "design"}, "not_a_design"),
        ({"action": "design", "design": {**DOCUMENT, "components": {}, "links": {}}}, "nothing_sends"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_with_a_reason(command: Any, code: str) -> None:
    run = Run(DOCUMENT)
    go(run, 0.3)
    assert refused(run, command) == code
    go(run)
    assert_conserved(run)


def test_twice_dead_and_twice_alive() -> None:
    run = Run(DOCUMENT)
    run.command({"action": "kill", "component": "cache"})
    assert refused(run, {"action": "kill", "component": "cache"}) == "already"
    run.command({"action": "restore", "component": "cache"})
    assert refused(run, {"action": "restore", "component": "cache"}) == "already"


def test_nothing_can_be_done_to_a_run_that_is_over() -> None:
    run = play(DOCUMENT)
    with pytest.raises(DesignError) as error:
        run.command({"action": "traffic", "multiplier": 2})
    assert error.value.problems[0].code == "run_over"


def test_commands_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim_engine.run.limit", lambda name: 3 if name == "commands" else limit(name))
    run = Run(DOCUMENT)
    for _ in range(3):
        run.command({"action": "traffic", "multiplier": 2})
    assert refused(run, {"action": "traffic", "multiplier": 2}) == "too_many_commands"


def test_recorded_with_their_times_and_told() -> None:
    run = Run(DOCUMENT)
    go(run, 0.5)
    set_value(run, "server_1", "cores", 8)
    go(run, 1.0)
    run.command({"action": "traffic", "multiplier": 2})
    assert [entry["t"] for entry in run.commands] == [0.5, 1.0]
    assert times_of(run, "parameter_set", "server_1") == [0.5]
    assert times_of(run, "traffic") == [1.0]
    shown = next(run.advance() for _ in range(1))
    told = [event for event in shown["events"] if event["marker"]]
    assert [event["kind"] for event in told] == ["traffic"] and all(event["short"] for event in told)


def test_traffic_doubles() -> None:
    run = Run(shop(8.0, clients={"arrival_rate_per_s": 500.0}))
    run.command({"action": "traffic", "multiplier": 2})
    go(run)
    assert run.summary()["requests"]["arrived"] == pytest.approx(8000, rel=0.05)


def test_a_ramp_is_followed_exactly() -> None:
    """From 0 to 200/s in 10 s: 1000 requests, half of them after 7.07 s."""
    parts = {"clients": part("clients", arrival_rate_per_s=200.0), "server": part("server")}
    run = Run(design(parts, [link("clients", "server")], 10.0, traffic=[(0.0, 0.0), (10.0, 1.0)]))
    go(run, 7.1)
    half = run.summary()["requests"]["arrived"]
    go(run)
    assert run.summary()["requests"]["arrived"] == pytest.approx(1000, abs=100)
    assert half == pytest.approx(500, abs=80)


def users_now(run: Run) -> int:
    return int(run.advance()["clients"]["active_users"])


def crowd(**clients: Any) -> Run:
    calling = part("clients", **({"model": "closed", "users": 40, "think_time_s": 0.05} | clients))
    return Run(design({"clients": calling, "server": part("server")}, [link("clients", "server")], 20.0))


def test_users_come_and_go() -> None:
    run = crowd()
    assert users_now(run) == 40
    for users in (100, 7, 0, 25):
        set_value(run, "clients", "users", users)
        go(run, run.t + 2.0)
        assert users_now(run) == users
    go(run)
    assert_conserved(run)


def test_from_open_to_closed_and_back() -> None:
    run = crowd(model="open", arrival_rate_per_s=100.0)
    go(run, 3.0)
    set_value(run, "clients", "model", "closed")
    go(run, 6.0)
    assert users_now(run) == 40
    before = run.summary()["requests"]["arrived"]
    set_value(run, "clients", "model", "open")
    set_value(run, "clients", "arrival_rate_per_s", 0.0)
    go(run, 9.0)
    assert run.summary()["requests"]["arrived"] - before <= 40, "those who were thinking may ask once more"
    assert users_now(run) == 0
    set_value(run, "clients", "model", "closed")
    go(run)
    assert int(run.world.memory.state.sources[0]["users"]) == 40
    assert_conserved(run)


def test_no_traffic_and_then_some() -> None:
    run = Run(shop(4.0))
    run.command({"action": "traffic", "multiplier": 0})
    go(run, 2.0)
    assert run.summary()["requests"]["arrived"] == 0
    run.command({"action": "traffic", "multiplier": 1})
    go(run)
    assert run.summary()["requests"]["arrived"] == pytest.approx(400, rel=0.2)


def test_what_is_set_by_a_design_is_told_once_for_each_value() -> None:
    run = Run(shop(2.0))
    run.command({"action": "design", "design": shop(2.0, server={"cores": 2, "workers": 10}, clients={"retries": 5})})
    assert len(times_of(run, "parameter_set")) == 5
    assert run.world.instances["server_2"].values["cores"] == 2
    run.command({"action": "design", "design": shop(2.0, server={"cores": 2, "workers": 10}, clients={"retries": 5})})
    assert len(times_of(run, "parameter_set")) == 5
