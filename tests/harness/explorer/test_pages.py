"""The pages: what they show, where their links lead, and that each has the same as JSON."""

from __future__ import annotations

import csv
import json
import shlex
from io import StringIO

import pytest
from tests.harness.support.pages import Page

from x402_catalog.store import Catalogue
from x402_harness.explorer import Shelf

VENICE = "api-venice-ai-api-v1-images-generations"
PAGES = [
    "/", "/?q=image&price=%3C%3D20&sort=-price", "/?limit=5&offset=5", f"/listing?slug={VENICE}",
    f"/compare?like={VENICE}", "/host?name=api.venice.ai", "/stats", "/stats?by=network", "/runs",
]  # fmt: skip


def shown(client, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_fetches_nothing_of_others(client, path):
    page = shown(client, path)
    assert not {"script", "iframe", "object", "embed", "img", "base", "style"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        if tag == "link":
            assert attributes["href"].startswith(("/static/", "data:,"))
        if tag == "form":
            assert attributes["action"].startswith("/")
            assert attributes["method"] == "get"


@pytest.mark.parametrize("path", PAGES)
def test_no_link_of_a_page_is_broken(client, path):
    links = dict.fromkeys(link for link in shown(client, path).links if link.startswith("/"))
    assert links
    for link in list(links)[::3]:  # each kind of link comes in many
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_twin_for_the_same_query(client, path):
    name, _, query = path.partition("?")
    twin = f"{'/index' if name == '/' else name}.json" + (f"?{query}" if query else "")
    assert twin in shown(client, path).links
    told = client.get(twin).json()
    assert told["schema_version"] == 1
    assert {"listings", "errors", "warnings"} <= set(told["summary"])


COMMANDS = {
    "/?q=image&category=media": "/index.json?q=image&category=media",
    f"/listing?slug={VENICE}": f"/listing.json?slug={VENICE}",
    f"/compare?like={VENICE}": f"/compare.json?like={VENICE}",
    "/stats?by=network&network=base": "/stats.json?by=network&network=base",
    "/host?name=api.venice.ai": "/index.json?host=api.venice.ai",
}


@pytest.mark.parametrize("path", COMMANDS)
def test_the_command_of_a_page_tells_the_same(client, shelf, testbuy, path):
    text = shown(client, path).text
    line = next(line for line in text.splitlines() if line.strip().startswith("As a command: testbuy")
                and "generate" not in line)  # fmt: skip
    words = shlex.split(line.strip().removeprefix("As a command: testbuy "))
    words = [word.replace("catalogue.db", str(shelf.file)) for word in words]
    done = testbuy(*words, "--format", "json", cwd=shelf.file.parent)
    told, twin = json.loads(done.stdout), client.get(COMMANDS[path]).json()
    for member in ("listings", "facets", "prices", "groups", "rows"):
        if member in told:
            assert told[member] == twin[member]
    assert {"listings", "groups", "rows"} & set(told)


def test_home_counts_what_each_choice_would_give(client):
    page = shown(client, "/?category=media")
    assert "3 of 17 listings" in page.text
    assert "/?category=media&category=data" in page.links  # another one as well
    told = client.get("/index.json?category=media").json()
    assert told["facets"]["category"]["data"] == 4
    for facet, toggles in told["toggle"].items():
        for value, link in toggles.items():
            assert client.get(link).status_code == 200, (facet, value)


def test_a_chip_takes_its_filter_away_and_the_first_page_comes_back(client):
    page = shown(client, "/?q=image&category=media&network=base&offset=1&limit=1")
    removing = {one["aria-label"]: one["href"] for one in page.named("a") if "remove" in (one.get("aria-label") or "")}
    assert removing["remove category media"] == "/?q=image&network=base&limit=1"
    assert removing["remove search image"] == "/?category=media&network=base&limit=1"


def test_what_is_chosen_stays_chosen_when_words_are_searched(client):
    hidden = [(one["name"], one["value"]) for one in shown(client, "/?category=media&q=x&offset=5").named("input")
              if one.get("type") == "hidden"]  # fmt: skip
    assert hidden == [("category", "media")]


def test_paging_shows_every_listing_once(client):
    seen: list[str] = []
    link: str | None = "/index.json?limit=4&sort=host"
    while link:
        told = client.get(link.replace("/?", "/index.json?")).json()
        seen += [one["slug"] for one in told["listings"]]
        link = told["next"]
    assert len(seen) == 17 == len(set(seen))
    assert "/?limit=4&offset=4" in shown(client, "/?limit=4&offset=8").links
    assert "/?limit=4" in shown(client, "/?limit=4&offset=3").links


def test_the_histogram_has_its_numbers_as_a_table(client):
    page = shown(client, "/")
    assert [one["role"] for one in page.named("svg")] == ["img"]
    assert "free1" in page.text.replace("\n", "").replace(" ", "")
    assert "$10.00 to $20.00" in page.text


def test_rows_can_be_had_as_csv(client):
    rows = list(csv.DictReader(StringIO(client.get("/index.csv?category=media&sort=price").text)))
    assert [row["price"] for row in rows] == ["0.01", "0.012", "10"]


def test_a_listing_is_shown_whole(client):
    page = shown(client, f"/listing?slug={VENICE}")
    for words in (
        "Venice AI · Image Generation", "$10.00", "10000000", "base", "0x2670b922ef37c7df47158725c0cc407b5382293f",
        "PRICE004", "listings/api-venice-ai-api-v1-images-generations.json:39:37", "3 of 3", "this listing $10.00",
        "prompt", "required", "b64_json* string", "futuristic cityscape", "testbuy buy", "No recorded run had it",
        '"pricing_sanity"',
    ):  # fmt: skip
        assert words in page.text, words


def test_a_listing_is_found_by_its_url_and_by_its_number(client):
    slug = "/listing.json?slug="
    by_url = client.get(slug + "https://api.venice.ai/api/v1/images/generations").json()
    assert by_url["listings"][0]["slug"] == VENICE
    assert client.get("/listing.json?id=1").status_code == 200


def test_generated_requests_are_the_same_for_the_same_seed(client):
    told = [client.get(f"/listing.json?slug={VENICE}&seed={seed}&rows=6").json()["requests"] for seed in (1, 1, 2)]
    assert len(told[0]) == 6
    assert told[0] == told[1] != told[2]


def test_several_listings_of_one_slug_are_all_within_reach(asking, shelved, blockpulse):
    client = asking(shelved([blockpulse, blockpulse | {"title": "The other"}]))
    page = shown(client, f"/listing?slug={blockpulse['slug']}")
    assert "The catalogue has 2 listings of this slug" in page.text
    assert "The other" in shown(client, "/listing?id=2").text


def test_a_comparison_says_in_words_what_differs(client):
    page = shown(client, f"/compare?slug={VENICE}&slug=api-blockpulse-example-base-gas")
    assert "≠ differs" in page.text
    assert "same" in page.text
    assert "$10.00" in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404), ("/nowhere.json", 404), ("/listing?slug=venice-images", 404), ("/listing?id=99999", 404),
        ("/listing?id=-1", 404), ("/listing?id=" + "9" * 30, 404), ("/host?name=nowhere.example", 404),
        ("/run?id=../../etc", 404), ("/run?id=", 404), ("/listing", 400), ("/host", 400), ("/compare", 400),
        ("/?price=cheap", 400), ("/?sort=colour", 400), ("/?limit=0", 400), ("/?limit=501", 400),
        ("/?offset=-1", 400), ("/?offset=1e3", 400), ("/?categroy=media", 400), ("/stats?by=colour", 400),
        ("/?q=" + "x" * 401, 400), ("/?" + "&".join(f"category=c{n}" for n in range(101)), 400),
        ("/?snapshot=9", 503), ("/static/../app.py", 404), ("/static/nothing.css", 404),
        ("/compare?" + "&".join(f"id={n}" for n in range(1, 10)), 400),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if answer.headers["content-type"].startswith("text/html"):
        Page(answer.text)


def test_a_slug_that_was_nearly_right_is_corrected(client):
    answer = client.get("/listing?slug=api-venice-ai-images")
    assert f"/listing?slug={VENICE}" in Page(answer.text).links
    assert VENICE in client.get("/listing.json?slug=api-venice-ai-images").json()["near"]


def test_a_typing_error_is_corrected_and_said(client):
    meant = client.get("/index.json?q=forecst").json()["corrected"]
    assert meant == "forecast"
    assert "nothing has forecst: this is for forecast" in shown(client, "/?q=forecst").text


def test_an_empty_catalogue_says_how_to_fill_it(asking, tmp_path):
    Catalogue.create(tmp_path / "empty.db").close()
    client = asking(Shelf(tmp_path / "empty.db", "empty.db"))
    assert "The catalogue is empty." in shown(client, "/").text
    assert shown(client, "/stats").text.count("Nothing matches")
    assert client.get("/index.json").json()["listings"] == []


def test_a_damaged_catalogue_is_said_and_not_shown(asking, tmp_path):
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\x00" + b"\x99" * 5000)
    client = asking(Shelf(tmp_path / "bad.db", "bad.db"))
    assert client.get("/").status_code == 503
    assert client.get("/index.json").status_code == 503


def test_what_is_imported_meanwhile_is_shown(asking, shelved, blockpulse, tmp_path):
    from x402_catalog.reading import read

    shelf = shelved([blockpulse])
    client = asking(shelf)
    assert "1 of 1 listings" in shown(client, "/").text
    (tmp_path / "more.jsonl").write_text(json.dumps(blockpulse | {"slug": "another", "title": "Another"}) + "\n")
    with Catalogue.create(shelf.file) as catalogue:
        catalogue.add(read([str(tmp_path / "more.jsonl")]), ["more"], 1767400000.0)
    assert "Another" in shown(client, "/").text
    assert "Another" not in shown(client, "/?snapshot=1").text
    assert "/?snapshot=1" in shown(client, "/").links


def test_findings_of_reading_are_counted(asking, catalogue_file, tmp_path):
    from x402_catalog.reading import read

    (tmp_path / "broken.json").write_text('{"slug": ')
    found = tuple(read([str(tmp_path / "broken.json")]))
    client = asking(Shelf(catalogue_file, "listings", findings=found))
    assert f"{len(found)} findings while reading" in shown(client, "/").text
    assert [one["rule"] for one in client.get("/index.json").json()["findings"]] == [one.rule for one in found]


def test_values_that_look_like_globs_filter_by_themselves(asking, shelved, blockpulse):
    names = ("a*", "ab", "a[b]", "a?")
    client = asking(shelved(blockpulse | {"slug": f"s-{name}", "category": name} for name in names))
    for name, link in client.get("/index.json").json()["toggle"]["category"].items():
        told = client.get(link.replace("/?", "/index.json?")).json()
        assert [one["category"] for one in told["listings"]] == [name]
        chosen = [one for one in shown(client, link).named("a") if one.get("aria-current") == "true"]
        assert [one["href"] for one in chosen] == ["/"]
