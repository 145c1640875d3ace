"""Every text has its place in the .po files, and every text of ours its Bulgarian."""

import re
from string import Formatter

import pytest
from babel.messages.pofile import read_po

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
    with extraction.path_of(domain, "bg").open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if message.id and message.string:
            assert places(str(message.string)) == places(str(message.id)), message.id


def places(text: str) -> set[str]:
    named = set(re.findall(r"%\(\w+\)[sd]", text))
    try:
        return named | {field for _text, field, _format, _conversion in Formatter().parse(text) if field}
    except ValueError:
        return named


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
    assert translated["messages"] == {"Stop": "Спиране"}
    assert texts.sentences(document) == {"Save", "Run", "Stop"}
