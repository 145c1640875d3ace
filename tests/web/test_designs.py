"""Designs, revisions and links over HTTP, with the engine's double."""

import re
from typing import Any

import pytest

from playground import limits, policy
from playground.models import Revision, ShareLink
from playground.rates import BUCKETS
from tests.web.conftest import Browser, a_design
from tests.web.servers import secret_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("double")]


def saved(browser: Browser, **changes: Any) -> str:
    answer = browser.post_json("/api/designs/", {"design": a_design(**changes)})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["edit_token"])


def test_first_save_gives_an_edit_link(browser: Browser) -> None:
    answer = browser.post_json("/api/designs/", {"design": a_design(name="Shop")})
    body = answer.json()
    assert body["revision"] == 1
    assert secret_of(body["edit_url"]) == body["edit_token"]
    read = browser.get(f"/api/designs/{body['edit_token']}/")
    assert read.json() == {"design": a_design(name="Shop"), "revision": 1, "access": "edit"}
    assert read["Cache-Control"] == "no-store"


def test_secrets_are_long_and_stored_hashed(browser: Browser) -> None:
    secret = saved(browser)
    # 24 random bytes in URL-safe base 64
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", secret)
    stored = ShareLink.objects.get()
    assert secret not in (stored.secret_hash, str(stored.pk))
    assert len(stored.secret_hash) == 64
    assert len({saved(browser) for _ in range(20)}) == 20


def test_a_save_never_overwrites(browser: Browser) -> None:
    secret = saved(browser, name="one")
    for number, name in ((2, "two"), (3, "three")):
        answer = browser.post_json(f"/api/designs/{secret}/revisions/", {"design": a_design(name=name), "base": number - 1})
        assert (answer.status_code, answer.json()) == (201, {"revision": number})
    listed = browser.get(f"/api/designs/{secret}/revisions/").json()["revisions"]
    assert [(row["number"], row["base"], row["name"]) for row in listed] == [(3, 2, "three"), (2, 1, "two"), (1, 0, "one")]
    assert browser.get(f"/api/designs/{secret}/revisions/1/").json()["design"]["name"] == "one"


def test_what_was_saved_long_ago_is_read_in_the_newest_version(browser: Browser) -> None:
    secret = saved(browser, version=0)
    assert browser.get(f"/api/designs/{secret}/").json()["design"] == a_design()
    assert browser.get(f"/api/designs/{secret}/revisions/1/").json()["design"] == a_design()
    assert '"version": 1' in browser.get(f"/d/{secret}/").content.decode()


def test_stale_save_keeps_both(browser: Browser, stranger: Browser) -> None:
    secret = saved(browser)
    path = f"/api/designs/{secret}/revisions/"
    browser.post_json(path, {"design": a_design(name="first"), "base": 1})
    stale = stranger.post_json(path, {"design": a_design(name="second"), "base": 1})
    assert stale.status_code == 409
    body = stale.json()
    assert (body["revision"], body["kept_as"], body["error"]["code"]) == (2, 3, "stale")
    assert browser.get(f"{path}3/").json()["design"]["name"] == "second"
    assert browser.get(f"/api/designs/{secret}/").json()["design"]["name"] == "first"
    # Whoever has seen both goes on from the head.
    again = stranger.post_json(path, {"design": a_design(name="second"), "base": 2})
    assert again.json() == {"revision": 4}
    assert browser.get(f"/api/designs/{secret}/").json()["revision"] == 4


def test_old_revisions_leave_and_the_head_stays(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = saved(browser)
    kept = limits.Limit("revisions_kept", 5, "revisions", "")
    monkeypatch.setitem(limits.LIMITS, "revisions_kept", kept)
    path = f"/api/designs/{secret}/revisions/"
    for _ in range(9):
        assert browser.post_json(path, {"design": a_design(), "base": 0}).status_code == 409
    numbers = sorted(Revision.objects.values_list("number", flat=True))
    assert numbers == [1, 6, 7, 8, 9, 10]
    assert browser.get(f"/api/designs/{secret}/").json()["revision"] == 1


def test_view_link_reads_and_forks_only(browser: Browser, stranger: Browser) -> None:
    secret = saved(browser, name="mine")
    link = browser.post_json(f"/api/designs/{secret}/links/", {"kind": "view"}).json()
    view = secret_of(link["url"])
    assert stranger.get(f"/api/designs/{view}/").json()["access"] == "view"
    assert stranger.post_json(f"/api/designs/{view}/revisions/", {"design": a_design(), "base": 1}).status_code == 404
    assert stranger.get(f"/api/designs/{view}/links/").status_code == 404
    forked = stranger.post_json(f"/api/designs/{view}/fork/")
    assert forked.status_code == 201
    own = forked.json()["edit_token"]
    assert stranger.post_json(f"/api/designs/{own}/revisions/", {"design": a_design(name="theirs"), "base": 1}).status_code == 201
    assert browser.get(f"/api/designs/{secret}/").json()["design"]["name"] == "mine"


def test_revoked_link_opens_nothing(browser: Browser, stranger: Browser) -> None:
    secret = saved(browser)
    link = browser.post_json(f"/api/designs/{secret}/links/", {"kind": "view"}).json()
    assert [row["kind"] for row in browser.get(f"/api/designs/{secret}/links/").json()["links"]] == ["edit", "view"]
    assert browser.post_json(f"/api/designs/{secret}/links/{link['id']}/revoke/").status_code == 200
    assert stranger.get(f"/api/designs/{secret_of(link['url'])}/").status_code == 404
    assert stranger.get(f"/d/{secret_of(link['url'])}/").status_code == 404
    assert [row["kind"] for row in browser.get(f"/api/designs/{secret}/links/").json()["links"]] == ["edit"]


def test_last_edit_link_stays(browser: Browser) -> None:
    secret = saved(browser)
    own = browser.get(f"/api/designs/{secret}/links/").json()["links"][0]["id"]
    answer = browser.post_json(f"/api/designs/{secret}/links/{own}/revoke/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_edit_link")
    other = browser.post_json(f"/api/designs/{secret}/links/", {"kind": "edit"}).json()
    assert browser.post_json(f"/api/designs/{secret}/links/{own}/revoke/").status_code == 200
    assert browser.get(f"/api/designs/{secret}/").status_code == 404
    assert browser.get(f"/api/designs/{secret_of(other['url'])}/").status_code == 200


def test_unfinished_work_is_saved_and_nonsense_is_not(browser: Browser) -> None:
    assert browser.post_json("/api/check/", {"design": a_design(components={})}).json()["problems"]
    assert browser.post_json("/api/designs/", {"design": a_design(components={})}).status_code == 201
    for nonsense in ({}, {"format": "something else"}, 7, None, []):
        assert browser.post_json("/api/designs/", {"design": nonsense}).status_code in (400, 422)


@pytest.mark.parametrize("field", [{"base": -1}, {"base": "1"}, {"base": True}, {"base": 1.5}, {}])
def test_base_must_be_a_revision(browser: Browser, field: dict[str, Any]) -> None:
    secret = saved(browser)
    answer = browser.post_json(f"/api/designs/{secret}/revisions/", {"design": a_design(), **field})
    assert answer.json()["error"]["code"] == "bad_field"


def test_large_designs_are_refused_with_the_limit(browser: Browser) -> None:
    answer = browser.post_json("/api/designs/", {"design": a_design(description="x" * 270_000)})
    assert answer.status_code == 413
    assert "256 kB" in answer.json()["error"]["text"]
    assert browser.post_json("/api/designs/", {"design": a_design(description="x" * 2_000_000)}).status_code == 413


def test_limits_of_one_address(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = saved(browser)
    cases = {
        "new_designs_per_minute": lambda: browser.post_json("/api/designs/", {"design": a_design()}),
        "saves_per_minute": lambda: browser.post_json(f"/api/designs/{secret}/revisions/", {"design": a_design(), "base": 0}),
        "checks_per_minute": lambda: browser.post_json("/api/check/", {"design": a_design()}),
        "runs_started_per_minute": lambda: browser.post_json("/api/runs/", {"design": a_design(components={})}),
    }
    for name, ask in cases.items():
        monkeypatch.setitem(limits.LIMITS, name, limits.Limit(name, 3, "a minute", ""))
        BUCKETS.clear()
        answers = [ask() for _ in range(4)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, False, True], name
        assert 1 <= int(answers[-1]["Retry-After"]) <= 20


def test_designs_of_one_visitor_are_bounded(browser: Browser, stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "designs_per_visitor", limits.Limit("designs_per_visitor", 2, "designs", ""))
    saved(browser)
    saved(browser)
    assert browser.post_json("/api/designs/", {"design": a_design()}).status_code == 429
    saved(stranger)


def test_guessing_links_becomes_pointless(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = saved(browser)
    monkeypatch.setitem(limits.LIMITS, "wrong_links_per_minute", limits.Limit("", 3, "", ""))
    assert browser.get(f"/api/designs/{secret}/").status_code == 200
    for guess in range(3):
        assert browser.get(f"/api/designs/guess-{guess}/").status_code == 404
    # Even the right one is now unknown to this address for a while.
    assert browser.get(f"/api/designs/{secret}/").status_code == 404
    assert policy.grant_of(secret) is not None


def test_runs_are_bounded_for_a_visitor_and_for_all(browser: Browser, stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(who: Browser) -> int:
        return int(who.post_json("/api/runs/", {"design": a_design(), "speed": 1}).status_code)

    assert [start(browser) for _ in range(3)] == [201, 201, 429]
    assert start(stranger) == 201
    monkeypatch.setitem(limits.LIMITS, "runs_at_once", limits.Limit("", 3, "", ""))
    refused = stranger.post_json("/api/runs/", {"design": a_design()})
    assert refused.status_code == 429
    assert "3" in refused.json()["error"]["text"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"design": a_design(), "speed": 3}, 400),
        ({"design": a_design(), "scenario": "nothing"}, 422),
        ({"design": a_design(components={})}, 422),
        ({"design": a_design(), "seed": -5}, 400),
        ({"design": a_design(), "token": "wrong"}, 404),
        ({"design": a_design(), "token": 5}, 404),
        ({}, 400),
    ],
)
def test_runs_that_cannot_start(browser: Browser, body: dict[str, Any], status: int) -> None:
    answer = browser.post_json("/api/runs/", body)
    assert answer.status_code == status
    assert answer.json()["error"]["text"]
