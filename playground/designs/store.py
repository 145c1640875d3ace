"""Saving and reading designs. All writes of one save happen in one transaction on a locked design row."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from playground import limits
from playground.errors import Refused, not_found, too_many
from playground.models import Design, Revision, ShareLink
from playground.policy import Grant
from playground.runs.engine import engine
from playground.visitors import hashed

SECRET_BYTES = 24  # 192 random bits; ASVS 11.5.1 asks for 128


@dataclass(frozen=True)
class Saved:
    number: int
    head: int

    @property
    def stale(self) -> bool:
        return self.number != self.head


@transaction.atomic
def create(document: dict[str, Any], visitor: str) -> tuple[Design, str]:
    """A new design with its first revision and the secret of its first edit link."""
    if Design.objects.filter(made_by=visitor).count() >= limits.of("designs_per_visitor"):
        raise too_many(_("You have saved %(count)d designs, which is the most.") % {"count": limits.of("designs_per_visitor")})
    design = Design.objects.create(made_by=visitor)
    save(design.pk, document, base=0)
    _link, secret = add_link(design.pk, ShareLink.Kind.EDIT)
    return design, secret


@transaction.atomic
def save(design_id: int, document: dict[str, Any], base: int) -> Saved:
    """A new revision. It becomes the head unless somebody else saved since `base`; it is kept either way."""
    design = Design.objects.select_for_update().get(pk=design_id)
    number = design.numbers_used + 1
    Revision.objects.create(
        design=design, number=number, base=base, name=title(document), document=json.dumps(document, separators=(",", ":"))
    )
    design.numbers_used = number
    if base == design.head:
        design.head = number
    design.save()
    drop_oldest(design)
    return Saved(number=number, head=design.head)


def title(document: dict[str, Any]) -> str:
    name = document.get("name", "")
    return name[:200] if isinstance(name, str) else ""


def drop_oldest(design: Design) -> None:
    kept_from = design.numbers_used - limits.of("revisions_kept")
    if kept_from > 0:
        Revision.objects.filter(design=design, number__lte=kept_from).exclude(number=design.head).delete()


def head_document(design: Design) -> dict[str, Any]:
    return document_of(design, design.head)


def document_of(design: Design, number: int) -> dict[str, Any]:
    """A revision as a document of the newest version, whichever it was saved as."""
    revision = Revision.objects.filter(design=design, number=number).first()
    if revision is None:
        raise not_found()
    document: dict[str, Any] = engine().upgraded(json.loads(revision.document))
    return document


@transaction.atomic
def add_link(design_id: int, kind: str) -> tuple[ShareLink, str]:
    """The link and its secret, which is not stored and cannot be shown again."""
    Design.objects.select_for_update().get(pk=design_id)
    live = ShareLink.objects.filter(design_id=design_id, revoked_at=None)
    if live.count() >= limits.of("links_per_design"):
        raise too_many(_("This design has %(count)d links, which is the most. Revoke one first.") % {"count": live.count()})
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return ShareLink.objects.create(design_id=design_id, kind=kind, secret_hash=hashed(secret)), secret


@transaction.atomic
def revoke_link(grant: Grant, link_id: int) -> None:
    """Ends a link. The last edit link stays: without it nobody could ever edit the design again."""
    Design.objects.select_for_update().get(pk=grant.design.pk)
    live = ShareLink.objects.filter(design=grant.design, revoked_at=None)
    link = live.filter(pk=link_id).first()
    if link is None:
        raise not_found()
    if link.kind == ShareLink.Kind.EDIT and live.filter(kind=ShareLink.Kind.EDIT).count() == 1:
        raise Refused(409, "last_edit_link", _("This is the last edit link. Make another one before you revoke it."))
    link.revoked_at = timezone.now()
    link.save()
