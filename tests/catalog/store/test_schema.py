"""The schema: versions and the way from one to the next, other programs' files, and views for people."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from x402_catalog.reading import read
from x402_catalog.search import SORTS, Filters
from x402_catalog.store import Catalogue, Query, StoreError
from x402_catalog.store.schema import APPLICATION_ID, STEPS, migrate, version

LISTINGS = Path(__file__).parents[3] / "listings"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue file with the project's own listings."""
    path = tmp_path / "catalogue.db"
    with Catalogue.create(path) as catalogue:
        catalogue.add(read([LISTINGS]), [str(LISTINGS)], 0.0)
    return path


def of_version(number: int, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for step in STEPS[:number]:
            db.executescript(step)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        if number:
            db.execute("INSERT INTO snapshot VALUES (1, 0, '[]', 0, 0)")


def tables(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


@pytest.mark.parametrize("number", range(len(STEPS) + 1))
@pytest.mark.parametrize("open_", [Catalogue.create, Catalogue.open], ids=["to write", "to look"])
def test_a_file_of_an_earlier_version_is_brought_to_this_one_with_what_it_holds(
    number: int, open_: Callable[[Path], Catalogue], tmp_path: Path, file: Path
) -> None:
    old = tmp_path / "old.db"
    of_version(number, old)
    with open_(old) as catalogue:
        assert version(catalogue.connection) == len(STEPS)
        assert [one.id for one in catalogue.snapshots()] == ([1] if number else [])
    assert tables(old) == tables(file)


EARLIER = Path(__file__).parent / "files" / "version3.db.gz"  # two snapshots, written by the program of that version
VIEWS = ("latest_listings", "latest_offers", "snapshots", "listing_history")


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A file of version 3."""
    path = tmp_path / "earlier.db"
    path.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    return path


def imported_anew(old: Catalogue, path: Path) -> Catalogue:
    """A catalogue of the records that ``old`` keeps, in the same snapshots."""
    made = Catalogue.create(path)
    for one in old.snapshots():
        made.add((listing.record for listing in old.at(one.id)), one.sources, one.at)
    return made


def test_a_migrated_file_answers_as_one_that_is_imported_anew(earlier: Path, tmp_path: Path) -> None:
    views = {view: rows(earlier, view) for view in VIEWS}
    with Catalogue.open(earlier) as old, imported_anew(old, tmp_path / "new.db") as new:
        assert version(old.connection) == len(STEPS)
        assert [len(old.at(1)), len(old)] == [len(new.at(1)), len(new)] == [9, 10]
        for filters in (Filters(), Filters(network=("base",)), Filters(price="<=0.01"), Filters(category=("d*",))):
            for sort in SORTS:
                sorted_ = Query("", replace(filters, sort=sort), facets=True)
                for query in (sorted_, Query("weather", filters), Query("wether", filters)):
                    assert old.search(query) == new.search(query)
                    assert old.at(1).search(query) == new.at(1).search(query)
        assert old.search(Query("wether")).corrected == "weather"
        assert old.groups("network") == new.groups("network")
    assert {view: rows(earlier, view) for view in VIEWS} == views


def test_a_migrated_file_takes_in_a_further_snapshot(earlier: Path) -> None:
    with Catalogue.create(earlier) as catalogue:
        catalogue.add([listing.record for listing in catalogue.at(1)], ["again"], 3.0)
        count = "SELECT count(*) FROM {}"
        tables = ("listing", "document", "payment", "shape")
        counts = [catalogue.connection.execute(count.format(table)).fetchone()[0] for table in tables]
        query = Query(facets=True, filters=Filters(category=("*",)))
        pages = [one.search(query) for one in (catalogue, catalogue.at(1))]
    assert pages[0] == pages[1]
    assert counts == [11, 10, 8, 5]


def test_a_step_that_fails_is_taken_back(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    of_version(1, old)
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute("CREATE VIEW snapshots AS SELECT 1")
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrate(db)
        assert version(db) == 1
        assert not db.in_transaction
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'latest_listings'").fetchone() == (0,)


def test_a_file_of_a_later_version_is_refused(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    for open_ in (Catalogue.open, Catalogue.create):
        with pytest.raises(StoreError, match=f"version {len(STEPS) + 1}, this program reads up to {len(STEPS)}"):
            open_(file)


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE mine (x)")
    before = other.read_bytes()
    for open_ in (Catalogue.open, Catalogue.create):
        with pytest.raises(StoreError, match="of another program"):
            open_(other)
    assert other.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"SQLite format 3\x00", b"SQLite format 3\x00" + b"x" * 5000])
def test_what_is_no_database_is_refused_with_a_reason(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"x\.db"):
        Catalogue.open(path)


def test_a_file_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="testbuy import"):
        Catalogue.open(tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        Catalogue.create(tmp_path / "none" / "x.db")


def test_a_file_in_a_folder_that_nobody_may_write_in_is_read(file: Path, tmp_path: Path) -> None:
    assert not Path(f"{file}-wal").exists()
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        with Catalogue.open(file) as catalogue:
            assert len(catalogue) == 17
    finally:
        file.parent.chmod(0o755)


def rows(file: Path, view: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(file)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {view}")]


def test_a_general_tool_sees_listings_in_words(file: Path) -> None:
    found = {str(row["slug"]): row for row in rows(file, "latest_listings")}
    venice = found["api-venice-ai-api-v1-images-generations"]
    assert len(found) == 17
    assert venice["title"] == "Venice AI · Image Generation"
    assert (venice["category"], venice["host"], venice["method"]) == ("media", "api.venice.ai", "POST")
    assert (venice["cheapest_price_usd"], venice["networks"], venice["declares_output"]) == (10.0, "eip155:8453", 1)
    assert (venice["price_flag"], venice["declared_price_ratio"]) == ("expensive_outlier", 500.0)


def test_a_general_tool_sees_offers_and_history_in_words(file: Path) -> None:
    offer = next(row for row in rows(file, "latest_offers") if row["slug"] == "api-venice-ai-api-v1-images-generations")
    assert (offer["amount_atomic"], offer["price_usd"], offer["asset_symbol"]) == ("10000000", 10.0, "USDC")
    assert offer["asset_address"] == "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    (snapshot,) = rows(file, "snapshots")
    assert snapshot["taken_at_utc"] == "1970-01-01 00:00:00"
    assert json.loads(str(snapshot["sources"])) == [str(LISTINGS)]
    history = rows(file, "listing_history")
    assert len(history) == 17
    assert {row["line"] for row in history} == {1}


def test_every_table_and_view_can_be_opened_by_a_tool_that_knows_nothing_of_them(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        assert len(names) > 15
        for name in names:
            db.execute(f'SELECT * FROM "{name}" LIMIT 5').fetchall()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_tool_can_search_by_sql_alone(file: Path) -> None:
    with Catalogue.open(file) as catalogue:
        expected = {row.slug for row in catalogue.search(Query("forecast")).rows}
    with closing(sqlite3.connect(file)) as db:
        sql = (
            "SELECT slug FROM latest_listings WHERE listing IN (SELECT rowid FROM words WHERE words MATCH 'forecast*')"
        )
        assert {slug for (slug,) in db.execute(sql)} == expected != set()
