"""The HTML report: whole, self-contained, and deaf to what listings say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.harness.support.browser import violations
from tests.harness.support.runs import enlarged, judged

from x402_harness.reporting.html import render
from x402_harness.reporting.view import RunView
from x402_harness.runs.events import read_events

HOSTILE = '"><script>document.title="owned"</script><img src=x onerror=alert(1)>\u202egpj\x1b[31m{{7*7}}'


@pytest.fixture(scope="module")
def view(recorded) -> RunView:
    """The view of that run."""
    return judged(recorded)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, listings) -> list[dict]:
    """The events of a run over the project's listings and a hostile one, read back."""
    import asyncio

    from x402_harness.runs.config import RunConfig, Surroundings
    from x402_harness.runs.events import Journal, Stream
    from x402_harness.runs.runner import Runner

    folder = tmp_path_factory.mktemp("run")
    (folder / "hostile.json").write_text(json.dumps(hostile(listings)))
    journal = Journal(folder / "events.ndjson")
    around = Surroundings("20260102-030405-abcd", folder, lambda: 1767323045.0, lambda count: b"\x07" * count)
    counter = iter(range(1, 10_000))
    around = Surroundings(around.run_id, folder, around.clock, lambda count: next(counter).to_bytes(count, "big"))
    config = RunConfig(sources=(str(listings), str(folder / "hostile.json")), rows=2)
    asyncio.run(Runner(config, around, Stream(around.clock, (journal,))).run())
    journal.close()
    return list(read_events(folder / "events.ndjson"))


def hostile(listings: Path) -> dict:
    listing = json.loads((listings / "api-blockpulse-example-base-gas.json").read_text())
    for member in ("title", "slug", "summary", "category"):
        listing[member] = HOSTILE
    listing["url"] = "javascript:alert(1)//" + HOSTILE
    listing["accepts"][0]["network"] = HOSTILE
    return listing


class Tags(HTMLParser):
    """The tags of a page with their attributes, and whether every one was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "line", "circle", "rect", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def test_the_page_runs_nothing_and_fetches_nothing(view):
    tags = parsed(render(view))
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "iframe", "object", "embed", "link", "img", "form", "base"}
    for tag, attributes in tags.seen:
        assert not {name for name in attributes if name.startswith("on")} | {"src", "srcset"} & set(attributes)
        assert tag == "a" or "href" not in attributes
        if tag == "a" and not attributes["href"].startswith("#"):
            assert attributes["href"].startswith(("https://", "http://"))
            assert attributes["rel"] == "noreferrer noopener"
    assert tags.open == []


def test_the_policy_forbids_scripts_and_connections(view):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', render(view))
    assert policy
    assert policy[1].startswith("default-src 'none'")
    assert "script" not in policy[1]


def test_text_of_listings_stays_text(view):
    page = render(view)
    assert "<script" not in page
    assert "&lt;script&gt;document.title=" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "{{7*7}}" in page


def test_every_finding_listing_skip_and_purchase_is_told(view):
    page = render(view)
    for finding in view.all_findings:
        assert finding.rule in page
    for listing in view.listings.values():
        assert listing.claims
        for case in listing.cases:
            assert case.started["case"] in page
    assert "free: there is nothing to buy" in page


def test_simulated_purchases_are_never_told_as_proof(view):
    page = render(view)
    assert "says nothing about the real seller" in page
    assert page.count('<span class="badge warn">simulated</span>') == len(view.cases)  # all of which it shows whole


def test_no_signature_stands_in_the_page_or_the_events(view):
    assert not re.search(r"0x[0-9a-fA-F]{130}", render(view))


def test_the_verdict_and_every_gate_are_told(view):
    page = render(view)
    assert "✗ Failed" in page
    assert page.count("✓ passed</span>") + page.count("✗ failed</span>") == len(view.gates)
    assert "✓ Passed" in render(replace(view, exit_code=0))


def test_a_run_that_was_killed_still_makes_a_page(view):
    killed = replace(view, ended=None, finished_at=None)
    assert "not finished" in render(killed)


@pytest.mark.parametrize("purchases", [500, 5000])
def test_a_run_of_any_size_makes_a_page_that_opens_at_once(recorded, purchases):
    view = judged(enlarged(recorded, purchases))
    page = render(view)
    assert len(page.encode()) < 3_000_000
    assert len(view.cases) >= purchases
    assert {case.started["case"] for case in view.cases} <= set(re.findall(r"\b[0-9a-f]{6}\d{6}\b", page))
    assert "report.json holds them all" in page


def test_of_many_purchases_those_that_failed_are_shown_whole(recorded):
    view = judged(enlarged(recorded, 600))
    page = render(view)
    shown = set(re.findall(r'<details class="inner" id="c(\w+)"', page))
    assert 20 < len(shown) < 600
    odd = {case.started["case"] for case in view.cases if case.ended["failed"] or case.findings}
    assert odd
    assert odd <= shown or shown <= odd
    assert "--to har" in page


def test_links_within_the_page_lead_somewhere(recorded):
    page = render(judged(enlarged(recorded, 600)))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.browser
@pytest.mark.parametrize("width", [380, 1200])
def test_a_browser_shows_it_without_running_anything(view, tmp_path, width):
    chromium = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    page = tmp_path / "report.html"
    page.write_text(render(view), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    where = [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom", page.as_uri()]
    done = subprocess.run([chromium, *flags, *where], capture_output=True, text=True, timeout=120, check=True)
    assert "<title>testbuy run 20260102-030405-abcd: failed</title>" in done.stdout
    assert "Refused to" not in done.stderr


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("purchases", [5, 500])
def test_everybody_can_read_it(recorded, tmp_path, axe, purchases, scheme):
    page = render(judged(enlarged(recorded, purchases)))
    assert violations(page, axe, tmp_path, scheme) == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """The text of axe-core, from npm."""
    npm = shutil.which("npm") or pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run([npm, "install", "--prefix", folder, "axe-core@4"], check=True, capture_output=True, timeout=120)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
