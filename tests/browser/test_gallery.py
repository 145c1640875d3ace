"""The gallery: open an example, take what a hint proposes, run it, and find one's way back and to what is modelled."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.page import Playground
from tests.web.servers import Server

pytestmark = pytest.mark.browser


def test_the_note_over_the_canvas_hides_nothing(real_server: Server, new_page: Callable[..., Playground]) -> None:
    playground = new_page().open(f"{real_server.origin}/examples/06-two-data-centres/")
    note = playground.page.locator("#try-this").bounding_box()
    titles = [title.bounding_box() for title in playground.canvas.locator(".place-tab").all()]
    assert note is not None and titles
    assert all(box is not None and box["y"] >= note["y"] + note["height"] for box in titles)


def test_an_example_is_opened_mended_and_run(real_server: Server, new_page: Callable[..., Playground]) -> None:
    playground = new_page()
    page = playground.page
    page.goto(f"{real_server.origin}/examples/")
    page.get_by_role("link", name="Several servers behind a balancer").click()
    expect(page).to_have_url(re.compile("/examples/04-several-servers/$"))
    cards = playground.cards()
    expect(cards.first).to_be_visible()
    before = cards.count()
    page.get_by_role("button", name=re.compile("^(Run two of them|Add a cache|Add a replica)$")).first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert cards.count() >= before
    playground.run()
    expect(playground.card("Load balancer").locator(".card-headline").first).to_have_text(re.compile(r"\d.*/s"), timeout=20000)
    playground.click("Stop")
    page.reload()
    expect(playground.note("Here is your work")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="What is modelled").click()
    expect(page.get_by_role("heading", name="What is modelled")).to_be_visible()
    page.get_by_role("link", name="Architecture Playground").click()
    expect(playground.card("Database")).to_be_visible()
