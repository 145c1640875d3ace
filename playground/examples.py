"""The designs that come with the project: the first page's, and the gallery. Opening one is a draft of the visitor's own."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as translate
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from playground.errors import not_found

FOLDER: Final[Path] = settings.BASE_DIR / "examples"
FIRST: Final = "three-tier"


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    """Each example's JSON by its name, in order."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.json"))}


def names() -> list[str]:
    return list(_texts())


def example(name: str) -> dict[str, Any]:
    """A design with its texts in the visitor's language."""
    if name not in _texts():
        raise not_found()
    design: dict[str, Any] = json.loads(_texts()[name])
    for holder, field in text_places(design):
        holder[field] = translate(holder[field])
    return design


def text_places(design: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Where a design holds texts that people read."""
    places = [(design, field) for field in ("name", "description", "try_this")]
    for part in design["components"].values():
        places += [(part, "label"), (part.get("parameters") or {}, "text")]
    places += [(scenario, "title") for scenario in design.get("scenarios", {}).values()]
    return [(holder, field) for holder, field in places if holder.get(field)]


@require_safe
@ensure_csrf_cookie
def gallery(request: HttpRequest) -> HttpResponse:
    cards = [{"name": name, "design": example(name), "parts": _parts(name)} for name in names()]
    return render(request, "playground/examples.html", {"cards": cards})


def _parts(name: str) -> int:
    """How many components there are, notes and places not counted."""
    design = json.loads(_texts()[name])
    return sum("width" not in part and "text" not in (part.get("parameters") or {}) for part in design["components"].values())
