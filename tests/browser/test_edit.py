"""Step 3: drag, connect, edit, undo; also by keyboard, and while a run is on."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.page import Playground

pytestmark = pytest.mark.browser


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Playground, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse = page.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    mouse.move(*end, steps=4)
    mouse.up()


def test_drag_connect_delete_undo(first_page: Playground) -> None:
    cards, links = first_page.cards().count(), first_page.links().count()
    canvas = first_page.canvas.bounding_box()
    assert canvas
    place = (canvas["x"] + canvas["width"] * 0.45, canvas["y"] + canvas["height"] - 60)
    drag(first_page, middle(first_page.palette.get_by_role("button", name="Server", exact=True)), place)
    expect(first_page.cards()).to_have_count(cards + 1)
    expect(first_page.field("Label")).to_have_value("Server")

    handle = first_page.card("Load balancer").locator(".card-handle")
    drag(first_page, middle(handle), middle(first_page.card("Server").locator(".card-body")))
    expect(first_page.links()).to_have_count(links + 1)
    first_page.select("Server")
    first_page.field("Connect to…").select_option(label="Database")
    expect(first_page.links()).to_have_count(links + 2)

    start = middle(first_page.card("Server").locator(".card-body"))
    drag(first_page, start, (start[0] + 48, start[1] - 24))
    moved = middle(first_page.card("Server").locator(".card-body"))
    assert moved[0] > start[0] + 20
    for _step in ("move", "second link", "first link"):
        first_page.click("Undo")
    expect(first_page.links()).to_have_count(links)
    assert middle(first_page.card("Server").locator(".card-body")) == start
    first_page.click("Redo")
    expect(first_page.links()).to_have_count(links + 1)

    first_page.select("Server")
    first_page.card("Server").focus()
    first_page.page.keyboard.press("Delete")
    expect(first_page.cards()).to_have_count(cards)
    first_page.page.keyboard.press("Control+z")
    expect(first_page.cards()).to_have_count(cards + 1)
    expect(first_page.links()).to_have_count(links + 1)


def test_a_wrong_value_says_why_and_goes_nowhere(first_page: Playground) -> None:
    first_page.select("Server 1")
    cores = first_page.field("Cores")
    right = cores.input_value()
    cores.fill("-1")
    cores.press("Tab")
    expect(first_page.inspector.get_by_role("alert").filter(has_text="between")).to_be_visible()
    expect(cores).to_have_attribute("aria-invalid", "true")
    expect(first_page.button("Undo")).to_be_disabled()
    first_page.run()  # the inspector is drawn again, and keeps what was typed
    expect(cores).to_have_value("-1")
    expect(cores).to_have_attribute("aria-invalid", "true")
    cores.fill("7")
    cores.press("Tab")
    expect(first_page.button("Undo")).to_be_enabled()
    expect(first_page.inspector.get_by_role("alert").filter(has_text="between")).to_have_count(0)
    first_page.inspector.get_by_role("button", name="Reset Cores to its default").click()
    expect(first_page.button("Redo")).to_be_disabled()
    first_page.click("Undo")
    expect(cores).to_have_value("7")
    first_page.click("Undo")
    expect(cores).to_have_value(right)


def test_edits_take_effect_in_the_run_and_are_marked(first_page: Playground) -> None:
    first_page.run()
    first_page.story("The run has started")
    first_page.select("Server 2")
    first_page.field("Cores").fill("9")
    first_page.field("Cores").press("Enter")
    first_page.story(re.compile("Cores of Server 2 is now 9"))
    expect(first_page.page.locator(".timeline-mark")).to_have_count(1)
    first_page.field("Cores").fill("0")
    first_page.field("Cores").press("Enter")
    expect(first_page.inspector.get_by_role("alert").filter(has_text="between")).to_be_visible()
    first_page.inspector.get_by_role("button", name="Delete", exact=True).click()
    first_page.story("Server 2 was removed")
    first_page.click("Undo")
    first_page.story("Server 2 was added")


def test_everything_by_keyboard(first_page: Playground) -> None:
    cards = first_page.cards().count()
    item = first_page.palette.get_by_role("button", name="Cache", exact=True)
    item.focus()
    item.press("Enter")
    expect(first_page.cards()).to_have_count(cards + 1)
    keyboard = first_page.page.keyboard
    first_page.card("Shoppers").focus()
    keyboard.press("Tab")
    expect(first_page.field("Label")).to_have_value("Load balancer")
    before = middle(first_page.card("Load balancer").locator(".card-body"))
    for _press in range(3):
        keyboard.press("ArrowRight")
    assert middle(first_page.card("Load balancer").locator(".card-body"))[0] > before[0]
    keyboard.press("Control+z")
    assert middle(first_page.card("Load balancer").locator(".card-body")) == before
    keyboard.press("Enter")
    expect(first_page.inspector.locator(":focus")).to_have_count(1)
    keyboard.press("Escape")
    expect(first_page.card("Load balancer")).to_be_focused()
    keyboard.press("Control+d")
    expect(first_page.cards()).to_have_count(cards + 2)
    keyboard.press("Control+k")
    first_page.page.get_by_label("Find a command").fill("everything")
    keyboard.press("Enter")
    expect(first_page.inspector.get_by_text(f"{cards + 2} components")).to_be_visible()


def test_pan_zoom_and_rubber_band(first_page: Playground) -> None:
    level = first_page.page.locator("#zoom-level")
    before = level.inner_text()
    canvas = first_page.canvas.bounding_box()
    assert canvas
    first_page.page.mouse.move(canvas["x"] + 300, canvas["y"] + 60)
    first_page.page.mouse.wheel(0, -120)
    expect(level).not_to_have_text(before)
    card = first_page.card("Shoppers").locator(".card-body")
    start = middle(card)
    drag(first_page, (canvas["x"] + 60, canvas["y"] + 80), (canvas["x"] + 160, canvas["y"] + 110))
    assert middle(card) == pytest.approx((start[0] + 100, start[1] + 30), abs=2)
    first_page.click("Fit the design")
    expect(level).to_have_text(before)
    first_page.page.keyboard.down("Shift")
    drag(first_page, (canvas["x"] + 8, canvas["y"] + 70), (canvas["x"] + canvas["width"] - 8, canvas["y"] + canvas["height"] - 60))
    first_page.page.keyboard.up("Shift")
    expect(first_page.inspector.get_by_text(f"{first_page.cards().count()} components")).to_be_visible()


def test_a_label_is_text_whatever_it_holds(first_page: Playground) -> None:
    nasty = '<img src=x onerror="document.title=1"><b>'
    first_page.select("Database")
    first_page.field("Label").fill(nasty)
    first_page.field("Label").press("Enter")
    expect(first_page.canvas.locator(f"[aria-label^='{nasty[:8]}']")).to_have_count(1)
    first_page.speed("10×")
    first_page.run()
    first_page.click("Kill")
    first_page.story(nasty)
    expect(first_page.page.locator("#workspace img")).to_have_count(0)
