"""Serves the engine's catalogue in the visitor's language, once for each language, with an ETag."""

import hashlib
import json
from functools import lru_cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from playground.limits import TABLE
from playground.runs.engine import engine
from playground.texts import translated


@lru_cache(maxsize=8)
def catalogue_text(language: str) -> tuple[str, str]:
    """The document as text and its ETag."""
    text = json.dumps(translated(engine().catalogue_document()), ensure_ascii=False, separators=(",", ":"))
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    text, tag = catalogue_text(get_language() or "en")
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(text, content_type="application/json")
    response["ETag"] = tag
    # Asked again each time, since the language may have been switched; answered 304 when nothing changed.
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    web = {entry.name: {"value": entry.value, "unit": entry.unit, "reason": entry.reason} for entry in TABLE}
    return JsonResponse({"web": web, "engine": engine().catalogue_document()["limits"]})
