"""The explorer in a real browser: looked through as a person does, without a script of its own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.explorer.conftest import TOKEN
from tests.harness.explorer.test_hostile import BIDI, LONG, SCRIPT, spoiled

from x402_catalog.reading import read
from x402_catalog.store import Catalogue
from x402_harness.explorer import Guard, Shelf, explorer
from x402_harness.reporting.session import run_and_report
from x402_harness.runs.config import RunConfig
from x402_harness.sandbox.server import Serving

pytestmark = pytest.mark.browser
VENICE = "api-venice-ai-api-v1-images-generations"
_PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def reports(listings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recorded run."""
    folder = tmp_path_factory.mktemp("reports")
    source = str(listings / "api-blockpulse-example-base-gas.json")
    run_and_report(RunConfig(sources=(source,), rows=1), folder, quiet=True)
    return folder


@pytest.fixture(scope="module")
def browser(reports: Path) -> Iterator[Any]:
    """The Chromium that is installed. While it is driven the thread's event loop runs: what needs one comes first."""
    chromium = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def address(catalogue_file: Path, reports: Path) -> Iterator[str]:
    """The project's listings, served, with a recorded run."""
    with Serving(Guard(explorer(Shelf(catalogue_file, "catalogue.db", reports)), TOKEN)) as serving:
        yield serving.url


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Opens the explorer at an address in a fresh profile, with what the browser complained of in ``complaints``."""
    contexts = []

    def go(address: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        context.set_default_timeout(_PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("dialog", lambda dialog: page.complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda asked: None if asked.url.startswith((address, "data:")) else
                page.complaints.append(f"asked {asked.url}"))  # fmt: skip
        page.goto(f"{address}/?token={TOKEN}")
        page.wait_for_url(f"{address}/")
        return page

    yield go
    for context in contexts:
        context.close()


def fits(page: Any) -> bool:
    """Whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_person_searches_filters_goes_back_and_compares(visit, address):
    page = visit(address, java_script_enabled=False)
    page.get_by_label("Search", exact=True).fill("image")
    page.get_by_label("Search", exact=True).press("Enter")
    page.wait_for_url(f"{address}/?q=image**")
    assert "Venice AI" in page.inner_text("main")

    page.get_by_role("link", name="remove search image").click()
    page.get_by_role("complementary").get_by_role("link", name="media").click()
    page.wait_for_url("**category=media**")
    assert page.inner_text(".count").startswith("3 of 17")
    page.go_back()
    page.wait_for_url(lambda url: "category" not in url)
    assert page.inner_text(".count").startswith("17 of 17")
    page.go_forward()
    page.wait_for_url("**category=media**")

    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare the picked").click()
    page.wait_for_url(f"{address}/compare?slug=**")
    assert "≠ differs" in page.inner_text("main")
    page.get_by_role("columnheader").get_by_role("link").first.click()
    page.wait_for_url(f"{address}/listing?slug=**")
    assert page.complaints == []


def test_every_listing_is_reached_by_paging(visit, address):
    page = visit(address)
    page.goto(f"{address}/?limit=6")
    seen = page.locator("a.title").all_inner_texts()
    while page.get_by_role("link", name="Next →").count():
        before = page.url
        page.get_by_role("link", name="Next →").click()
        page.wait_for_url(lambda url, before=before: url != before)
        seen += page.locator("a.title").all_inner_texts()
    assert len(seen) == len(set(seen)) == 17
    page.get_by_role("link", name="← Previous").click()
    page.wait_for_url("**offset=6")


def test_the_keyboard_is_enough(visit, address):
    page = visit(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    reached = page.evaluate("document.activeElement.id")
    assert reached in ("q", "price", "sort")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"


@pytest.fixture
def hostile(tmp_path: Path, blockpulse: dict) -> Iterator[str]:
    """Hostile listings, served."""
    made = [spoiled(blockpulse, SCRIPT), spoiled(blockpulse, BIDI)]
    made.append(blockpulse | {"slug": "l", "title": LONG, "summary": LONG})
    made.append(blockpulse | {"slug": "s", "url": f"https://x.example/{LONG}", "category": LONG})
    (tmp_path / "hostile.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made))
    with Catalogue.create(tmp_path / "hostile.db") as catalogue:
        catalogue.add(read([str(tmp_path / "hostile.jsonl")]), ["hostile"], 1767323045.0)
    with Serving(Guard(explorer(Shelf(tmp_path / "hostile.db", "hostile.db", tmp_path)), TOKEN)) as serving:
        yield serving.url


@pytest.mark.parametrize("width", [360, 1200])
def test_hostile_listings_do_nothing(visit, hostile, width):
    page = visit(hostile, viewport={"width": width, "height": 800})
    paths = page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    named = "all => all.map(one => `${one.name}=${encodeURIComponent(one.value)}`)"
    picks = page.get_by_role("checkbox").evaluate_all(named)
    for path in dict.fromkeys(["/", "/stats", f"/compare?{'&'.join(picks)}", *paths]):
        if path.startswith("/") and ".json" not in path and ".csv" not in path:
            assert page.goto(hostile + path).status == 200
            assert page.title().endswith("– testbuy")
            assert fits(page), path[:200]
    assert page.complaints == []


def test_the_policy_stops_a_script_that_got_in_all_the_same(visit, address):
    page = visit(address)
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
    }""")
    assert page.title() != "owned"
    assert any("Content Security Policy" in one for one in page.complaints)


@pytest.fixture(scope="module")
def every_path(address: str) -> list[str]:
    """A page of each kind."""
    return [
        "/", "/?q=image&category=media&network=base", "/?limit=3", "/?q=zzzz", "/?price=x", "/nowhere", "/runs",
        f"/listing?slug={VENICE}", f"/compare?like={VENICE}", "/host?name=api.venice.ai", "/stats",
        "/stats?by=network&category=media",
    ]  # fmt: skip


LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "viewport": {"width": 360, "height": 800}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits_and_follows_the_colours_that_are_wished_for(visit, address, every_path, look):
    page = visit(address, **LOOKS[look])
    for path in every_path:
        page.goto(address + path)
        assert fits(page), path
        red, *_ = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        assert (red < 80) == (look == "dark"), path


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page(visit, address, every_path, look):
    axe = Path(os.environ.get("TESTBUY_AXE") or pytest.skip("TESTBUY_AXE does not name axe-core's axe.min.js"))
    page = visit(address, **LOOKS[look])
    run = page.request.get(f"{address}/runs.json").json()["runs"][0]["run"]
    for path in [*every_path, *([f"/run?id={run}"] if look == "light" else [])]:
        page.goto(address + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")
        assert found["passes"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]] == [], path


def test_a_page_prints_without_what_cannot_be_pressed(visit, address):
    page = visit(address)
    page.emulate_media(media="print")
    for hidden in (".search", "aside", "button", ".top nav"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator("table.listings").is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_another_site_gets_nothing(visit, address, tmp_path):
    page = visit(address)
    (tmp_path / "evil.html").write_text(f'<a href="{address}/index.json">go</a><iframe src="{address}/"></iframe>')
    page.goto((tmp_path / "evil.html").as_uri())
    ask = f"fetch('{address}/index.json', {{credentials: 'include'}}).then(() => 'read', () => 'refused')"
    fetched = page.evaluate(ask)
    assert fetched == "refused"
    page.get_by_role("link", name="go").click()
    page.wait_for_url("**/index.json")
    assert "needs a token" in page.inner_text("body")
