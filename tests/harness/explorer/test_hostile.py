"""Hostile listings: what they say is shown as text, and never as much as they want."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.harness.support.pages import Page

from x402_harness.explorer.asked import Asked, literal, plain
from x402_harness.explorer.commands import quoted

SCRIPT = "\"><script>document.title='owned'</script><img src=x onerror=alert(1)>'`</textarea></title>{{7*7}}{%x%}"
BIDI = "\u202egpj.exe\u2066\u200b\u061c\x1b[31m\x00\x85"
LONG = "A" * 1_000_000


def spoiled(value: object, text: str, kept: tuple[str, ...] = ()) -> object:
    """``value`` with ``text`` at the end of each of its texts, and in the names of fields."""
    if isinstance(value, dict):
        return {key: one if key in kept else spoiled(one, text) for key, one in value.items()} | {text: text}
    if isinstance(value, list):
        return [spoiled(one, text) for one in value]
    return value + text if isinstance(value, str) else value


@pytest.fixture
def made(blockpulse):
    """Listings that are full of script, of direction marks, and of long texts."""
    members = ("title", "summary", "category", "url", "trust_tier", "slug")
    return {
        "script": spoiled(blockpulse, SCRIPT),
        "bidi": spoiled(blockpulse, BIDI),
        "long": {**blockpulse, **{name: blockpulse[name] + LONG for name in members}},
        "javascript": blockpulse | {"slug": "javascript", "url": "javascript:alert(1)//https://x.example"},
        "surrogate": blockpulse | {"slug": "half", "title": "half \ud83d of a character", "summary": "\udc00"},
        "numbers": blockpulse | {"slug": "numbers", "pricing_sanity": {"flag": ["x"], "ratio": 10**400}},
        "dots": blockpulse | {"slug": "../../etc/passwd?x=1#y", "title": "dots"},
        "nothing": {"accepts": [], "url": "https://n.example/", "slug": "nothing"},
    }


def paths(client) -> list[str]:
    """Every page that there is of a catalogue."""
    found = ["/", "/stats", "/stats?by=host", "/stats?by=network"]
    page = Page(client.get("/").text)
    found += [link for link in page.links if link.startswith(("/listing", "/host", "/?"))]
    picks = [(one["name"], one["value"]) for one in page.named("input") if one.get("type") == "checkbox"]
    return [*dict.fromkeys(found), str(Asked("/compare", tuple(picks)).href().unescape())]


def test_every_page_of_hostile_listings_is_harmless_and_small(asking, shelved, made):
    client = asking(shelved(made.values()))
    asked = paths(client)
    assert len(asked) > 20
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200, (path[:200], answer.text[-2000:])
        assert len(answer.content) < 400_000, path[:200]
        page = Page(answer.text)
        assert not {"script", "img", "textarea", "style"} & {tag for tag, _ in page.tags}
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on")]
            if tag == "a":
                assert attributes["href"].startswith(("/", "#", "https://", "http://"))
        assert not set(answer.text) & set("\u202e\u2066\u200b\u061c\x1b\x00\x85\ufeff")
        twin = client.get(path.replace("?", ".json?", 1) if "?" in path else f"{path}.json")
        assert path.startswith("/?") or path == "/" or json.loads(twin.content)


def test_what_is_cut_says_how_long_it_was(asking, shelved, made):
    client = asking(shelved([made["long"]]))
    text = Page(client.get("/listing?id=1").text).text
    assert "(1000" in text
    assert "characters)" in text
    whole = client.get("/listing.json?id=1").json()["listings"][0]
    assert len(whole["raw"]["title"]) > 1_000_000


def test_direction_marks_are_told_as_escapes(asking, shelved, made):
    text = Page(asking(shelved([made["bidi"]])).get("/listing?id=1").text).text
    assert "\\u202egpj.exe\\u2066" in text
    assert "\\x1b[31m" in text


def test_a_listing_that_cannot_be_requested_says_why(asking, shelved, made):
    text = Page(asking(shelved([made["nothing"]])).get("/listing?slug=nothing").text).text
    assert "No request can be made: no offer declares a request" in text


QUERIES = ('"', '"a', "a AND OR NOT", "NEAR(", "*", "a:b", "^", "-x", "' OR 1=1 --", "\x00", "é" * 300, BIDI, SCRIPT)
WORDS = ("plain", "two words", "it's", "$(touch owned)", "`x`", "a;b", "", BIDI.replace("\x00", ""),
         "back\\slash\u202e'", "line\nline", "##[x]", "é\u200b[x]", "-x", "\U0001f600\u2066")  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_words_of_any_kind_are_searched_for(client, query):
    answer = client.get("/", params={"q": query})
    assert answer.status_code == 200
    Page(answer.text)
    assert client.get("/index.json", params={"q": query}).json()["query"] == query


@pytest.mark.parametrize("word", WORDS)
def test_a_command_that_is_copied_means_what_is_shown(word):
    done = subprocess.run(["bash", "-c", f"printf %s {quoted(word)}"], capture_output=True, check=True,
                          env={"LC_ALL": "C.UTF-8"})  # fmt: skip
    assert done.stdout.decode() == word
    assert quoted(word).isprintable()


@pytest.mark.parametrize("value", ["plain", "a*b", "a[b]", "[*]", "[[]", "?", "]["])
def test_a_value_is_told_apart_from_a_glob_and_back(value):
    assert plain("category", literal("category", value)) == value
    assert literal("network", value) == value
