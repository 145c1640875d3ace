"""The page: with the first design, with one of the gallery, or with a saved design by its secret."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from playground import policy, texts
from playground.charts import figures
from playground.designs import store
from playground.examples import FIRST, example
from playground.policy import Access
from playground.runs.engine import engine
from playground.texts import translated
from playground.visitors import address_of

UNSAVED: Final = {"revision": None, "access": "new", "token": None}


@require_safe
@ensure_csrf_cookie
def index(request: HttpRequest) -> HttpResponse:
    return page(request, {**UNSAVED, "design": example(FIRST), "draft": "new"})


@require_safe
@ensure_csrf_cookie
def open_example(request: HttpRequest, name: str) -> HttpResponse:
    """A design of the gallery, as a draft that the visitor may change, run and save."""
    return page(request, {**UNSAVED, "design": example(name), "draft": f"example.{name}"})


@require_safe
@ensure_csrf_cookie
def design(request: HttpRequest, secret: str) -> HttpResponse:
    grant = policy.require(secret, Access.VIEW, address_of(request))
    document = store.head_document(grant.design)
    start = {"design": document, "revision": grant.design.head, "access": grant.access.value, "token": secret}
    return page(request, start)


def page(request: HttpRequest, start: dict[str, Any]) -> HttpResponse:
    language = get_language() or "en"
    boot = {
        **start,
        "catalogue_url": reverse("catalogue"),
        "figures": figures(),
        "language": language,
        "texts": texts.for_browser(language),
    }
    kinds = translated(engine().catalogue_document()["kinds"])
    response = render(request, "playground/page.html", {"boot": boot, "kinds": kinds})
    # The nonce is for this response alone, and the address of a saved design is a secret.
    response["Cache-Control"] = "no-store"
    return response
