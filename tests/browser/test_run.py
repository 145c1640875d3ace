"""Steps 2, 4, 5 and 6: run the first page's design, break it, steer it, pick another scenario."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.page import Playground
from tests.web.servers import Server

pytestmark = pytest.mark.browser


def test_one_click_runs_the_first_design(real_server: Server, new_page: Callable[..., Playground]) -> None:
    first_page = new_page(reduced_motion="no-preference").open(f"{real_server.origin}/")
    expect(first_page.canvas.get_by_text(re.compile("^Press Run"))).to_be_visible()
    assert first_page.cards().count() >= 9
    expect(first_page.page.locator(".plotly-host .main-svg").first).to_be_attached()
    first_page.run()
    rate = first_page.card("Load balancer").locator(".card-headline")
    expect(rate).to_have_text(re.compile(r"\d+/s"), timeout=20000)
    charts = first_page.page.get_by_role("region", name="Charts")
    for title in ("Requests", "Latency", "Utilisation", "Cache hit ratio", "Behind", "Errors by cause"):
        expect(charts.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(charts.get_by_text(re.compile(r"^p95\d+ ms$"))).to_be_visible()
    charts.get_by_role("button", name="Show as table: Latency").click()
    expect(charts.get_by_role("columnheader", name="p99")).to_be_visible()
    first_page.click("Stop")
    expect(first_page.button("Run")).to_be_visible()


def test_a_speed_that_is_chosen_while_the_run_starts_is_kept(first_page: Playground) -> None:
    first_page.click("Run")
    first_page.speed("Max")
    first_page.finish(60_000)
    expect(first_page.page.get_by_role("radio", name="As fast as it goes")).to_be_checked()
    expect(first_page.note("not connected")).to_have_count(0)
    expect(first_page.clock).to_contain_text("5:00")


def test_the_primary_dies_and_the_log_tells_the_story(first_page: Playground) -> None:
    first_page.speed("10×")
    first_page.run()
    first_page.select("Database")
    first_page.click("Kill")
    first_page.story("Database was killed")
    first_page.story(re.compile("Database failed the checks of .* primary is lost"))
    first_page.story(re.compile("is the new primary .* Acknowledged writes lost: \\d"))
    causes = first_page.page.locator(".chart").filter(has_text="Errors by cause").locator(".chart-legend")
    expect(causes).to_contain_text("Connection refused")
    first_page.story("traffic was back")
    expect(first_page.page.locator(".timeline-mark")).to_have_count(4)
    expect(first_page.card("Database")).to_have_attribute("aria-label", re.compile("Down, taken out"))
    first_page.click("Restore")
    first_page.story("Database runs again")


def test_a_server_and_the_cache_die(first_page: Playground) -> None:
    first_page.speed("10×")
    first_page.run()
    first_page.select("Server 1")
    first_page.click("Kill")
    first_page.story(re.compile("Load balancer took Server 1 out of rotation"))
    first_page.click("Restore")
    first_page.story(re.compile("Load balancer put Server 1 back"))
    first_page.select("Cache")
    first_page.inspector.get_by_text("Break it").click()
    first_page.field("How it dies").select_option("machine")
    first_page.click("Start: Kill")
    first_page.story("The machine of Cache is gone")


def test_pause_resume_and_the_same_numbers_again(first_page: Playground) -> None:
    first_page.choose_scenario("Spike")
    first_page.run()
    expect(first_page.clock).to_contain_text("0:01")
    first_page.click("Pause")
    expect(first_page.button("Resume")).to_be_visible()
    stood = first_page.clock.inner_text()
    first_page.page.wait_for_timeout(700)
    assert first_page.clock.inner_text() == stood
    first_page.click("Resume")
    first_page.speed("Max")
    results = []
    for _round in range(2):
        first_page.finish()
        results.append(first_page.totals())
        if len(results) < 2:
            first_page.run()
    assert results[0] == results[1]
    assert re.match(r"\d{4,} ", results[0])


def test_a_scenario_kills_by_itself(first_page: Playground) -> None:
    first_page.choose_scenario("The primary dies at 30 s")
    expect(first_page.page.locator(".timeline-mark.planned")).to_have_count(1)
    first_page.speed("Max")
    first_page.run()
    first_page.story(re.compile(r"0:30\.\d\s*Database was killed"))
    first_page.finish()


def test_a_scenario_of_ones_own(first_page: Playground) -> None:
    first_page.click("Edit scenarios")
    dialog = first_page.page.get_by_role("dialog", name="Scenarios")
    dialog.get_by_role("button", name="New scenario").last.click()
    dialog.get_by_label("Title").fill("Mine")
    dialog.get_by_label("Duration in seconds").fill("20")
    dialog.get_by_role("button", name="Traffic point").click()
    dialog.get_by_label("Traffic at point 1, times normal").fill("2")
    dialog.get_by_role("button", name="Fault", exact=True).click()
    dialog.get_by_label("Time of fault 1, s").fill("5")
    dialog.get_by_label("Who, fault 1").select_option(label="Server 2")
    dialog.get_by_label("Time of fault 1, s").fill("-5")
    dialog.get_by_label("Time of fault 1, s").press("Tab")
    expect(dialog.get_by_label("Time of fault 1, s")).to_have_attribute("aria-invalid", "true")
    first_page.page.keyboard.press("Escape")
    expect(first_page.page.get_by_label("Scenario", exact=True).locator("option:checked")).to_have_text("Mine")
    first_page.speed("Max")
    first_page.run()
    first_page.story(re.compile(r"0:05\.\d\s*Server 2 was killed"))
    first_page.finish()
