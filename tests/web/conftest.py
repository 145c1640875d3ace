"""What the tests of the web half share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from playground.rates import BUCKETS
from playground.runs import engine
from tests.web.servers import Server


@pytest.fixture(autouse=True)
def fresh_rates() -> None:
    BUCKETS.clear()


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The small double in the engine's place, in this process."""
    before = engine.module_name()
    engine.replace("tests.web.fake_engine")
    yield
    engine.replace(before)


def a_design(**changes: Any) -> dict[str, Any]:
    """A design that the double runs."""
    return {
        "format": "architecture-playground",
        "version": 1,
        "name": "A design",
        "seed": 1,
        "components": {"web": {"kind": "server", "label": "Web", "x": 0, "y": 0, "parameters": {}}},
        "links": {},
        "scenarios": {"steady": {"title": "Steady", "duration_s": 60, "traffic": [], "faults": []}},
        "scenario": "steady",
        **changes,
    }


class Browser(Client):
    """Django's test client that posts JSON and reads it back."""

    def post_json(self, path: str, body: Any = None, **more: Any) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        return self.post(path, text, content_type="application/json", **more)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def stranger() -> Browser:
    return Browser()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real server, with the double as its engine, for all tests that do not need one of their own."""
    folder: Path = tmp_path_factory.mktemp("server")
    with Server(folder, RUNS_PER_VISITOR=20, RUNS_AT_ONCE=60) as running:
        yield running
