"""Who may do what: the one place, used by HTTP and WebSocket alike.

A share link grants `edit` or `view` of one design. A run is controlled by the visitor who started it; whoever may view
the design that it was started from may watch it. Everything else does not exist for the asker.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from playground.errors import Refused, not_found
from playground.limits import LIMITS
from playground.models import Design, RunRecord, ShareLink
from playground.rates import BUCKETS
from playground.visitors import hashed


class Access(StrEnum):
    VIEW = "view"
    EDIT = "edit"


@dataclass(frozen=True)
class Grant:
    """What one secret opens."""

    design: Design
    link_id: int
    access: Access

    @property
    def may_edit(self) -> bool:
        return self.access is Access.EDIT


def grant_of(secret: str) -> Grant | None:
    link = ShareLink.objects.select_related("design").filter(secret_hash=hashed(secret), revoked_at=None).first()
    return Grant(link.design, link.pk, Access(link.kind)) if link else None


def require(secret: str, wanted: Access, address: str) -> Grant:
    """The grant, or 404: for a wrong or revoked secret, and for editing with a link that only views."""
    per_minute = LIMITS["wrong_links_per_minute"].value
    wait_s = BUCKETS.peek("wrong_links", address, per_minute)
    if wait_s is not None:
        # The same answer as for a wrong link, right or not: guessing on is pointless.
        raise not_found()
    grant = grant_of(secret)
    if grant is None:
        BUCKETS.take("wrong_links", address, per_minute)
        raise not_found()
    if wanted is Access.EDIT and not grant.may_edit:
        raise not_found()
    return grant


@dataclass(frozen=True)
class RunAccess:
    watch: bool
    control: bool
    # The link through which the run is watched; its end is the end of the watching.
    link_id: int | None = None


def run_access(run: RunRecord, visitor: str, secret: str | None, address: str) -> RunAccess:
    if visitor and visitor == run.controller:
        return RunAccess(watch=True, control=True)
    if not secret or run.design_id is None:
        return RunAccess(watch=False, control=False)
    try:
        grant = require(secret, Access.VIEW, address)
    except Refused:
        return RunAccess(watch=False, control=False)
    return RunAccess(watch=grant.design.pk == run.design_id, control=False, link_id=grant.link_id)


def dead_links(link_ids: Iterable[int]) -> set[int]:
    """Which of these were revoked, or vanished with their design."""
    asked = set(link_ids)
    return asked - set(ShareLink.objects.filter(pk__in=asked, revoked_at=None).values_list("pk", flat=True))
