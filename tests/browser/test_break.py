"""Faults and operations: by hand at components, links and the traffic, on the scenario's timeline, seen and ended."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.page import Playground

pytestmark = pytest.mark.browser


def marks(page: Playground) -> Locator:
    return page.page.locator(".fault-mark")


def choose(page: Playground, action: str) -> None:
    if not page.inspector.get_by_label("What breaks").is_visible():
        page.inspector.get_by_text("Break it", exact=True).click()
    page.inspector.get_by_label("What breaks").select_option(label=action)


def test_a_fault_is_started_marked_listed_and_ended(first_page: Playground) -> None:
    first_page.run()
    first_page.story("The run has started")
    first_page.select("Server 1")
    choose(first_page, "Slow down")
    first_page.field("Factor").fill("9")
    first_page.field("Factor").press("Tab")
    length = first_page.field("For how long, s")
    length.fill("-1")
    expect(first_page.inspector.get_by_role("alert").filter(has_text="seconds")).to_be_visible()
    first_page.click("Start: Slow down")
    expect(marks(first_page)).to_have_count(0)
    length.fill("")
    first_page.click("Start: Slow down")
    expect(marks(first_page)).to_have_text("Slow down")
    expect(first_page.inspector.get_by_role("listitem").filter(has_text="Factor: 9")).to_contain_text(re.compile(r"since \d:\d\d"))

    faults = first_page.page.locator("#faults-button")
    expect(faults).to_contain_text("Faults on: 1")
    faults.click()
    menu = first_page.page.get_by_role("dialog", name="Faults")
    menu.get_by_role("button", name="Start: Traffic spike").click()
    expect(faults).to_contain_text("Faults on: 2")
    expect(menu.get_by_role("listitem").filter(has_text="All traffic")).to_have_count(1)
    menu.get_by_role("button", name=re.compile("^End: Slow down")).click()
    expect(faults).to_contain_text("Faults on: 1")
    expect(marks(first_page)).to_have_count(0)
    menu.get_by_role("button", name=re.compile("^End: Traffic spike")).click()
    expect(faults).to_have_text("Faults")


def test_a_link_is_cut_and_heals_by_itself(first_page: Playground) -> None:
    first_page.run()
    first_page.story("The run has started")
    first_page.select("Cache")
    first_page.inspector.get_by_role("button", name="from Server 1", exact=True).click()
    expect(first_page.inspector.locator(".rule")).to_contain_text("Cache")
    choose(first_page, "Cut")
    first_page.field("For how long, s").fill("2")
    first_page.click("Start: Cut")
    expect(marks(first_page)).to_have_text("Cut")
    expect(first_page.canvas.locator(".joint-link.is-broken")).to_have_count(1)
    expect(marks(first_page)).to_have_count(0)


def test_what_a_scenario_breaks(first_page: Playground) -> None:
    first_page.click("Edit scenarios")
    dialog = first_page.page.get_by_role("dialog", name="Scenarios")
    dialog.get_by_role("button", name="Fault", exact=True).click()
    dialog.get_by_label("Who, fault 1").select_option(label="Server 2")
    dialog.get_by_label("What, fault 1").select_option(label="Slow down")
    dialog.get_by_label("Time of fault 1, s").fill("4")
    dialog.get_by_label("Time of fault 1, s").press("Tab")
    dialog.get_by_label("Factor", exact=True).fill("5")
    dialog.get_by_label("Factor", exact=True).press("Tab")
    dialog.get_by_label("For how long, fault 1, s").fill("soon")
    expect(dialog.get_by_role("alert").filter(has_text="seconds")).to_be_visible()
    dialog.get_by_label("For how long, fault 1, s").fill("3")
    dialog.get_by_label("For how long, fault 1, s").press("Tab")
    dialog.get_by_role("button", name="Fault", exact=True).click()
    dialog.get_by_label("Who, fault 2").select_option(label="All traffic")
    expect(dialog.get_by_label("What, fault 2").locator("option:checked")).to_have_text("Traffic spike")
    dialog.get_by_role("button", name="Remove fault 2").click()
    first_page.page.keyboard.press("Escape")
    planned = first_page.page.locator(".timeline-mark.planned")
    expect(planned).to_have_attribute("title", re.compile("0:04 Slow down.*Factor: 5.*Server 2, until 0:07"))
    first_page.run()
    expect(marks(first_page)).to_have_text("Slow down")
    expect(marks(first_page)).to_have_count(0)
    for _step in ("removed", "whose", "second", "length", "factor", "time", "what", "who", "first"):
        first_page.click("Undo")
    expect(planned).to_have_count(0)


def test_a_hint_is_mended_with_one_click(first_page: Playground) -> None:
    before = first_page.inspector.get_by_role("listitem").filter(has_text="single point of failure")
    expect(before).to_have_count(1)
    mend = before.get_by_role("button").last
    name = mend.inner_text()
    mend.click()
    expect(first_page.button("Undo")).to_have_attribute("title", re.compile(re.escape(name)))
    first_page.page.keyboard.press("Escape")
    expect(before).to_have_count(0)
    first_page.click("Undo")
    expect(before).to_have_count(1)


def test_parameters_stay_readable(first_page: Playground) -> None:
    first_page.select("Shoppers")
    search = first_page.field("Find a parameter")
    search.fill("timeout")
    expect(first_page.field("Timeout")).to_be_visible()
    expect(first_page.field("Arrival rate")).to_have_count(0)
    first_page.field("Timeout").fill("1234")
    first_page.field("Timeout").press("Enter")
    expect(search).to_have_value("timeout")
    expect(first_page.inspector.get_by_role("button", name="Reset Timeout to its default")).to_be_visible()
    search.fill("")
    folded = first_page.inspector.locator("details.fold").filter(has=first_page.page.get_by_text("Uploads", exact=True))
    expect(folded.locator(".field").first).to_be_hidden()
    folded.locator("summary").click()
    field = folded.locator(".field-input").first
    field.fill("0.5")
    field.press("Enter")
    expect(folded.locator(".fold-digest")).to_contain_text("0.5")
    expect(folded.locator(".field").first).to_be_visible()
