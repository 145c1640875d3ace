"""A loss told as a story: the card that comes when traffic is back, its way to what decided it, and back from the log."""

import pytest
from playwright.sync_api import expect

from tests.browser.page import Playground

pytestmark = pytest.mark.browser


def test_the_card_of_a_failover_leads_to_what_decided_it(first_page: Playground) -> None:
    first_page.choose_scenario("The primary dies at 30 s")
    first_page.speed("Max")
    first_page.run()
    card = first_page.page.get_by_role("complementary", name="Database: killed")
    expect(card).to_be_visible()
    expect(card).to_contain_text("until traffic was back")
    card.get_by_role("button", name="What decided it").click()
    expect(card).to_contain_text("writes lost")
    card.get_by_role("button", name="Promotion time").click()
    expect(first_page.inspector.get_by_label("Label", exact=True)).to_have_value("Database")
    expect(first_page.field("Promotion time")).to_be_focused()
    card.get_by_role("button", name="Close").focus()
    first_page.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    line = first_page.events.get_by_role("listitem").filter(has_text="traffic was back")
    line.get_by_role("button", name="Summary").press("Enter")
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    first_page.page.keyboard.press("Escape")
    expect(line.get_by_role("button", name="Summary")).to_be_focused()
