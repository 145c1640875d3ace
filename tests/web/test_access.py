"""Every address for every kind of visitor. A new address without a row here fails."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver

from playground.examples import FIRST
from playground.models import ShareLink
from tests.web.conftest import Browser, a_design
from tests.web.servers import secret_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("double")]

ROLES = ("stranger", "viewer", "editor", "revoked")
EVERYBODY = dict.fromkeys(ROLES, True)
WHOEVER_VIEWS = {"stranger": False, "viewer": True, "editor": True, "revoked": False}
WHOEVER_EDITS = {"stranger": False, "viewer": False, "editor": True, "revoked": False}

# name of the address → method → who gets a 2xx
MATRIX: dict[str, dict[str, dict[str, bool]]] = {
    "index": {"GET": EVERYBODY},
    "design": {"GET": WHOEVER_VIEWS},
    "examples": {"GET": EVERYBODY},
    "example": {"GET": EVERYBODY},
    "modelled": {"GET": EVERYBODY},
    "set_language": {"POST": EVERYBODY},
    "catalogue": {"GET": EVERYBODY},
    "limits": {"GET": EVERYBODY},
    "check": {"POST": EVERYBODY},
    "api_designs": {"POST": EVERYBODY},
    "api_design": {"GET": WHOEVER_VIEWS},
    "api_revisions": {"GET": WHOEVER_EDITS, "POST": WHOEVER_EDITS},
    "api_revision": {"GET": WHOEVER_EDITS},
    "api_links": {"GET": WHOEVER_EDITS, "POST": WHOEVER_EDITS},
    "api_revoke": {"POST": WHOEVER_EDITS},
    "api_fork": {"POST": WHOEVER_VIEWS},
    "api_runs": {"POST": EVERYBODY},
}
BODIES: dict[str, dict[str, Any]] = {
    "check": {"design": a_design()},
    "api_designs": {"design": a_design()},
    "api_revisions": {"design": a_design(), "base": 1},
    "api_links": {"kind": "view"},
    "api_runs": {"design": a_design()},
}


class World:
    """A design with a link for each role, and a spare link to revoke."""

    def __init__(self) -> None:
        owner = Browser()
        edit = owner.post_json("/api/designs/", {"design": a_design()}).json()["edit_token"]
        links = {name: owner.post_json(f"/api/designs/{edit}/links/", {"kind": kind}).json()
                 for name, kind in (("viewer", "view"), ("revoked", "edit"), ("spare", "view"))}  # fmt: skip
        owner.post_json(f"/api/designs/{edit}/links/{links['revoked']['id']}/revoke/")
        self.spare = links["spare"]["id"]
        self.secrets = {
            "stranger": "A" * 32,
            "viewer": secret_of(links["viewer"]["url"]),
            "editor": edit,
            "revoked": secret_of(links["revoked"]["url"]),
        }


def routes() -> dict[str, Any]:
    return {str(pattern.name): pattern for pattern in get_resolver().url_patterns}


def test_every_address_has_a_row() -> None:
    assert set(routes()) == set(MATRIX)


@pytest.mark.parametrize("name", MATRIX)
@pytest.mark.parametrize("role", ROLES)
def test_access(name: str, role: str) -> None:
    world = World()
    browser = Browser()
    path = "/" + str(routes()[name].pattern)
    values = {"<str:secret>": world.secrets[role], "<slug:name>": FIRST, "<int:number>": "1", "<int:link_id>": str(world.spare)}
    for placeholder, value in values.items():
        path = path.replace(placeholder, value)
    calls: dict[str, Callable[[], Any]] = {
        "GET": lambda: browser.get(path),
        "POST": lambda: browser.post(path, {"language": "bg"}) if name == "set_language" else browser.post_json(path, BODIES.get(name)),
        "PUT": lambda: browser.put(path),
        "PATCH": lambda: browser.patch(path),
        "DELETE": lambda: browser.delete(path),
    }
    for method, call in calls.items():
        status = call().status_code
        rule = MATRIX[name].get(method)
        if rule is None:
            assert status == 405, (method, status)
        elif rule[role]:
            assert status in (200, 201, 302), (method, status)
        else:
            # As if there were nothing: not 403, which would say that there is something.
            assert status == 404, (method, status)


def test_a_link_of_another_design_cannot_be_revoked() -> None:
    mine, theirs = World(), World()
    answer = Browser().post_json(f"/api/designs/{mine.secrets['editor']}/links/{theirs.spare}/revoke/")
    assert answer.status_code == 404
    assert ShareLink.objects.get(pk=theirs.spare).revoked_at is None


def test_posts_need_the_csrf_token() -> None:
    careful = Browser(enforce_csrf_checks=True)
    assert careful.post_json("/api/designs/", {"design": a_design()}).status_code == 403
    assert careful.get("/").status_code == 200
    token = careful.cookies["csrftoken"].value
    assert careful.post_json("/api/designs/", {"design": a_design()}, headers={"x-csrftoken": token}).status_code == 201
