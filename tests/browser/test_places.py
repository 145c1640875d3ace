"""Places: drawn around things, dragged with what is in them, resized, chosen by keyboard, deleted without their contents."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.page import Playground
from tests.browser.test_edit import drag, middle

pytestmark = pytest.mark.browser


def zone_around_servers(page: Playground) -> Locator:
    page.select("Server 1")
    page.page.keyboard.down("Shift")
    for label in ("Server 2", "Server 3"):
        page.card(label).click()
    page.page.keyboard.up("Shift")
    page.palette.get_by_role("button", name="Zone", exact=True).click()
    zone = page.card("Zone")
    expect(zone).to_have_count(1)
    return zone


def members(page: Playground) -> Locator:
    return page.inspector.locator(".neighbours").first.get_by_role("listitem")


def test_a_place_is_drawn_around_what_is_selected(first_page: Playground) -> None:
    zone = zone_around_servers(first_page)
    expect(members(first_page)).to_have_text(["Server 1", "Server 2", "Server 3"])
    title = middle(zone.locator(".place-tab"))
    before = middle(first_page.card("Server 2").locator(".card-body"))
    drag(first_page, title, (title[0] + 40, title[1] - 30))
    after = middle(first_page.card("Server 2").locator(".card-body"))
    assert after[0] > before[0] + 20
    assert after[1] < before[1] - 10
    first_page.click("Undo")
    assert middle(first_page.card("Server 2").locator(".card-body")) == pytest.approx(before, abs=1)


def test_things_are_dragged_in_and_out(first_page: Playground) -> None:
    zone = zone_around_servers(first_page)
    area = zone.locator(".place-area").bounding_box()
    assert area
    cache = middle(first_page.card("Cache").locator(".card-body"))
    drag(first_page, cache, (area["x"] + area["width"] - 30, cache[1]))
    first_page.select("Cache")
    expect(first_page.field("Stands in").locator("option:checked")).to_have_text("Zone")
    inside = middle(first_page.card("Cache").locator(".card-body"))
    drag(first_page, inside, cache)
    expect(first_page.field("Stands in").locator("option:checked")).to_have_text("nowhere")


def test_a_place_is_resized_by_handle_and_by_keyboard(first_page: Playground) -> None:
    zone = zone_around_servers(first_page)
    handle = middle(first_page.page.locator(".place-sides-e .place-handle"))
    drag(first_page, handle, (handle[0] + 160, handle[1]))
    expect(members(first_page)).to_have_count(5)
    width = int(first_page.field("Width").input_value())
    zone.focus()
    first_page.page.keyboard.press("Alt+ArrowLeft")
    expect(first_page.field("Width")).to_have_value(str(width - 16))
    first_page.field("Width").fill("10")
    first_page.field("Width").press("Tab")
    expect(first_page.inspector.get_by_role("alert").filter(has_text="between")).to_be_visible()
    first_page.field("Width").fill("216")
    first_page.field("Width").press("Enter")
    expect(members(first_page)).to_have_count(3)


def test_a_place_is_chosen_from_the_list_and_goes_without_its_contents(first_page: Playground) -> None:
    zone_around_servers(first_page)
    first_page.select("Replica 1")
    first_page.field("Stands in").select_option(label="Zone")
    first_page.page.keyboard.press("Escape")
    first_page.inspector.get_by_text("Outline", exact=True).click()
    outline = first_page.inspector.locator(".outline-list")
    zone = outline.get_by_role("listitem").filter(has=first_page.page.get_by_role("button", name="Zone", exact=True))
    expect(zone.get_by_role("button")).to_have_count(5)
    outline.get_by_role("button", name="Zone", exact=True).click()
    cards = first_page.cards().count()
    first_page.inspector.get_by_role("button", name="Delete", exact=True).click()
    expect(first_page.cards()).to_have_count(cards - 1)
    first_page.select("Replica 1")
    expect(first_page.field("Stands in")).to_have_count(0)
    first_page.click("Undo")
    expect(first_page.field("Stands in").locator("option:checked")).to_have_text("Zone")


def test_a_lost_place_is_seen(first_page: Playground) -> None:
    zone = zone_around_servers(first_page)
    first_page.run()
    first_page.story("The run has started")
    first_page.click("Kill")
    expect(zone.locator(".place-state")).to_have_text("Down")
    expect(first_page.page.locator(".fault-mark")).to_have_text("Kill")
    expect(first_page.canvas.locator('[aria-label^="Server 1,"][aria-label*="Down"]')).to_have_count(1)
    first_page.click("Restore")
    expect(zone.locator(".place-state")).to_have_text("")
