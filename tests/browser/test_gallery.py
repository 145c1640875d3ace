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


def test_charts_are_there_when_they_have_something_to_show(real_server: Server, new_page: Callable[..., Playground]) -> None:
    playground = new_page().open(f"{real_server.origin}/examples/09-queue-and-workers/")
    charts = playground.page.get_by_role("region", name="Charts")
    behind = charts.get_by_role("article").filter(has_text="Behind")
    expect(charts.get_by_role("heading", name="Requests", exact=True)).to_be_visible()
    expect(behind).to_be_hidden()
    playground.choose_scenario("Spike")
    playground.speed("10×")
    playground.run()
    expect(behind).to_be_visible(timeout=20000)
    # the age of the oldest message, in the words of the legend
    expect(behind.locator(".chart-legend")).to_have_text(re.compile(r"^Queue\d"), timeout=20000)
    expect(charts.get_by_role("heading", name="Cache hit ratio")).to_be_hidden()
