"""Finds every text that people read and brings the .po files up to date, with Babel alone.

Domain `django`: our Python, the templates, the engine's sentences and the examples.
Domain `djangojs`: the browser's modules, where `t("…")` marks a text.
"""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LANGUAGES = ("bg",)
PYTHON_WORDS: dict[str, Any] = {"_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "N_": None}
PYTHON_WORDS |= {"ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
BROWSER_WORDS = {"t": None}

Found = tuple[str, Any]


def django_texts() -> Iterator[Found]:
    """Where it stands, and the text."""
    for folder in ("playground", "sim_engine"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            yield from texts_in(path, path.read_bytes(), extract_python, PYTHON_WORDS)
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        as_python = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        without_indent = "\n".join(line.lstrip() for line in as_python.splitlines())  # a template's means nothing to Python
        yield from texts_in(path, without_indent.encode(), extract_python, PYTHON_WORDS)
    yield from catalogue_texts()
    yield from example_texts()


def browser_texts() -> Iterator[Found]:
    for path in sorted((settings.BASE_DIR / "static" / "app").rglob("*.js")):
        yield from texts_in(path, path.read_bytes(), extract_javascript, BROWSER_WORDS)


# Texts stand in template literals too
OPTIONS = {"encoding": "utf-8", "parse_template_string": True}


def texts_in(path: Path, source: bytes, extractor: Any, words: dict[str, Any]) -> Iterator[Found]:
    place = path.relative_to(settings.BASE_DIR).as_posix()
    for _line, word, text, _comments in extractor(io.BytesIO(source), list(words), [], OPTIONS):
        chosen = text[0] if isinstance(text, tuple) and word in ("_", "t", "gettext") else text
        if isinstance(chosen, tuple):
            chosen = tuple(form for form in chosen if form is not None)  # the count itself is no text
        if chosen:
            yield place, chosen


def catalogue_texts() -> Iterator[Found]:
    from playground.runs.engine import engine
    from playground.texts import sentences

    for text in sorted(sentences(engine().catalogue_document())):
        yield "sim_engine/catalogue", text


def example_texts() -> Iterator[Found]:
    from playground.examples import FOLDER, text_places

    for path in sorted(FOLDER.glob("*.json")):
        place = path.relative_to(settings.BASE_DIR).as_posix()
        for holder, field in text_places(json.loads(path.read_text(encoding="utf-8"))):
            yield place, holder[field]


def template_of(found: Iterator[Found]) -> Catalog:
    catalogue = Catalog(project="Architecture Playground", charset="utf-8")
    for place, text in found:
        # Files without lines: a moved line is no news for a translator.
        catalogue.add(text, locations=[(place, 0)])
    return catalogue


def path_of(domain: str, language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"{domain}.po"


def stored(domain: str, language: str) -> Catalog:
    path = path_of(domain, language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def updated(domain: str, language: str) -> Catalog:
    """The stored catalogue with new texts added (untranslated) and vanished ones dropped."""
    catalogue = stored(domain, language)
    template = template_of(django_texts() if domain == "django" else browser_texts())
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    # Babel would not compile a catalogue that is marked as fuzzy as a whole.
    catalogue.fuzzy = False
    catalogue.header_comment = "# Architecture Playground: made by `make translations`, translated by hand."
    catalogue.project, catalogue.version = "Architecture Playground", "1"
    catalogue.msgid_bugs_address, catalogue.last_translator, catalogue.language_team = "", "", ""
    # A fixed date: a file changes when its texts do.
    catalogue.revision_date = catalogue.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalogue


def as_text(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, sort_output=True, ignore_obsolete=True, omit_header=False, include_lineno=False)
    return buffer.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Texts without a translation."""
    return [str(message.id) for message in catalogue if message.id and not all_strings(message.string)]


def all_strings(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)
