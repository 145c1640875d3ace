"""Steps 7 and 8: save, share, fork; lose the network, close the page, meet somebody else's save."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.page import Playground, playground_in
from tests.browser.wire import Wire
from tests.web.servers import Server

pytestmark = pytest.mark.browser


def rename(page: Playground, name: str) -> None:
    page.page.get_by_label("Name of the design").fill(name)
    page.page.get_by_label("Name of the design").press("Enter")


def test_save_share_and_fork(first_page: Playground, new_page: Callable[..., Playground]) -> None:
    rename(first_page, "Shop of mine")
    first_page.click("Save")
    expect(first_page.note(re.compile("key to edit it"))).to_be_visible()
    expect(first_page.saved()).to_have_text("Saved")
    secret = first_page.page.url
    assert "/d/" in secret
    first_page.click("Share")
    link = first_page.page.get_by_label("View link")
    expect(link).to_have_value(re.compile("/d/"))
    shared = link.input_value()
    assert shared != secret

    visitor = new_page().open(shared)
    expect(visitor.page).to_have_title(re.compile("Shop of mine"))
    expect(visitor.button("Save")).to_have_count(0)
    expect(visitor.palette).to_have_count(0)
    visitor.select("Database")
    expect(visitor.field("Label")).to_be_disabled()
    visitor.run()
    visitor.story("The run has started")
    visitor.click("Kill")
    visitor.story("Database was killed")
    visitor.click("Fork")
    visitor.page.wait_for_url(lambda url: url != shared)
    visitor.page.locator("body[data-ready]").wait_for()
    rename(visitor, "Fork of it")
    visitor.click("Save")
    expect(visitor.saved()).to_have_text("Saved")
    assert visitor.page.url not in (secret, shared)

    first_page.page.get_by_role("button", name=re.compile("^Revoke")).first.click()
    expect(first_page.page.get_by_text("The link no longer works.")).to_be_visible()
    refused = visitor.page.goto(shared)
    assert refused
    assert refused.status == 404
    visitor.errors.clear()


def test_a_stale_save_keeps_both(first_page: Playground, new_page: Callable[..., Playground]) -> None:
    first_page.click("Save")
    expect(first_page.saved()).to_have_text("Saved")
    other = new_page().open(first_page.page.url)
    rename(other, "Theirs")
    other.click("Save")
    expect(other.saved()).to_have_text("Saved")
    rename(first_page, "Mine")
    first_page.click("Save")
    dialog = first_page.page.get_by_role("dialog", name=re.compile("Somebody else"))
    expect(dialog).to_contain_text("Both versions are kept")
    dialog.get_by_role("button", name="Put mine on top").click()
    expect(first_page.saved()).to_have_text("Saved")
    other.page.reload()
    expect(other.page).to_have_title(re.compile("^Mine"))
    first_page.errors.clear()  # the 409 is in the console


def test_unsaved_work_outlives_the_page(first_page: Playground, real_server: Server) -> None:
    rename(first_page, "Not saved yet")
    kept = "() => Object.values(localStorage).some((text) => text.includes('Not saved yet'))"
    first_page.page.wait_for_function(kept)
    context = first_page.page.context
    first_page.page.close()
    again = playground_in(context).open(f"{real_server.origin}/")
    expect(again.page).to_have_title(re.compile("^Not saved yet"))
    note = again.note(re.compile("was not saved yet"))
    expect(note).to_be_visible()
    note.get_by_role("button", name="Discard it").click()
    expect(again.page).not_to_have_title(re.compile("^Not saved yet"))


def test_a_reload_goes_on_watching(first_page: Playground) -> None:
    first_page.run()
    expect(first_page.clock).to_contain_text("0:02")
    first_page.page.reload()
    first_page.story("The run has started")
    expect(first_page.button("Pause")).to_be_enabled()
    first_page.click("Stop")
    expect(first_page.button("Run")).to_be_visible()


@pytest.fixture
def wire(real_server: Server) -> Iterator[Wire]:
    relay = Wire(real_server.port)
    yield relay
    relay.close()


def test_it_comes_back_after_the_network_was_lost(new_page: Callable[..., Playground], wire: Wire) -> None:
    page = new_page().open(f"{wire.origin}/")
    page.run()
    expect(page.clock).to_contain_text("0:01")
    wire.cut()
    expect(page.page.locator("#connection")).to_have_text(re.compile("Connection lost"))
    page.page.wait_for_timeout(1200)
    wire.mend()
    expect(page.note(re.compile(r"Reconnected at \d:\d\d, caught up \d+ frames"))).to_be_visible(timeout=20_000)
    expect(page.page.locator("#connection")).to_be_hidden()
    stood = page.clock.inner_text()
    expect(page.clock).not_to_have_text(stood)
    page.errors.clear()  # the browser reports each failed attempt
