"""The design document: any JSON value gets an answer, and every kind of mistake its own sentence in the right place."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_engine import DesignError, Run, check
from sim_engine.catalogue.actions import ACTIONS
from sim_engine.catalogue.component import Component
from sim_engine.catalogue.parameter import Parameter, several
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import parse, value_problem
from sim_engine.design.upgrade import NEWEST, upgraded
from sim_engine.limits import limit
from sim_engine.messages import Problem
from tests.engine.support import Document, design, kill, link, part, shop

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [deeper for name, child in children for deeper in places(child, (*path, name))]


def replaced(document: Document, path: tuple[Any, ...], value: Any) -> Document:
    changed = copy.deepcopy(document)
    inside: Any = changed
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return changed


GOOD = shop(faults=[kill("cache", 1.0, for_s=2.0)])
GOOD["components"]["clients"]["parameters"] = {"model": "open", "arrival_rate_per_s": 3.5, "keys": 10, "backoff_jitter": True}
GOOD["scenarios"]["only"]["traffic"] = [{"at_s": 1, "multiplier": 2}]
PLACES = places(GOOD)


def problems(document: Any) -> list[Problem]:
    found = check(document)
    for problem in found:
        quoted = any(isinstance(value, str) and "{" in value for _name, value in problem.arguments)
        assert problem.text and (quoted or "{" not in problem.text)
        json.dumps(problem.document())
    return [problem for problem in found if problem.severity == "problem"]


def only_problem(document: Any) -> Problem:
    found = problems(document)
    assert len(found) == 1, [problem.text for problem in found]
    return found[0]


def test_the_good_one_is_good() -> None:
    assert problems(GOOD) == []


@settings(derandomize=True, max_examples=300, deadline=None)
@given(JSON)
def test_any_json_value_gets_an_answer(value: Any) -> None:
    assert problems(value)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_at_any_place_gets_an_answer(path: tuple[Any, ...], value: Any) -> None:
    """Whatever is put wherever: check() answers, and Run() runs exactly what has no problem."""
    document = replaced(GOOD, path, value)
    found = problems(document)
    if found:
        with pytest.raises(DesignError):
            Run(document)


def test_a_value_as_deep_as_json_can_be() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    for path in PLACES:
        problems(replaced(GOOD, path, deep))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, -(10**400)])
def test_numbers_that_are_none(value: float) -> None:
    for path in (("components", "clients", "parameters", "arrival_rate_per_s"), ("components", "clients", "parameters", "keys")):
        assert only_problem(replaced(GOOD, path, value)).code == "not_a_number"
    assert only_problem(replaced(GOOD, ("scenarios", "only", "duration_s"), value)).code == "wrong_shape"


ALL_PARAMETERS = [(kind.kind, p) for kind in KINDS.values() for p in kind.parameters] + [("link", p) for p in LINK.parameters]


def with_value(kind: str, parameter: Parameter, value: Any) -> Document:
    """A design in which a component of a kind, or the link, has this value."""
    if kind == "link":
        return replaced(GOOD, ("links", "clients-balancer", "parameters"), {parameter.name: value})
    document = copy.deepcopy(GOOD)
    if all(component["kind"] != kind for component in document["components"].values()):
        document["components"]["another"] = part(kind)
    target = next(i for i, c in document["components"].items() if c["kind"] == kind)
    document["components"][target]["parameters"] = {parameter.name: value}
    return document


def wrong_values(parameter: Parameter) -> list[tuple[Any, str]]:
    """(value, code of the problem) for what is wrong with a parameter's type, and just outside its bounds."""
    if parameter.type == "boolean":
        return [(1, "not_a_boolean"), ("true", "not_a_boolean"), (None, "not_a_boolean")]
    if parameter.type == "choice":
        return [("nonsense", "not_a_choice"), (0, "not_a_choice"), ([], "not_a_choice")]
    if parameter.type == "set":
        first = parameter.choices[0].value
        return [
            ("nonsense", "not_a_set"),
            (["nonsense"], "not_a_set"),
            ([first, first], "not_a_set"),
            ([[]], "not_a_set"),
            (None, "not_a_set"),
        ]
    if parameter.type == "component":
        return [(5, "not_a_component"), ("a b", "not_a_component"), (None, "not_a_component")]
    if parameter.type == "text":
        return [(5, "not_a_text"), ("x" * (int(parameter.maximum or 0) + 1), "text_too_long")]
    assert parameter.minimum is not None and parameter.maximum is not None
    step = 1 if parameter.type == "integer" else 1e-6 * max(1.0, parameter.maximum)
    found: list[tuple[Any, str]] = [("5", "not_a_number"), (True, "not_a_number"), (None, "not_a_number"), ([1], "not_a_number")]
    found += [(parameter.minimum - step, "out_of_bounds"), (parameter.maximum + step, "out_of_bounds")]
    return [*found, (parameter.minimum + 0.5, "not_an_integer")] if parameter.type == "integer" else found


@pytest.mark.parametrize(("kind", "parameter"), ALL_PARAMETERS, ids=lambda value: getattr(value, "name", value))
def test_bounds_and_types_of_every_parameter(kind: str, parameter: Parameter) -> None:
    where = "link" if kind == "link" else "component"
    for value, code in wrong_values(parameter):
        found = [problem for problem in problems(with_value(kind, parameter, value)) if problem.field is not None]
        assert [(p.code, p.field, p.where) for p in found] == [(code, parameter.name, where)], value
    if parameter.minimum is not None:
        for value in (parameter.minimum, parameter.maximum):
            codes = {problem.code for problem in problems(with_value(kind, parameter, value))}
            assert codes.isdisjoint({"out_of_bounds", "not_a_number", "not_an_integer"})


ARGUMENTS = [(action.name, p) for action in ACTIONS.values() for p in action.parameters]


@pytest.mark.parametrize(("action", "parameter"), ARGUMENTS, ids=lambda value: getattr(value, "name", value))
def test_bounds_and_types_of_every_argument_of_a_fault(action: str, parameter: Parameter) -> None:
    for value, code in wrong_values(parameter):
        fault = {"at_s": 1.0, "component": "cache", "action": action, "arguments": {parameter.name: value}}
        found = [p for p in problems(shop(faults=[kill("cache", 1.0), fault])) if p.code == code]
        assert [(p.where, p.component, p.field) for p in found] == [("scenario", "only", f"faults.1.arguments.{parameter.name}")], value


SOME = several("when", "When", ("a", "c"), (("a", "A"), ("b", "B"), ("c", "C")), "Choices.")


def test_a_set_is_kept_in_the_order_of_its_choices_and_is_a_mask_to_the_kernel() -> None:
    for value, code in wrong_values(SOME):
        problem = value_problem(SOME, value, "component", "x", "X")
        assert problem is not None and problem.code == code and "{" not in problem.text
    for value in ([], ["c", "a"], ["b"]):
        assert value_problem(SOME, value, "component", "x", "X") is None
    assert SOME.clean(["c", "a"]) == ("a", "c")
    assert [SOME.kernel_value(SOME.clean(v)) for v in ([], ["a"], ["c", "a"], ["c", "b", "a"])] == [0.0, 1.0, 5.0, 7.0]
    assert SOME.document()["default"] == ["a", "c"]


def test_version_1_becomes_the_newest() -> None:
    old = shop(faults=[{"at_s": 1.0, "component": "cache", "action": "kill", "mode": "machine", "for_s": 2.0},
                       {"at_s": 2.0, "component": "cache", "action": "restore", "mode": "process", "for_s": 1.0}])  # fmt: skip
    old["version"] = 1
    new = upgraded(old)
    assert new["version"] == NEWEST and old["version"] == 1
    first, second = new["scenarios"]["only"]["faults"]
    assert first == {"at_s": 1.0, "component": "cache", "action": "kill", "arguments": {"mode": "machine"}, "for_s": 2.0}
    assert second == {"at_s": 2.0, "component": "cache", "action": "restore"}
    assert problems(old) == problems(new) == []
    assert upgraded(new) is new and upgraded([1]) == [1] and upgraded({"version": 99}) == {"version": 99}


class _Area(Component):
    title, group, icon, summary, runs, actions = "Area", "places", "map", "Holds things.", False, ()
    kind, place_rank = "area", 2


class _Corner(_Area):
    title, kind, place_rank = "Corner", "corner", 1


@pytest.fixture
def places_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (_Area, _Corner):
        monkeypatch.setitem(KINDS, kind.kind, kind)


def in_places(**inside: str | None) -> Document:
    document = copy.deepcopy(GOOD)
    for name, kind in (("area", "area"), ("corner", "corner"), ("other", "area")):
        document["components"][name] = {"kind": kind, "width": 400, "height": 300}
    for name, place in inside.items():
        document["components"][name]["inside"] = place
    return document


@pytest.mark.usefixtures("places_known")
def test_places_hold_components_and_smaller_places() -> None:
    parsed, found = parse(in_places(cache="corner", corner="area", database="area", server_1=None))
    assert found == [] and parsed is not None
    assert [parsed.components[name].inside for name in ("cache", "corner", "database", "server_1")] == ["corner", "area", "area", None]
    assert problems(in_places(cache="corner", corner="area", database="area")) == []
    for wrong in ({"area": "corner"}, {"area": "other"}, {"corner": "corner"}, {"area": "area"}):
        assert only_problem(in_places(**wrong)).code == "inside_wrong_place"


@pytest.mark.usefixtures("places_known")
@pytest.mark.parametrize("size", [0, 119, 20_001, "400", None, True])
def test_a_place_has_a_size(size: Any) -> None:
    found = only_problem(replaced(in_places(), ("components", "area", "width"), size))
    assert (found.code, found.component, found.field) == ("wrong_shape", "area", "width")


def test_defaults_stand_in_for_what_is_absent_or_null() -> None:
    for parameters in ({}, None):
        parsed, found = parse(replaced(GOOD, ("components", "cache", "parameters"), parameters))
        assert parsed is not None and found == []
        assert parsed.components["cache"].parameters == KINDS["cache"].defaults()


def simple(**links: Document) -> Document:
    document = design({"clients": part("clients"), "one": part("server"), "two": part("server")}, [])
    document["links"] = {"in": link("clients", "one"), **links}
    return document


@pytest.mark.parametrize(
    ("document", "code", "where", "identifier"),
    [
        (simple(back=link("one", "two"), again=link("two", "one")), "endless_cycle", "component", "one"),
        (simple(self=link("one", "one")), "link_to_itself", "link", "self"),
        (simple(twice=link("clients", "one")), "doubled_link", "link", "twice"),
        (simple(wrong=link("one", "clients")), "no_port", "link", "wrong"),
        (simple(nobody=link("one", "ghost")), "link_end_missing", "link", "nobody"),
        (design({"server": part("server")}, []), "nothing_sends", "design", None),
        (design({"clients": part("clients")}, []), "nowhere_to_go", "component", "clients"),
        (design({"a b": part("note")}, []), "bad_identifier", "design", None),
        (replaced(GOOD, ("components", "cache", "kind"), "teapot"), "unknown_kind", "component", "cache"),
        (replaced(GOOD, ("components", "cache", "parameters"), {"colour": 1}), "unknown_parameter", "component", "cache"),
        (replaced(GOOD, ("version",), NEWEST + 1), "unknown_version", "design", None),
        (replaced(GOOD, ("version",), True), "unknown_version", "design", None),
        (replaced(GOOD, ("format",), "svg"), "not_a_design", "design", None),
        (replaced(GOOD, ("scenario",), "party"), "unknown_scenario", "design", None),
        (replaced(GOOD, ("seed",), -1), "wrong_shape", "design", None),
        (shop(faults=[kill("ghost", 1.0)]), "fault_target_missing", "scenario", "only"),
        (shop(faults=[kill("clients", 1.0)]), "fault_not_possible", "scenario", "only"),
        (shop(faults=[{"at_s": 1.0, "action": "slow"}]), "fault_not_for_traffic", "scenario", "only"),
        (shop(faults=[{"at_s": 1.0, "action": "explode", "component": "cache"}]), "unknown_action", "scenario", "only"),
        (shop(faults=[{"at_s": 1.0, "action": "slow", "link": "ghost"}]), "fault_target_missing", "scenario", "only"),
        (shop(faults=[{"at_s": 1.0, "action": "kill", "link": "clients-balancer"}]), "fault_not_possible", "scenario", "only"),
        (shop(faults=[{"at_s": 1.0, "action": "cut", "link": "clients-balancer", "component": "x"}]), "two_targets", "scenario", "only"),
        (replaced(GOOD, ("components", "cache", "inside"), "ghost"), "inside_missing", "component", "cache"),
        (replaced(GOOD, ("components", "cache", "inside"), "database"), "inside_no_place", "component", "cache"),
        (replaced(GOOD, ("components", "cache", "inside"), ["database"]), "wrong_shape", "component", "cache"),
        (replaced(GOOD, ("components", "lonely"), part("read_replica")), "orphan_replica", "component", "lonely"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_mistake_has_its_sentence(document: Document, code: str, where: str, identifier: str | None) -> None:
    named = [p for p in problems(document) if p.code == code]
    assert [(p.where, p.component) for p in named] == [(where, identifier)]


def test_a_replica_copies_one_database() -> None:
    document = copy.deepcopy(GOOD)
    document["components"]["second"] = part("sql_database")
    document["links"]["second-replica_1"] = link("second", "replica_1")
    assert only_problem(document).code == "two_primaries"


@pytest.mark.parametrize("what", ["components", "links", "scenarios"])
def test_too_many_of_anything(what: str) -> None:
    document = copy.deepcopy(GOOD)
    document[what] = {f"x{i}": {} for i in range(limit(what) + 1)}
    assert "too_many" in {problem.code for problem in problems(document)}


def test_too_many_keys_and_users_for_a_runs_memory() -> None:
    document = copy.deepcopy(GOOD)
    document["components"]["clients"]["parameters"]["keys"] = 1_000_000
    for number in range(60):
        document["components"][f"cache{number}"] = part("cache")
    assert only_problem(document).code == "store_too_large"
    crowd = part("clients", model="closed", users=600_000)
    two = design({"a": crowd, "b": crowd, "s": part("server")}, [link("a", "s"), link("b", "s")])
    assert only_problem(two).code == "too_many"


def test_hints_do_not_keep_it_from_running() -> None:
    document = design({"clients": part("clients"), "server": part("server"), "idle": part("server")}, [link("clients", "server")], 0.2)
    found = check(document)
    assert {(p.code, p.component) for p in found} == {("single_point", "server"), ("not_linked", "idle")}
    assert all(problem.severity == "hint" for problem in found)
    Run(document).advance()


@pytest.mark.parametrize(
    ("scenario", "seed"), [("ghost", 1), (["only"], 1), (3, 1), ("only", -1), ("only", 2**53), ("only", "1"), ("only", True)]
)
def test_a_run_refuses_wrong_scenarios_and_seeds(scenario: Any, seed: Any) -> None:
    with pytest.raises(DesignError):
        Run(GOOD, scenario, seed)
