"""House rules as tests: the engine knows no host, nothing but a kind's own file names it, and every kind is complete."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import lucide
import pytest

from sim_engine import Run, catalogue_document
from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.catalogue.classes import CLASS_NAMES
from sim_engine.catalogue.component import Component
from sim_engine.components import GROUPS, KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import value_problem
from tests.engine.support import Document, go, play

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "sim_engine"
HOSTS = {"django", "channels", "playground", "daphne", "distributed", "dask", "twisted", "asgiref"}
PINNED = [
    "clients", "mobile_clients", "dns", "cdn", "load_balancer", "api_gateway", "server", "autoscaler", "sql_database", "read_replica",
    "cache", "document_database", "shard_router", "wide_column", "key_value", "key_value_replica", "object_storage", "message_queue",
    "topic", "event_log", "worker", "scheduler", "pipeline", "region", "zone", "note",
]  # fmt: skip
UNITS = {
    "",
    "ms",
    "s",
    "requests/s",
    "requests",
    "messages",
    "messages/s",
    "pages/s",
    "users",
    "cores",
    "ratio",
    "Mbit/s",
    "kB",
    "MB",
    "GB",
    "keys",
    "connections",
    "workers",
    "instances",
    "MB/s",
    "USD/h",
    "USD/million requests",
    "USD/GB",
    "USD/GB/month",
}
FORMS = {"rate", "level", "share", "count", "gauge"}
RUNNING = [kind for kind in KINDS.values() if kind.runs]
EVERYTHING: Document = json.loads((ROOT / "examples" / "every-part.json").read_text())
EVERYTHING["scenarios"]["steady"]["duration_s"] = 3.0


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_engine_imports_no_host() -> None:
    for path in ENGINE.rglob("*.py"):
        assert imported(path).isdisjoint(HOSTS), path


def test_nor_does_what_it_imports() -> None:
    code = f"import sys, sim_engine; sys.exit(', '.join(sorted({HOSTS!r} & {{n.split('.')[0] for n in sys.modules}})) or None)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_no_global_random_numbers() -> None:
    for path in ENGINE.rglob("*.py"):
        assert "random" not in imported(path), path
        assert not re.search(r"\bnp\.random\.(?!default_rng\(\[)", path.read_text()), path


def test_no_kind_vanishes() -> None:
    assert list(KINDS) == PINNED


def sources_of_others() -> list[Path]:
    found = [*(ROOT / "static/app").rglob("*.js"), *(ROOT / "templates").rglob("*.html"), *(ROOT / "playground").rglob("*.py")]
    inside = [p for p in ENGINE.rglob("*.py") if p.parent.name not in ("components", "experiments") and p.name != "warming.py"]
    return [path for path in [*found, *inside] if "/tests/" not in str(path)]


def test_nothing_else_names_a_kind() -> None:
    """Everyday words like "cache" are looked for only where they are compared with a kind."""
    telling = "|".join(kind for kind in KINDS if "_" in kind)
    any_kind = "|".join(KINDS)
    pattern = re.compile(rf"""["'`](?:{telling})["'`]|kind\w*["'\])]?\s*(?:[!=]==?|in|:)\s*[(\[{{]?\s*["'](?:{any_kind})["']""")
    for path in sources_of_others():
        assert not pattern.search(path.read_text()), path


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_texts_group_and_icon(kind: type[Component]) -> None:
    assert kind.title and kind.summary.endswith(".") and kind.group in GROUPS
    assert kind.left_out.endswith(".") or not kind.runs
    assert lucide._load_icon(kind.icon) is not None  # raises IconDoesNotExist
    for port in kind.ports:
        assert port.title
    for metric in kind.metrics:
        assert metric.title and metric.form in FORMS and metric.unit in UNITS, metric.name


PARAMETERS = [(kind.kind, p) for kind in KINDS.values() for p in kind.parameters] + [("link", p) for p in LINK.parameters]
PARAMETERS += [(action.name, p) for action in ACTIONS.values() for p in action.parameters]


@pytest.mark.parametrize(("kind", "parameter"), PARAMETERS, ids=lambda value: getattr(value, "name", value))
def test_parameters_are_declared_in_full(kind: str, parameter: Any) -> None:
    assert parameter.title and parameter.help.endswith(".") and parameter.unit in UNITS
    assert value_problem(parameter, parameter.default, "component", "x", "X") is None
    assert parameter.clean(parameter.default) == parameter.default
    assert (parameter.type in ("choice", "set")) == bool(parameter.choices)
    assert len({choice.value for choice in parameter.choices}) == len(parameter.choices)
    if parameter.type in ("number", "integer"):
        assert parameter.minimum is not None and parameter.maximum is not None and parameter.minimum < parameter.maximum
    if parameter.in_kernel:
        assert parameter.source, "say where the default comes from, or that it is not calibrated"


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_conditions_name_parameters_and_values_that_exist(kind: type[Component]) -> None:
    declared = {p.name: p for p in kind.parameters}
    assert len(declared) == len(kind.parameters)
    for parameter in kind.parameters:
        if parameter.when is not None:
            asked = declared[parameter.when.parameter]
            for value in parameter.when.values:
                assert value_problem(asked, value, "component", "x", "X") is None
    for name, _code in kind.problems(kind.defaults()):
        pytest.fail(f"the defaults are no design: {name}")


@pytest.mark.parametrize("kind", RUNNING, ids=lambda kind: kind.kind)
def test_metrics_are_those_that_are_measured(kind: type[Component]) -> None:
    """And the card's figure, bar and ticks are among them."""
    run = play(EVERYTHING)
    for identifier, report in run.summary()["components"].items():
        if run.world.instances[identifier].component is kind:
            declared = {metric.name for metric in kind.metrics}
            assert declared <= report["metrics"].keys()
            assert report["metrics"].keys() - declared <= {"bottleneck"}
            assert {kind.headline, kind.bar, kind.queue} - {None} <= declared


@pytest.mark.parametrize("kind", RUNNING, ids=lambda kind: kind.kind)
def test_a_frame_has_the_catalogues_metrics(kind: type[Component]) -> None:
    run = Run(EVERYTHING)
    frame = go(run, 1.0)[-1]
    for identifier, shown in frame["components"].items():
        if run.world.instances[identifier].component is kind:
            for metric in kind.metrics:
                value = shown["metrics"][metric.name]
                assert value is None or isinstance(value, int | float), metric.name
                if metric.unit == "ratio" and value is not None:
                    assert 0.0 <= value <= 1.0 + 1e-9, metric.name


def test_the_document_is_plain_json_and_complete() -> None:
    document = json.loads(json.dumps(catalogue_document()))
    assert [kind["kind"] for kind in document["kinds"]] == PINNED
    assert {group["name"] for group in document["groups"]} == set(GROUPS)
    assert all(len({c[key] for c in document["causes"]}) == len(document["causes"]) for key in ("name", "title"))
    assert {p["name"] for p in document["link"]["parameters"]} == {p.name for p in LINK.parameters}
    shape = {
        "name", "title", "type", "unit", "default", "minimum", "maximum", "choices", "advanced", "help", "source", "when", "live",
        "section",
    }  # fmt: skip
    for declaring in [*document["kinds"], *document["actions"], document["link"]]:
        assert all(parameter.keys() == shape for parameter in declaring["parameters"])


def test_actions_are_declared_in_full_and_done_to_something_that_exists() -> None:
    document = catalogue_document()
    declared = {action["name"]: action for action in document["actions"]}
    assert list(declared) == list(ACTIONS)
    for action in declared.values():
        assert action["title"] and action["help"].endswith(".") and action["group"] in ("fault", "operation")
    for taker in [*document["kinds"], document["link"], document["traffic"]]:
        assert len(set(taker["actions"])) == len(taker["actions"]) and declared.keys() >= set(taker["actions"])
    assert set(TRAFFIC_ACTIONS) == set(document["traffic"]["actions"])
    for kind in KINDS.values():
        assert ("kill" in kind.actions) == ("restore" in kind.actions), kind.kind


def test_classes_of_traffic_have_names_and_titles() -> None:
    classes = catalogue_document()["classes"]
    assert [known["name"] for known in classes] == list(CLASS_NAMES)
    assert len({known["title"] for known in classes}) == len(classes)


def test_one_example_has_every_kind_that_runs() -> None:
    assert {kind.kind for kind in RUNNING} <= {part["kind"] for part in EVERYTHING["components"].values()}
