"""What the engine says about designs and commands, in the viewer's language."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from playground.designs import check
from playground.designs.check import in_language
from playground.runs.actor import refusal, refused_by_engine
from sim_engine import DesignError, Problem
from tests.web.conftest import Browser


def test_a_refused_command_is_said_in_the_viewers_language() -> None:
    error = refused_by_engine(DesignError([Problem("already", "component", "db", "action", (("label", "Database"), ("value", "down")))]))
    english, bulgarian = (in_language(error["error"], language) for language in ("en", "bg"))
    assert english["text"] == english["problems"][0]["text"] == "Database is down already."
    assert bulgarian["text"] == bulgarian["problems"][0]["text"] != english["text"] and "Database" in bulgarian["text"]
    assert english["code"] == bulgarian["code"]


def test_and_so_are_our_own_sentences() -> None:
    ours = refusal("unknown", "Unknown command.")["error"]
    assert in_language(ours, "en")["text"] == "Unknown command." != in_language(ours, "bg")["text"]
    assert "problems" not in in_language(ours, "en")


def shop() -> Any:
    return json.loads((Path(__file__).parents[2] / "examples" / "three-tier.json").read_text(encoding="utf-8"))


def test_rules_and_mends_are_part_of_a_check(browser: Browser) -> None:
    answer = browser.post_json("/api/check/", {"design": shop()}).json()
    assert answer["rules"].keys() == shop()["links"].keys()
    assert answer["rules"]["server-1-cache"]["text"].startswith("Reads ask Cache first.")
    mend = next(hint for hint in answer["hints"] if hint["code"] == "single_point")["mend"]
    assert mend["text"] == "Run two of them" and mend["edit"] == {"components": {"balancer": {"parameters": {"instances": 2}}}}
    assert browser.post_json("/api/check/", {"design": 5}).json()["rules"] == {}


def test_rules_and_mends_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of the catalogue in them too, the user's own words not."""
    known = {
        "{target} gets its part of the requests. Policy: {policy}.": "{target} получава своя дял. Правило: {policy}.",
        "Round robin": "Подред", "Only these classes: {classes}.": "Само: {classes}.", "Reads": "Четения", "Uploads": "Качвания",
        "Put a load balancer in front": "Сложете балансьор отпред", "Load balancer": "Балансьор",
    }  # fmt: skip
    monkeypatch.setattr(check, "translate", lambda text: known.get(text, text))
    design = shop()
    design["components"]["server-1"]["label"] = "Reads"
    design["links"]["balancer-server-1"]["parameters"]["classes"] = ["read", "upload"]
    with override("bg"):
        assert check.rules(design)["balancer-server-1"]["text"] == "Reads получава своя дял. Правило: Подред. Само: Четения, Качвания."
        clients = {"clients": {"kind": "clients"}, "a": {"kind": "server"}, "b": {"kind": "server"}}
        links = {end: {"from": "clients", "to": end} for end in ("a", "b")}
        _problems, hints = check.findings({**design, "components": clients, "links": links, "scenarios": {}, "scenario": None})
    mend = next(hint for hint in hints if hint["code"] == "no_balancer")["mend"]
    assert mend["text"] == "Сложете балансьор отпред"
    assert [part["label"] for part in mend["edit"]["components"].values()] == ["Балансьор"]
