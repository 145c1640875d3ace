"""The public page "What is modelled": the engine's experiments in the visitor's language."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as translate
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from playground.runs.engine import engine, module_name
from playground.texts import translated


@lru_cache(maxsize=8)
def document(_language: str, _module: str) -> dict[str, Any]:
    """What the template draws, once for each language and engine."""
    found: dict[str, Any] = translated(engine().modelled_document())
    for part in [*(kind for group in found["groups"] for kind in group["kinds"]), found["link"]]:
        for parameter in part["parameters"]:
            _finish(parameter)
    return found


def _finish(parameter: dict[str, Any]) -> None:
    """Puts into words what the engine gives in parts."""
    parameter["section"] = translate(parameter["section"]) if parameter["section"] else ""
    parameter["default"] = _words(parameter["default"])
    effect = parameter["effect"]
    if effect is not None:
        effect |= {"from": _words(effect["from"]), "to": _words(effect["to"]), "figure": _figure(effect["figure"])}


def _words(texts: list[str]) -> str:
    return ", ".join(translate(text) for text in texts)


def _figure(figure: dict[str, Any]) -> str:
    words = {name: translate(word) for name, word in figure["words"].items()}
    text = str(figure["title"]).format(**words)
    return text if figure["at"] is None else f"{text} ({translate(figure['at'])})"


@require_safe
@ensure_csrf_cookie
def modelled(request: HttpRequest) -> HttpResponse:
    return render(request, "playground/modelled.html", {"document": document(get_language() or "en", module_name())})
