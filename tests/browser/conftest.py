"""A real server on a free port and a real Chromium. Both end with this folder's tests: Playwright's loop would
otherwise be in the way of asynchronous tests elsewhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.page import CHROMIUM, FLAGS, Playground, opened
from tests.web.servers import Server

# What must happen soon is measured elsewhere; here a busy machine shall not fail a journey.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browser")
    with Server(folder, engine="sim_engine", RUNS_PER_VISITOR=10, RUNS_AT_ONCE=30) as server:
        yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Playground]]:
    """Opens pages, each in a browser context of its own; a page that reported an error fails its test."""
    open_now: list[Any] = []

    def make(**options: Any) -> Playground:
        context, playground = opened(chromium, **options)
        open_now.append((context, playground))
        return playground

    yield make
    errors = [error for _context, playground in open_now for error in playground.errors]
    for context, _playground in open_now:
        context.close()
    assert errors == []


@pytest.fixture
def first_page(real_server: Server, new_page: Callable[..., Playground]) -> Playground:
    return new_page().open(f"{real_server.origin}/")
