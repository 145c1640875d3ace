"""Mends: what is proposed, and that the design is better for it; rules: what each link is said to mean."""

import ast
import copy
import re
from typing import Any

import pytest

from sim_engine import Run, check, wiring_rules
from sim_engine.catalogue.rules import RULES
from sim_engine.components.link import LINK
from sim_engine.experiments import EXPERIMENTS
from sim_engine.messages import MENDS, Problem
from tests.engine.support import Document, design, link, part, shop
from tests.engine.test_design_document import GOOD, replaced, simple
from tests.engine.test_messages import ENGINE, strings_in


def mended(document: Document, problem: Problem) -> Document:
    """The document with what a problem proposes laid over it, as the page does it."""
    assert problem.mend is not None, problem.text
    changed = copy.deepcopy(document)
    for section, entries in problem.mend.edit.items():
        for identifier, patch in entries.items():
            if patch is None:
                del changed[section][identifier]
                continue
            former = changed[section].get(identifier, {})
            parameters = {**former.get("parameters", {}), **patch.get("parameters", {})}
            changed[section][identifier] = {**former, **patch, "parameters": parameters}
    return changed


def found(document: Document, code: str) -> Problem:
    return next(problem for problem in check(document) if problem.code == code)


def without_links(document: Document, *ids: str) -> Document:
    changed = copy.deepcopy(document)
    for link_id in ids:
        del changed["links"][link_id]
    return changed


def direct(*servers: str, instances: int = 1, **clients: Any) -> Document:
    parts = {"clients": part("clients", **clients)} | {name: part("server", instances=instances) for name in servers}
    return design(parts, [link("clients", name) for name in servers], 1.0)


def named(*more: Document) -> Document:
    """Clients that ask a DNS and are linked to the server as well."""
    parts = {"clients": part("clients"), "dns": part("dns"), "server": part("server"), "other": part("server")}
    return design(parts, [link("clients", "dns"), link("clients", "server"), link("dns", "other"), *more], 1.0)


CHAIN = shop(1.0)
STRAIGHT = {"c": part("clients"), "s": part("server", instances=2), "d": part("sql_database")}
UNCACHED = without_links(CHAIN, "server_1-cache", "server_2-cache")
del UNCACHED["components"]["cache"]


def in_a_region(**server: Any) -> Document:
    parts = {"home": part("region"), "zone": part("zone") | {"inside": "home"}, "clients": part("clients")}
    return design({**parts, "server": part("server", **server) | {"inside": "home"}}, [link("clients", "server")])


CASES: list[tuple[str, Document]] = [
    ("endless_cycle", simple(back=link("one", "two"), again=link("two", "one"))),
    ("link_to_itself", simple(self=link("one", "one"), onward=link("one", "two"))),
    ("doubled_link", simple(twice=link("clients", "one"))),
    ("no_port", simple(wrong=link("one", "clients"))),
    ("link_end_missing", simple(nobody=link("one", "ghost"))),
    ("nothing_sends", design({"server": part("server")}, [])),
    ("nowhere_to_go", design({"clients": part("clients"), "server": part("server")}, [])),
    ("nowhere_to_go", design({"clients": part("clients")}, [])),
    ("orphan_replica", without_links(CHAIN, "database-replica_1")),
    ("not_linked", without_links(CHAIN, "clients-balancer") | {"links": without_links(CHAIN, "balancer-server_1")["links"]}),
    ("inside_missing", replaced(GOOD, ("components", "cache", "inside"), "ghost")),
    ("inside_no_place", replaced(GOOD, ("components", "cache", "inside"), "database")),
    ("unknown_kind", replaced(GOOD, ("components", "lonely"), {"kind": "teapot", "parameters": {}})),
    ("out_of_bounds", replaced(GOOD, ("components", "cache", "parameters"), {"threads": 0})),
    ("out_of_bounds", replaced(GOOD, ("links", "clients-balancer", "parameters"), {"loss_ratio": 2})),
    ("not_a_number", replaced(GOOD, ("links", "clients-balancer", "parameters"), {"loss_ratio": "2"})),
    ("not_an_integer", replaced(GOOD, ("components", "cache", "parameters"), {"threads": 1.5})),
    ("not_a_choice", replaced(GOOD, ("components", "clients", "parameters"), {"model": "ajar"})),
    ("not_a_boolean", replaced(GOOD, ("components", "clients", "parameters"), {"backoff_jitter": 1})),
    ("not_a_set", replaced(GOOD, ("links", "clients-balancer", "parameters"), {"classes": "all"})),
    ("single_point", CHAIN),
    ("single_point", design(STRAIGHT, [link("c", "s"), link("s", "d")], 1.0)),
    ("no_balancer", direct("one", "two")),
    ("no_balancer", direct("one", instances=3)),
    ("no_cache", UNCACHED),
    ("in_no_zone", in_a_region(instances=2)),
    ("retries_multiply", design(STRAIGHT, [link("c", "s", retries=2), link("s", "d", retries=1)])),
    ("link_bypassed", named(link("dns", "server"))),
    ("link_bypassed", named()),
    ("retries_multiply", replaced(direct("one", retries=3), ("links", "clients-one", "parameters", "retries"), 2)),
]  # fmt: skip


def two_primaries() -> Document:
    document = copy.deepcopy(GOOD)
    document["components"]["second"] = part("sql_database")
    document["links"]["second-replica_1"] = link("second", "replica_1")
    return document


ALL = [*CASES, ("two_primaries", two_primaries())]


@pytest.mark.parametrize(("code", "document"), ALL, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_proposed_makes_it_go_away(code: str, document: Document) -> None:
    before = check(document)
    problem = found(document, code)
    after = check(mended(document, problem))
    assert (code, problem.component, problem.field) not in {(p.code, p.component, p.field) for p in after}
    assert sum(p.severity == "problem" for p in after) <= sum(p.severity == "problem" for p in before)
    shown = problem.document()["mend"]
    assert shown["text"] and "{" not in shown["text"] and "  " not in shown["text"]
    assert set(re.findall(r"\{(\w+)\}", MENDS[shown["title_code"]])) <= shown["arguments"].keys()


@pytest.mark.parametrize(("code", "document"), [case for case in CASES if case[0] in ("single_point", "no_balancer", "no_cache")])
def test_what_a_hint_proposes_runs(code: str, document: Document) -> None:
    run = Run(mended(document, found(document, code)))
    for _ in range(3):
        run.advance()
    assert run.limit is None


def test_a_new_part_stands_beside_and_in_the_same_place() -> None:
    document = direct("one", "two")
    document["components"]["one"] |= {"x": 500, "y": 100}
    document["components"]["two"] |= {"x": 500, "y": 300}
    edit = found(document, "no_balancer").document()["mend"]["edit"]
    ((identifier, added),) = edit["components"].items()
    assert (added["x"], added["y"], added["inside"]) == (250, 200, None)
    assert edit["links"] | {"clients-one": None, "clients-two": None} == edit["links"]
    kept = {(entry["from"], entry["to"]) for entry in edit["links"].values() if entry}
    assert kept == {("clients", identifier), (identifier, "one"), (identifier, "two")}


def test_all_mends_are_tried() -> None:
    proposed = {found(document, code).document()["mend"]["title_code"] for code, document in ALL}
    assert MENDS.keys() - proposed <= {"mend_put_between", "mend_delete_component"} | proposed
    odd = replaced(simple(), ("links", "straight"), link("clients", "store"))
    odd["components"]["store"] = part("sql_database")
    problem = found(odd, "no_port")
    assert problem.mend is not None and problem.mend.code == "mend_put_between"
    assert not [p for p in check(mended(odd, problem)) if p.severity == "problem"]


# -- rules
def rule(document: Document, link_id: str) -> str:
    return str(wiring_rules(document)[link_id]["code"])


def test_every_link_of_every_experiment_has_a_rule() -> None:
    for experiment in EXPERIMENTS:
        for link_id, said in wiring_rules(experiment.design).items():
            assert said["text"].endswith(".") and "{" not in said["text"], link_id
            assert set(re.findall(r"\{(\w+)\}", RULES[said["code"]])) <= said["arguments"].keys()
        assert wiring_rules(experiment.design).keys() == experiment.design["links"].keys()


def test_the_wiring_of_a_shop() -> None:
    assert rule(CHAIN, "clients-balancer") == "rule_sends_all"
    assert rule(CHAIN, "balancer-server_1") == "rule_balances"
    assert rule(CHAIN, "server_1-cache") == "rule_cache_aside"
    assert rule(CHAIN, "server_1-database") == "rule_database_behind_cache"
    assert rule(CHAIN, "database-replica_1") == "rule_replicates_later"
    assert rule(shop(database={"replication": "synchronous"}), "database-replica_1") == "rule_replicates_at_once"
    assert rule(UNCACHED, "server_1-database") == "rule_database"
    assert rule(direct("one", "two"), "clients-one") == "rule_sends_some"
    assert rule(without_links(CHAIN, "server_1-database"), "server_1-cache") == "rule_cache_alone"


@pytest.mark.parametrize("when", [choice.value for choice in LINK.parameter("when").choices])
@pytest.mark.parametrize("target", ["cache", "database", "service"])
def test_a_links_own_rule_is_said(when: str, target: str) -> None:
    kinds = {"cache": "cache", "database": "sql_database", "service": "server"}
    parts = {"clients": part("clients"), "server": part("server")} | {name: part(kind) for name, kind in kinds.items()}
    links = [link("clients", "server"), *(link("server", name) for name in kinds)]
    document = design(parts, links)
    usual = wiring_rules(document)[f"server-{target}"]
    document["links"][f"server-{target}"]["parameters"]["when"] = when
    said = wiring_rules(document)[f"server-{target}"]
    assert said["code"] in RULES and (said == usual) == (when == "auto" or (when, target) == ("always", "service"))


def test_exceptions_are_said() -> None:
    document = direct("one")
    document["links"]["clients-one"]["parameters"] |= {"share": 0.25, "asynchronous": True, "classes": ["upload", "read"]}
    said = wiring_rules(document)["clients-one"]
    assert [also["code"] for also in said["also"]] == ["rule_without_waiting", "rule_share", "rule_classes"]
    assert "25 %" in said["text"] and "Reads, Uploads" in said["text"]
    assert said["also"][2]["arguments"]["classes"] == ["Reads", "Uploads"]


@pytest.mark.parametrize("value", [None, 5, [], {}, {"links": 3}, simple(wrong=link("one", "clients"))])
def test_any_json_value_has_rules_or_none(value: Any) -> None:
    assert wiring_rules(value).keys() <= {"in"}


def test_every_sentence_of_a_rule_is_said_by_somebody() -> None:
    texts = [path for path in ENGINE.rglob("*.py") if path != ENGINE / "catalogue" / "rules.py"]
    said = set().union(*(strings_in(ast.parse(path.read_text())) for path in texts))
    assert RULES.keys() <= said and MENDS.keys() <= said
