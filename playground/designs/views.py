"""The API of designs, revisions and links (docs/protocol.md). Access is decided in playground/policy.py."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from playground import policy
from playground.designs import store
from playground.designs.check import design_in, findings, refuse_large, rules
from playground.errors import Refused
from playground.http import body_of, by_method, spend, whole_number
from playground.models import Design, Revision, ShareLink
from playground.policy import Access, Grant
from playground.signals import tell_revoked
from playground.visitors import address_of, ensure_visitor


def editing(request: HttpRequest, secret: str) -> Grant:
    return policy.require(secret, Access.EDIT, address_of(request))


def viewing(request: HttpRequest, secret: str) -> Grant:
    return policy.require(secret, Access.VIEW, address_of(request))


def created(design: Design, secret: str) -> JsonResponse:
    address = reverse("design", args=[secret])
    return JsonResponse({"edit_token": secret, "edit_url": address, "revision": design.head}, status=201)


def check_design(request: HttpRequest) -> HttpResponse:
    spend(request, "checks_per_minute")
    design = body_of(request).get("design")
    if isinstance(design, dict):
        refuse_large(design)
    problems, hints = findings(design)
    return JsonResponse({"problems": problems, "hints": hints, "rules": rules(design)})


def create_design(request: HttpRequest) -> HttpResponse:
    spend(request, "new_designs_per_minute")
    design, secret = store.create(design_in(body_of(request)), ensure_visitor(request))
    design.refresh_from_db()
    return created(design, secret)


def read_design(request: HttpRequest, secret: str) -> HttpResponse:
    grant = viewing(request, secret)
    document = store.head_document(grant.design)
    return JsonResponse({"design": document, "revision": grant.design.head, "access": grant.access.value})


def save_revision(request: HttpRequest, secret: str) -> HttpResponse:
    grant = editing(request, secret)
    spend(request, "saves_per_minute")
    body = body_of(request)
    saved = store.save(grant.design.pk, design_in(body), base=whole_number(body, "base"))
    if saved.stale:
        text = _("Somebody else saved this design meanwhile. Your version was kept as revision %(number)d.") % {"number": saved.number}
        raise Refused(409, "stale", text, revision=saved.head, kept_as=saved.number)
    return JsonResponse({"revision": saved.number}, status=201)


def list_revisions(request: HttpRequest, secret: str) -> HttpResponse:
    grant = editing(request, secret)
    rows = Revision.objects.filter(design=grant.design).order_by("-number")
    listed = [
        {"number": row.number, "saved_at": row.saved_at.isoformat(), "base": row.base, "name": row.name}
        for row in rows.only("number", "saved_at", "base", "name")
    ]
    return JsonResponse({"revisions": listed})


def read_revision(request: HttpRequest, secret: str, number: int) -> HttpResponse:
    grant = editing(request, secret)
    return JsonResponse({"design": store.document_of(grant.design, number), "revision": number})


def add_link(request: HttpRequest, secret: str) -> HttpResponse:
    grant = editing(request, secret)
    spend(request, "saves_per_minute")
    kind = body_of(request).get("kind")
    if kind not in ShareLink.Kind.values:
        raise Refused(400, "bad_field", _("“kind” must be “view” or “edit”."))
    link, shown_once = store.add_link(grant.design.pk, str(kind))
    url = request.build_absolute_uri(reverse("design", args=[shown_once]))
    return JsonResponse({"id": link.pk, "kind": link.kind, "url": url}, status=201)


def list_links(request: HttpRequest, secret: str) -> HttpResponse:
    grant = editing(request, secret)
    live = ShareLink.objects.filter(design=grant.design, revoked_at=None).order_by("pk")
    listed: list[dict[str, Any]] = [{"id": link.pk, "kind": link.kind, "created_at": link.created_at.isoformat()} for link in live]
    return JsonResponse({"links": listed})


def revoke_link(request: HttpRequest, secret: str, link_id: int) -> HttpResponse:
    grant = editing(request, secret)
    store.revoke_link(grant, link_id)
    tell_revoked(link_id)
    return JsonResponse({"revoked": link_id})


def fork_design(request: HttpRequest, secret: str) -> HttpResponse:
    grant = viewing(request, secret)
    spend(request, "new_designs_per_minute")
    design, own_secret = store.create(store.head_document(grant.design), ensure_visitor(request))
    design.refresh_from_db()
    return created(design, own_secret)


check = by_method(POST=check_design)
designs = by_method(POST=create_design)
design = by_method(GET=read_design)
revisions = by_method(GET=list_revisions, POST=save_revision)
revision = by_method(GET=read_revision)
links = by_method(GET=list_links, POST=add_link)
revoke = by_method(POST=revoke_link)
fork = by_method(POST=fork_design)
