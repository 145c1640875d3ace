"""The same job on a phone: everything in reach of a thumb, with fingers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.page import Playground
from tests.web.servers import Server

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 390, 844


def test_run_break_and_add_on_a_phone(real_server: Server, new_page: Callable[..., Playground]) -> None:
    options = {"viewport": {"width": WIDTH, "height": HEIGHT}, "has_touch": True, "is_mobile": True}
    page = new_page(**options).open(f"{real_server.origin}/")
    assert page.page.evaluate("() => document.documentElement.scrollWidth") <= WIDTH
    run = page.button("Run").bounding_box()
    assert run
    assert run["y"] > HEIGHT * 0.8
    assert run["height"] >= 40
    page.button("Run").tap()
    expect(page.clock).to_contain_text("0:01")
    page.card("Database").locator(".card-body").tap()
    page.button("Kill").tap()
    page.button("Charts and log").tap()
    page.story("Database was killed")
    page.button("Charts and log").tap()
    cards = page.cards().count()
    page.button("Add components").tap()
    page.palette.get_by_role("button", name="Server", exact=True).tap()
    expect(page.cards()).to_have_count(cards + 1)
