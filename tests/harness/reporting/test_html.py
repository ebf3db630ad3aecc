"""The HTML report: whole, self-contained, and deaf to what listings say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from x402_harness.reporting.html import render
from x402_harness.reporting.view import RunView, fold
from x402_harness.runs.events import read_events

HOSTILE = '"><script>document.title="owned"</script><img src=x onerror=alert(1)>\u202egpj\x1b[31m{{7*7}}'


@pytest.fixture(scope="module")
def view(tmp_path_factory, listings) -> RunView:
    """The view of a run over the project's listings and a hostile one, read back from its events."""
    import asyncio

    from x402_harness.runs.events import Journal, Stream
    from x402_harness.runs.runner import RunConfig, Runner, Surroundings

    folder = tmp_path_factory.mktemp("run")
    (folder / "hostile.json").write_text(json.dumps(hostile(listings)))
    journal = Journal(folder / "events.ndjson")
    around = Surroundings("20260102-030405-abcd", folder, lambda: 1767323045.0, lambda count: b"\x07" * count)
    counter = iter(range(1, 10_000))
    around = Surroundings(around.run_id, folder, around.clock, lambda count: next(counter).to_bytes(count, "big"))
    config = RunConfig(sources=(str(listings), str(folder / "hostile.json")), rows=2)
    asyncio.run(Runner(config, around, Stream(around.clock, (journal,))).run())
    journal.close()
    return fold(read_events(folder / "events.ndjson"))


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
        if tag not in {"meta", "br", "line", "circle", "rect", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def test_the_page_runs_nothing_and_fetches_nothing(view):
    tags = parsed(render(view, 1))
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "iframe", "object", "embed", "link", "img", "form", "base"}
    for tag, attributes in tags.seen:
        assert not {name for name in attributes if name.startswith("on")} | {"src", "srcset"} & set(attributes)
        assert tag == "a" or "href" not in attributes
        if tag == "a":
            assert attributes["href"].startswith(("https://", "http://"))
            assert attributes["rel"] == "noreferrer noopener"
    assert tags.open == []


def test_the_policy_forbids_scripts_and_connections(view):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', render(view, 1))
    assert policy
    assert policy[1].startswith("default-src 'none'")
    assert "script" not in policy[1]


def test_text_of_listings_stays_text(view):
    page = render(view, 1)
    assert "<script" not in page
    assert "&lt;script&gt;document.title=" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "{{7*7}}" in page


def test_every_finding_listing_skip_and_purchase_is_told(view):
    page = render(view, 1)
    for finding in view.all_findings:
        assert finding.rule in page
    for listing in view.listings.values():
        assert listing.claims
        for case in listing.cases:
            assert case.started["case"] in page
    assert "free: there is nothing to buy" in page


def test_simulated_purchases_are_never_told_as_proof(view):
    page = render(view, 1)
    assert "says nothing about the real seller" in page
    assert page.count('<span class="badge warn">simulated</span>') == len(view.cases)


def test_no_signature_stands_in_the_page_or_the_events(view):
    assert not re.search(r"0x[0-9a-fA-F]{130}", render(view, 1))


def test_the_verdict_follows_the_exit_code(view):
    assert "✗ Failed" in render(view, 1)
    assert "✓ Passed" in render(view, 0)


def test_a_run_that_was_killed_still_makes_a_page(view):
    killed = RunView(started=view.started, listings=view.listings)
    assert "not finished" in render(killed, 1)


def test_a_large_run_keeps_the_page_small_and_shows_what_failed(view):
    listing = next(one for one in view.listings.values() if one.cases)
    many = dict.fromkeys(range(1000), listing)
    page = render(RunView(started=view.started, listings=many, ended=view.ended), 1)
    assert len(page) < 4_000_000
    assert "Both legs of each are in events.ndjson" in page
    assert "report.json holds them all" in page


@pytest.mark.browser
@pytest.mark.parametrize("width", [380, 1200])
def test_a_browser_shows_it_without_running_anything(view, tmp_path, width):
    chromium = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    page = tmp_path / "report.html"
    page.write_text(render(view, 1), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    where = [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom", page.as_uri()]
    done = subprocess.run([chromium, *flags, *where], capture_output=True, text=True, timeout=120, check=True)
    assert "<title>testbuy run 20260102-030405-abcd: failed</title>" in done.stdout
    assert "Refused to" not in done.stderr
