"""Takes the README's pictures from the real page: `python -m tests.browser.screenshots OUTDIR`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.page import CHROMIUM, FLAGS, Playground, opened
from tests.web.servers import Server

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
TABLET = {"viewport": {"width": 1024, "height": 768}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
STEADY_MS = 12_000
AFTER_KILL_MS = 1_500
AFTER_PROMOTION_MS = 4_000


def tour(browser: Browser, origin: str, out: Path, name: str, options: dict) -> None:
    """Idle, running, just after the primary was killed, and recovered."""
    context, page = opened(browser, **options)
    page.open(f"{origin}/")
    page.page.wait_for_timeout(1500)
    shoot(page, out / f"{name}-idle.png")
    page.run()
    page.page.wait_for_timeout(STEADY_MS)
    shoot(page, out / f"{name}-running.png")
    page.card("Database").click()
    page.click("Kill")
    page.page.wait_for_timeout(AFTER_KILL_MS)
    shoot(page, out / f"{name}-killed.png")
    expect(page.page.locator(".timeline-mark.good")).to_have_count(1, timeout=60_000)
    page.page.wait_for_timeout(AFTER_PROMOTION_MS)
    shoot(page, out / f"{name}-recovered.png")
    context.close()


def shoot(page: Playground, path: Path) -> None:
    page.page.screenshot(path=path)
    print(path)


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) == 2 else sys.exit("usage: python -m tests.browser.screenshots OUTDIR")
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder), engine="sim_engine", environment={"DEBUG": "1"}) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tour(browser, server.origin, out, "desktop", DESKTOP)
        tour(browser, server.origin, out, "dark", {**DESKTOP, "color_scheme": "dark"})
        tour(browser, server.origin, out, "tablet", TABLET)
        tour(browser, server.origin, out, "phone", PHONE)
        browser.close()


if __name__ == "__main__":
    main()
