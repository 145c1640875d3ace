"""Every text has its place in the .po files, and every text of ours its Bulgarian."""

import re
from typing import Any

import pytest

from playground import extraction, texts

DOMAINS = ("django", "djangojs")


@pytest.mark.parametrize("domain", DOMAINS)
def test_stored_texts_are_those_of_the_sources(domain: str) -> None:
    """`make translations` was run after the last change of a text."""
    stored = {str(message.id) for message in extraction.stored(domain, "bg") if message.id}
    assert stored == {str(message.id) for message in extraction.updated(domain, "bg") if message.id}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_translated(domain: str) -> None:
    assert extraction.missing(extraction.stored(domain, "bg")) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_keep_their_places(domain: str) -> None:
    """A translation that lost `%(count)d` or `{label}` would raise or say nothing."""
    for message in extraction.stored(domain, "bg"):
        for text in forms(message.string) if message.id else []:
            assert places(text) in [places(original) for original in forms(message.id)], message.id


def forms(texts: Any) -> list[str]:
    """A text and its plural forms."""
    return [text for text in (texts if isinstance(texts, tuple | list) else [texts]) if text]


def places(text: str) -> list[str]:
    """What `%` or `{…}` puts in, as often as it stands there; a doubled `%` too, for it is one in the end."""
    return sorted(re.findall(r"%%|%\(\w+\)[a-z]|\{\w+\}", text))


def test_catalogue_is_translated_but_its_names_are_not() -> None:
    document = {
        "kinds": [{"kind": "server", "title": "Save", "parameters": [{"name": "Run", "title": "Run", "unit": "Run"}]}],
        "messages": {"Stop": "Stop"},
    }
    from django.utils import translation

    with translation.override("bg"):
        translated = texts.translated(document)
    kind = translated["kinds"][0]
    assert (kind["kind"], kind["title"]) == ("server", "Запазване")
    assert (kind["parameters"][0]["name"], kind["parameters"][0]["unit"]) == ("Run", "Run")
    assert translated["messages"] == {"Stop": "Стоп"}
    assert texts.sentences(document) == {"Save", "Run", "Stop"}
