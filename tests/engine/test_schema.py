"""The published JSON Schema is the generated one, and agrees with check() on what a document may look like."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sim_engine.design.document import parse
from sim_engine.design.schema import schema_document
from tests.engine.support import Document, kill, part, shop

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Draft202012Validator(schema_document())
# what check() finds by looking at two places at once, which no schema can say
NOT_STRUCTURAL = {"link_end_missing", "unknown_scenario"}

SMALL = shop(faults=[kill("cache", 1.0, for_s=None)])
SMALL["components"]["hint"] = part("note", text="Try this")
PATHS: list[tuple[str, ...]] = [
    ("name",), ("description",), ("seed",), ("scenario",), ("version",), ("format",), ("components",), ("links",), ("scenarios",),
    ("components", "cache"), ("components", "cache", "kind"), ("components", "cache", "label"), ("components", "cache", "x"),
    ("components", "cache", "inside"),
    ("components", "cache", "parameters", "capacity_keys"), ("components", "cache", "parameters", "ttl_s"),
    ("components", "clients", "parameters", "model"), ("components", "clients", "parameters", "backoff_jitter"),
    ("components", "clients", "parameters", "unheard_of"), ("components", "hint", "parameters", "text"),
    ("links", "clients-balancer", "from"), ("links", "clients-balancer", "parameters", "loss_ratio"),
    ("scenarios", "only", "duration_s"), ("scenarios", "only", "title"), ("scenarios", "only", "traffic"), ("scenarios", "only", "faults"),
]  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([-0.5, 0.3, 1.5]), st.just(10**7), st.just(2**60),
    st.sampled_from(["", "open", "lru", "server", "x" * 90, "only"]), st.lists(st.integers(), max_size=2), st.just({}),
    st.just([{"at_s": 1, "multiplier": 2}]), st.just([{"at_s": -1, "multiplier": 2}]), st.just([{"at_s": 1}]),
    st.sampled_from([[{"at_s": 1, "action": "kill"} | more] for more in (
        {}, {"component": None}, {"component": "cache", "link": "l"}, {"component": "cache", "link": None}, {"component": 5},
        {"arguments": {"mode": "machine"}}, {"arguments": {"factor": 2}}, {"arguments": []}, {"arguments": None}, {"for_s": -1},
        {"action": "slow", "arguments": {"factor": 2}}, {"action": "slow", "arguments": {"factor": 0}}, {"action": None},
        {"action": "partition", "arguments": {"other": "a b"}}, {"action": "partition", "arguments": {"other": "cache"}},
    )]),
    st.just([{"at_s": 1, "component": "cache", "action": "kill"}]), st.just([{"at_s": 1, "component": "cache", "action": "explode"}]),
)  # fmt: skip


def replaced(path: tuple[str, ...], value: Any) -> Document:
    document = copy.deepcopy(SMALL)
    inside = document
    for name in path[:-1]:
        inside = inside.setdefault(name, {})
    inside[path[-1]] = value
    return document


def is_accepted(document: Any) -> bool:
    _, problems = parse(document)
    return not [problem for problem in problems if problem.code not in NOT_STRUCTURAL]


def test_the_published_one_is_the_generated_one() -> None:
    published = json.loads((ROOT / "sim_engine/design/schema.json").read_text())
    assert published == schema_document(), "run `python -m sim_engine schema > sim_engine/design/schema.json`"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema_document())


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.json")), ids=lambda path: path.stem)
def test_examples_fit_it(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(path.read_text()))) == []


@settings(derandomize=True, max_examples=600, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_schema_and_check_agree(path: tuple[str, ...], value: Any) -> None:
    document = replaced(path, value)
    errors = [error.message for error in VALIDATOR.iter_errors(document)]
    _, problems = parse(document)
    if errors:
        older = document.get("version") == 1  # brought up to date before it is read
        assert problems or older, errors
    else:
        assert is_accepted(document), [problem.text for problem in problems]


def test_it_knows_every_limit_and_refuses_strangers() -> None:
    assert not VALIDATOR.is_valid([])
    assert not VALIDATOR.is_valid({})
    assert not VALIDATOR.is_valid(replaced(("components", "no spaces"), part("note")))
    assert not VALIDATOR.is_valid(replaced(("components", "x" * 65), part("note")))
