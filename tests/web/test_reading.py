"""The gallery of examples and the page on what is modelled: in full, in both languages, without a script of their own."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from playground import examples, modelled
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.modelled import modelled_document
from tests.web.conftest import Browser
from tests.web.test_pages import Scripts, boot_of, policy_of

pytestmark = pytest.mark.django_db


class Words(HTMLParser):
    """What a reader sees, and the ids and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.rows = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        self.rows += tag == "tr"
        if known.get("id"):
            self.ids.append(str(known["id"]))
        if tag == "a":
            self.addresses.append(str(known["href"]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(browser: Browser, path: str, language: str = "en") -> Words:
    response = browser.get(path, headers={"accept-language": language})
    assert response.status_code == 200
    text = response.content.decode()
    assert f'<html lang="{language}">' in text
    assert " style=" not in text and not re.search(r"\son\w+=", text)
    assert "unsafe" not in policy_of(response)["script-src"]
    assert all(script.get("src") for script in Scripts(text).scripts), "no script in the page itself"
    return Words(text)


def parameters() -> int:
    return sum(parameter.in_kernel for kind in KINDS.values() for parameter in kind.parameters) + len(LINK.parameters)


@pytest.mark.parametrize("language", ["en", "bg"])
def test_every_parameter_stands_on_the_page(browser: Browser, language: str) -> None:
    page = read(browser, "/modelled/", language)
    tables = sum(bool([p for p in kind.parameters if p.in_kernel]) for kind in KINDS.values()) + 1
    assert page.rows == parameters() + tables
    assert {kind.kind for kind in KINDS.values()} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_what_happens_is_said_in_words(browser: Browser) -> None:
    page = read(browser, "/modelled/")
    assert "1 → 4 cores" in page.text and "Falls: Mean time to an answer" in page.text
    assert "Closed: users who wait and think" in page.text and "TPC-W uses a mean think time" in page.text
    assert "{" not in page.text


def test_words_inside_of_figures_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"{count}: {name}": "{count}: {name}", "Requests that arrive": "Дошли заявки", "Pages": "Страници", "off": "изключено"}
    monkeypatch.setattr(modelled, "translate", lambda text: known.get(text, text))
    assert modelled._figure({"title": "{count}: {name}", "words": {"count": "Requests that arrive", "name": "Pages"}, "at": None}) == (
        "Дошли заявки: Страници"
    )
    assert modelled._words(["off", "on"]) == "изключено, on"


def test_each_parameter_that_the_kernel_reads_has_an_effect() -> None:
    document = modelled_document()
    for part in [*(kind for group in document["groups"] for kind in group["kinds"]), document["link"]]:
        for parameter in part["parameters"]:
            assert parameter["effect"] is not None, (part["title"], parameter["name"])


def example_of(browser: Browser, name: str, **headers: str) -> dict[str, Any]:
    response = browser.get(f"/examples/{name}/", headers=headers)
    assert response.status_code == 200
    return boot_of(response.content.decode())


def test_the_gallery_shows_them_all(browser: Browser) -> None:
    page = read(browser, "/examples/")
    assert len(examples.names()) >= 2
    for name in examples.names():
        assert f"/examples/{name}/" in page.addresses
        design = json.loads((examples.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        for field in ("name", "description", "try_this"):
            assert " ".join(design[field].split()) in page.text, (name, field)


@pytest.mark.parametrize("name", examples.names())
def test_opening_one_is_a_draft_of_ones_own(browser: Browser, name: str) -> None:
    boot = example_of(browser, name)
    assert boot["design"] == json.loads((examples.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert (boot["access"], boot["token"], boot["revision"]) == ("new", None, None)
    assert boot["draft"] != boot_of(browser.get("/").content.decode())["draft"]
    saved = browser.post_json("/api/designs/", {"design": boot["design"]})
    assert saved.status_code == 201


@pytest.mark.parametrize("name", ["nothing", "..%2Fmanage", "a" * 300])
def test_there_is_nothing_else(browser: Browser, name: str) -> None:
    assert browser.get(f"/examples/{name}/").status_code == 404


def test_texts_of_examples_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "translate", lambda text: f"<{text}>")
    design = examples.example(examples.FIRST)
    assert design["name"].startswith("<") and all(part["label"].startswith("<") for part in design["components"].values())
    assert all(scenario["title"].startswith("<") for scenario in design["scenarios"].values())
