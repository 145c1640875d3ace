"""The two pages: the first page's design, and a saved design by its secret."""

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as translate
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from playground import policy, texts
from playground.charts import figures
from playground.designs import store
from playground.policy import Access
from playground.runs.engine import engine
from playground.texts import translated
from playground.visitors import address_of

FIRST_DESIGN = settings.BASE_DIR / "examples" / "three-tier.json"


@lru_cache(maxsize=1)
def first_design_text() -> str:
    return FIRST_DESIGN.read_text(encoding="utf-8")


def first_design() -> dict[str, Any]:
    """The first page's design with its texts in the visitor's language."""
    design: dict[str, Any] = json.loads(first_design_text())
    for field in ("name", "description", "try_this"):
        if design.get(field):
            design[field] = translate(design[field])
    for named in design["components"].values():
        named["label"] = translate(named["label"])
    for scenario in design["scenarios"].values():
        scenario["title"] = translate(scenario["title"])
    return design


@require_safe
@ensure_csrf_cookie
def index(request: HttpRequest) -> HttpResponse:
    return page(request, {"design": first_design(), "revision": None, "access": "new", "token": None})


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
