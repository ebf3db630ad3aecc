"""The catalogue file: what goes in comes out, in snapshots, whole or not at all."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.findings import Finding
from x402_catalog.models import Listing, listing_of
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.search import Filters
from x402_catalog.sources import Kind, listings
from x402_catalog.store import Catalogue, NothingToImport, Query, StoreError, select

ROOT = Path(__file__).parents[3]
LISTINGS = ROOT / "listings"
CORPUS = ROOT / "tests" / "catalog" / "sources"
DATA = os.environ.get("TESTBUY_DATA")

Make = Callable[..., Catalogue]
Write = Callable[..., Path]


def add(catalogue: Catalogue, *sources: Path, at: float = 0.0, **more: Any) -> Any:
    return catalogue.add(read(sources), list(map(str, sources)), at, **more)


def readings(*sources: Path, kind: Kind | None = None) -> list[Listing]:
    made = [one for record in read(sources) if not isinstance(record, Finding) for one in listings(record, kind)]
    return [one for one in made if isinstance(one, Listing)]


SOURCES = [LISTINGS, *([Path(DATA) / "bazaar.jsonl", Path(DATA) / "pages"] if DATA else [])]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_listing_comes_back_as_it_was_read(source: Path, tmp_path: Path) -> None:
    with Catalogue.create(tmp_path / "c.db") as catalogue:
        done = add(catalogue, source)
    expected = readings(source)
    assert done.listings == len(expected) > 0
    with Catalogue.open(tmp_path / "c.db") as catalogue:
        found = list(catalogue)
        assert len(catalogue) == len(found)
    assert [(one.slug, one.source, one.raw) for one in found] == [(one.slug, one.source, one.raw) for one in expected]
    for one, was in zip(found, expected, strict=True):
        assert one == was
        assert one.record.raw == was.record.raw
        assert one.locate("/accepts/0") == was.locate("/accepts/0")


def test_operations_of_one_api_share_its_text_and_come_back_each(tmp_path: Path) -> None:
    paths = {f"/p{n}": {"get": {"x-payment-info": {"price": "0.01"}, "responses": {}}} for n in range(5)}
    about = {"title": "x", "version": "1"}
    api = {"openapi": "3.1.0", "info": about, "servers": [{"url": "https://a.example"}], "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(api))
    expected = readings(tmp_path / "api.json")
    with Catalogue.memory() as catalogue:
        add(catalogue, tmp_path / "api.json")
        assert [one.url for one in catalogue] == [one.url for one in expected]
        assert len(expected) == 5
        assert [catalogue.listings(one.slug)[0].raw for one in expected] == [one.raw for one in expected]
        (documents,) = catalogue.connection.execute("SELECT count(*) FROM document").fetchone()
        assert documents == 1


def test_a_format_that_was_forced_is_remembered(tmp_path: Path, write: Write) -> None:
    path = write({"accepts": [{"payTo": "0x1", "maxAmountRequired": "1"}], "resource": "https://a.example/x"})
    with Catalogue.memory() as catalogue:
        add(catalogue, path, kind=Kind.X402ALL)
        assert [one.source for one in catalogue] == ["x402all"]
        add(catalogue, path)
        assert [one.source for one in catalogue] == ["bazaar"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("slug", "title", "url", "category", "summary", "accepts", "pricing_sanity", "trust_tier", "use_cases")


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=9), min_size=1, max_size=4))
def test_whatever_json_a_listing_is_it_is_kept_whole_and_can_be_searched(values: list[dict[str, Any]]) -> None:
    from x402_catalog.reading import read_stream

    lines = [json.dumps({"slug": "s", **value}).encode() + b"\n" for value in values]
    items = list(read_stream(iter([b"".join(lines)]), "x.jsonl", by_line=True))
    with Catalogue.memory() as catalogue:
        try:
            done = catalogue.add(items, ["x.jsonl"], 0.0)
        except NothingToImport as nothing:
            done = nothing.done
        raws = [one.record.raw for one in catalogue]
        assert raws == [item.raw for item in items if not isinstance(item, Finding)][: len(raws)]
        assert done.listings == catalogue.search(Query(facets=True)).total
        for row in catalogue.search(Query()).rows:
            assert catalogue.listings(row.slug)
            catalogue.similar(row.id)
            catalogue.standing(row.id)


def test_half_a_surrogate_pair_is_stored_as_a_question_mark() -> None:
    value = {"slug": "a\ud800b", "title": "x\udfff", "accepts": [], "category": "\ud801", "url": "https://\ud802/"}
    one = listing_of(Record(value, b"", "x"))
    assert select([one], "x", Filters(category=("\ud801",))) == [one]
    with Catalogue.memory() as catalogue:
        assert catalogue.ids("a\ud800b") == []


def test_the_same_record_twice_is_two_listings_and_one_document(write: Write) -> None:
    path = write(*[{"slug": "twin", "title": "Twin", "accepts": []}] * 3)
    with Catalogue.memory() as catalogue:
        for _ in range(2):
            add(catalogue, path)
            assert len(catalogue) == len(catalogue.listings("twin")) == catalogue.search(Query("twin")).total == 3
            assert [one.record.line for one in catalogue] == [1, 2, 3]
        assert catalogue.connection.execute("SELECT count(*) FROM document").fetchone() == (1,)
        assert catalogue.connection.execute("SELECT count(*) FROM listing").fetchone() == (3,)


@pytest.mark.parametrize("apart", [1, 2, 50, 700])
def test_twins_are_told_apart_however_far_from_each_other_they_stand(write: Write, apart: int) -> None:
    path = write(*[{"slug": f"twin-{number % apart}", "title": "Twin"} for number in range(1500)])
    with Catalogue.memory() as catalogue:
        for new in (1500, 0):
            assert add(catalogue, path).new == new
            assert [one.record.line for one in catalogue] == list(range(1, 1501))
            assert catalogue.search(Query("twin")).total == 1500
        assert catalogue.connection.execute("SELECT count(*) FROM document").fetchone() == (apart,)


def test_a_later_snapshot_shares_what_did_not_change_and_finds_only_what_it_has(write: Write) -> None:
    first = write({"slug": "stays", "title": "A"}, {"slug": "goes", "title": "B"}, {"slug": "turns", "title": "red"})
    then = write({"slug": "turns", "title": "blue"}, {"slug": "comes", "title": "C"}, {"slug": "stays", "title": "A"})
    with Catalogue.memory() as catalogue:
        add(catalogue, first, at=1.0)
        done = add(catalogue, then, at=2.0)
        assert (done.listings, done.new) == (3, 2)
        assert sorted(one.slug for one in catalogue) == ["comes", "stays", "turns"]
        before = catalogue.at(1)
        assert [one.slug for one in before] == ["stays", "goes", "turns"]
        assert [one.title for one in before.listings("turns")] == ["red"]
        assert [row.title for row in catalogue.search(Query("turns")).rows] == ["blue"]
        assert [row.title for row in before.search(Query("turns", facets=True)).rows] == ["red"]
        assert before.search(Query("comes")).total == 0
        assert before.ids("comes") == []
        assert [(one.id, one.at, one.listings) for one in catalogue.snapshots()] == [(1, 1.0, 3), (2, 2.0, 3)]
        assert catalogue.get(catalogue.ids("stays")[0]).record.line == 3
        assert before.get(before.ids("stays")[0]).record.line == 1
        with pytest.raises(StoreError, match="no snapshot 3"):
            catalogue.at(3)


def test_a_listing_that_was_away_and_is_back_is_not_in_the_snapshot_between(write: Write) -> None:
    both, one = write({"slug": "a"}, {"slug": "b"}), write({"slug": "a"})
    with Catalogue.memory() as catalogue:
        for path in (both, one, both):
            add(catalogue, path)
        assert [row.slug for row in catalogue.at(2).search(Query()).rows] == ["a"]
        assert [row.slug for row in catalogue.search(Query()).rows] == ["a", "b"]


def test_replacing_forgets_every_earlier_snapshot(write: Write) -> None:
    with Catalogue.memory() as catalogue:
        add(catalogue, write({"slug": "old", "title": "ancient"}))
        add(catalogue, write({"slug": "new", "title": "modern"}), replace=True)
        assert len(catalogue.snapshots()) == 1
        assert [one.slug for one in catalogue] == ["new"]
        assert catalogue.search(Query("ancient")).total == 0
        assert catalogue.search(Query("modern")).total == 1
        assert catalogue.connection.execute("SELECT count(*) FROM document").fetchone() == (1,)


def test_what_cannot_be_read_is_told_and_the_rest_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"slug": "good"}\n{broken\n[1]\n{"slug": "fine", "slug": "fine"}\n')
    with Catalogue.memory() as catalogue:
        done = add(catalogue, path)
        assert [finding.rule for finding in done.findings] == ["CAT003", "CAT010", "CAT007"]
        assert catalogue.snapshots()[0].findings == sum(done.levels.values()) == 3
        assert [one.slug for one in catalogue] == ["good", "fine"]
        assert [finding.rule for one in catalogue for finding in one.record.faults] == ["CAT007"]


def test_sources_without_a_listing_change_nothing(write: Write, tmp_path: Path) -> None:
    with Catalogue.memory() as catalogue:
        add(catalogue, write({"slug": "a"}))
        with pytest.raises(NothingToImport) as raised:
            add(catalogue, write([1], "x"), replace=True)
        assert len(raised.value.done.findings) == 2
        assert [one.slug for one in catalogue] == ["a"]
        assert len(catalogue.snapshots()) == 1


def test_an_import_that_fails_half_way_leaves_the_old_state(write: Write) -> None:
    def broken() -> Any:
        yield from read([write({"slug": "b"}, {"slug": "c"})])
        raise ValueError("the source went away")

    with Catalogue.memory() as catalogue:
        add(catalogue, write({"slug": "a"}))
        with pytest.raises(ValueError, match="went away"):
            catalogue.add(broken(), ["x"], 0.0, replace=True)
        assert [one.slug for one in catalogue] == ["a"]
        assert catalogue.search(Query("b")).total == 0


def test_a_listing_is_found_by_its_url_too(catalogue: Make) -> None:
    made = catalogue({"slug": "a", "url": "https://a.example/x"}, {"slug": "b", "url": "https://b.example/x"})
    assert [one.slug for one in made.listings("https://b.example/x")] == ["b"]
    assert made.listings("https://c.example") == []


def test_a_slug_that_is_nearly_right_is_suggested(catalogue: Make) -> None:
    made = catalogue({"slug": "api-weather-current"}, {"slug": "api-weather-historic"}, {"slug": "images"})
    assert made.nearest("api-wether-current")[0] == "api-weather-current"
    assert made.nearest("?") == []


def test_completion_gives_what_begins_so(catalogue: Make) -> None:
    made = catalogue({"slug": "ab", "category": "media", "url": "https://x.example/"}, {"slug": "ac"}, {"slug": "b"})
    assert made.complete("slug", "a") == ["ab", "ac"]
    assert made.complete("slug", "", 2) == ["ab", "ac"]
    assert made.complete("category", "m") == ["media"]
    assert made.complete("host", "") == ["x.example"]


def test_a_damaged_document_is_told(tmp_path: Path, write: Write) -> None:
    with Catalogue.create(tmp_path / "c.db") as catalogue:
        add(catalogue, write({"slug": "a"}))
        catalogue.connection.execute("UPDATE document SET body = x'00'")
        with pytest.raises(StoreError, match="cannot be unpacked"):
            list(catalogue)
        catalogue.connection.execute("DELETE FROM document")
        with pytest.raises(StoreError, match="missing"):
            list(catalogue)


def test_an_open_catalogue_cannot_be_written_to(tmp_path: Path, write: Write) -> None:
    with Catalogue.create(tmp_path / "c.db") as catalogue:
        add(catalogue, write({"slug": "a"}))
    with Catalogue.open(tmp_path / "c.db") as catalogue:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            catalogue.connection.execute("DELETE FROM listing")
        with pytest.raises(StoreError, match="cannot be written"):
            add(catalogue, write({"slug": "b"}))
