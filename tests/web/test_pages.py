"""The pages and what surrounds them: headers, boot block, languages, static files."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from playground import static_files
from tests.web.conftest import Browser, a_design
from tests.web.servers import Server, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("double")]


class Scripts(HTMLParser):
    """The page's script elements and its JSON block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.boot = ""
        self._in_boot = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attributes))
            self._in_boot = dict(attributes).get("id") == "boot"

    def handle_endtag(self, tag: str) -> None:
        self._in_boot = False

    def handle_data(self, data: str) -> None:
        if self._in_boot:
            self.boot += data


def boot_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Scripts(text).boot)
    return found


def policy_of(response: Any) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    return {name: value for name, _space, value in parts}


@pytest.mark.parametrize("path", ["/", "/api/catalogue/", "/api/limits/", "/nothing/", "/d/wrong/", "/api/designs/wrong/", "/api/nothing/"])
def test_every_answer_has_the_security_headers(browser: Browser, path: str) -> None:
    response = browser.get(path)
    policy = policy_of(response)
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert re.fullmatch(r"'self'( 'nonce-[^']+')?", policy["script-src"])
    assert policy["connect-src"] == "'self'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


def test_nonce_is_new_each_time_and_fits_the_page(browser: Browser) -> None:
    nonces = set()
    for _ in range(3):
        response = browser.get("/")
        nonce = re.search(r"'nonce-([^']+)'", policy_of(response)["script-src"])
        assert nonce
        nonces.add(nonce[1])
        for script in Scripts(response.content.decode()).scripts:
            # Inline scripts carry the nonce; the others come from our own address. JSON is no script.
            inline = "src" not in script and script.get("type") != "application/json"
            assert script.get("nonce") == nonce[1] if inline else True
    assert len(nonces) == 3


def test_first_page_starts_from_the_first_design(browser: Browser) -> None:
    response = browser.get("/")
    boot = boot_of(response.content.decode())
    assert (boot["access"], boot["token"], boot["revision"]) == ("new", None, None)
    assert boot["design"]["format"] == "architecture-playground"
    assert boot["catalogue_url"] == "/api/catalogue/"
    assert boot["figures"]
    assert response["Cache-Control"] == "no-store"
    assert "csrftoken" in response.cookies


def test_saved_design_opens_by_its_secret(browser: Browser, stranger: Browser) -> None:
    hostile = "</script><script>alert(1)</script><!--"
    secret = browser.post_json("/api/designs/", {"design": a_design(name=hostile)}).json()["edit_token"]
    response = stranger.get(f"/d/{secret}/")
    boot = boot_of(response.content.decode())
    assert (boot["access"], boot["token"], boot["revision"]) == ("edit", secret, 1)
    assert boot["design"]["name"] == hostile
    assert "<script>alert" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_language_by_header_and_by_switch(browser: Browser) -> None:
    assert boot_of(browser.get("/").content.decode())["language"] == "en"
    bulgarian = browser.get("/", headers={"accept-language": "bg-BG,bg;q=0.9,en;q=0.5"})
    assert boot_of(bulgarian.content.decode())["language"] == "bg"
    assert '<html lang="bg"' in bulgarian.content.decode()
    assert browser.post("/language/", {"language": "bg", "next": "/"}).status_code == 302
    assert boot_of(browser.get("/", headers={"accept-language": "en"}).content.decode())["language"] == "bg"
    # Refusals too are in the visitor's language.
    text = browser.get("/api/designs/wrong/").json()["error"]["text"]
    assert re.search("[а-я]", text)
    assert browser.get("/nothing/").content.decode().count("404")


def test_language_switch_does_not_redirect_elsewhere(browser: Browser) -> None:
    answer = browser.post("/language/", {"language": "bg", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_catalogue_is_answered_once(browser: Browser) -> None:
    first = browser.get("/api/catalogue/")
    assert first.status_code == 200
    again = browser.get("/api/catalogue/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_limits_are_told(browser: Browser) -> None:
    told = browser.get("/api/limits/").json()
    assert told["web"]["design_bytes"]["value"] == 256 * 1024
    assert all(entry["unit"] and entry["reason"] for entry in told["web"].values())
    assert told["engine"]["components"] == 500


def test_what_fails_inside_says_so_politely(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.raise_request_exception = False

    def broken(*_arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("playground.pages.figures", broken)
    monkeypatch.setattr("playground.designs.views.findings", broken)
    page, api = browser.get("/"), browser.post_json("/api/check/", {"design": a_design()})
    assert (page.status_code, api.status_code) == (500, 500)
    assert api.json()["error"]["code"] == "internal"
    assert "secret detail" not in page.content.decode() + api.content.decode()


def test_cookies_are_careful(browser: Browser) -> None:
    session = browser.post_json("/api/designs/", {"design": a_design()}).cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_import_map_names_every_module_by_its_hash(server: Server) -> None:
    """What the browser is sent is there, hashed, compressed and cached for ever."""
    page = Visitor(server).get("/")[1]
    found = re.search(r'<script type="importmap" nonce="[^"]+">(.*?)</script>', page)
    assert found
    imports = json.loads(found[1])["imports"]
    own = {f"/static/{path.relative_to(settings.BASE_DIR / 'static').as_posix()}" for path in modules()}
    assert own <= set(imports)
    assert set(static_files.VENDOR_MODULES) <= set(imports)
    import urllib.request

    for target in list(imports.values())[:5] + [imports[name] for name in static_files.VENDOR_MODULES]:
        assert re.search(r"\.[0-9a-f]{12}\.m?js$", target)
        request = urllib.request.Request(server.origin + target, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"


def modules() -> list[Path]:
    return list((settings.BASE_DIR / "static").rglob("*.js"))
