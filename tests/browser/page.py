"""The page as its users name things: what the journeys click and read."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = "/usr/bin/chromium"
WITHIN_MS = 15_000


class Playground:
    """One open page."""

    def __init__(self, page: Page, errors: list[str]) -> None:
        self.page = page
        self.errors = errors
        self.canvas = page.get_by_role("region", name="Canvas", exact=True)
        self.palette = page.get_by_role("region", name="Palette", exact=True)
        self.inspector = page.get_by_role("region", name="Inspector", exact=True)
        self.events = page.get_by_role("region", name="Events", exact=True)
        self.clock = page.locator("#clock-simulated")

    def open(self, url: str) -> "Playground":
        self.page.goto(url)
        self.page.locator("body[data-ready]").wait_for(timeout=WITHIN_MS)
        return self

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def click(self, name: str) -> None:
        self.button(name).click()

    def card(self, label: str) -> Locator:
        return self.canvas.locator(f'[model-id][tabindex="0"][aria-label^="{label},"]')

    def cards(self) -> Locator:
        return self.canvas.locator('[model-id][tabindex="0"]')

    def links(self) -> Locator:
        return self.canvas.locator(".joint-link")

    def select(self, label: str) -> None:
        self.card(label).click()
        expect(self.inspector.get_by_label("Label", exact=True)).to_have_value(label)

    def field(self, title: str) -> Locator:
        return self.inspector.get_by_label(title, exact=True)

    def speed(self, name: str) -> None:
        self.page.get_by_role("group", name="Speed").get_by_text(name, exact=True).click()

    def choose_scenario(self, title: str) -> None:
        self.page.get_by_label("Scenario", exact=True).select_option(label=title)

    def run(self) -> None:
        self.click("Run")
        expect(self.button("Stop")).to_be_visible()

    def story(self, text: str | re.Pattern[str], within_ms: int = WITHIN_MS) -> None:
        expect(self.events.get_by_role("listitem").filter(has_text=text).first).to_be_visible(timeout=within_ms)

    def finish(self, within_ms: int = 30_000) -> None:
        expect(self.button("Run")).to_be_visible(timeout=within_ms)

    def totals(self) -> str:
        """The result, exact, as the inspector shows it with nothing selected."""
        self.page.keyboard.press("Escape")
        values = self.inspector.locator(".metrics dd[title]")
        expect(values.first).to_be_visible()
        return " ".join(str(values.nth(i).get_attribute("title")) for i in range(values.count()))

    def saved(self) -> Locator:
        return self.page.locator("#saved-state")

    def note(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("status").filter(has_text=text)


def opened(browser: Browser, **options: Any) -> tuple[BrowserContext, Playground]:
    options.setdefault("viewport", {"width": 1440, "height": 900})
    options.setdefault("reduced_motion", "reduce")  # software drawing of moving dots takes most of a small machine
    context = browser.new_context(**options)
    return context, playground_in(context)


def playground_in(context: BrowserContext) -> Playground:
    context.set_default_timeout(10_000)
    # The first page of a cold server, on a busy machine.
    context.set_default_navigation_timeout(45_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return Playground(page, errors)
