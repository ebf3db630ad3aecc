"""Pages: an object that lists records gives the same listings streamed, as a file, as it does whole, as a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.reading.pages import LISTS, RECORD_SIGNS
from x402_catalog.records import Record
from x402_catalog.sources import listings

OFFER = {"scheme": "exact", "network": "base", "maxAmountRequired": "1000", "payTo": "0x" + "1" * 40}
ITEMS = [{"resource": f"https://a.example/{i}", "accepts": [OFFER]} for i in range(3)]


def records_of(text: str, path: Path) -> list[Record | Finding]:
    path.write_text(text, encoding="utf-8")
    return list(read([path]))


def listed(records: list[Record | Finding]) -> list[tuple[str, str | None, Any]]:
    found = [one for record in records if isinstance(record, Record) for one in listings(record)]
    return [(one.url, one.locate().pointer, one.record.value) for one in found if isinstance(one, Listing)]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_gives_the_same_listings_streamed_and_whole(name: str, tmp_path: Path) -> None:
    page = {"x402Version": 2, name: ITEMS}
    streamed = records_of(json.dumps(page, indent=1), tmp_path / "page.json")
    whole = records_of(json.dumps(page) + "\n", tmp_path / "pages.jsonl")
    assert (len(streamed), len(whole)) == (3, 1)
    assert listed(streamed) == listed(whole) == [(e["resource"], f"/{name}/{i}", e) for i, e in enumerate(ITEMS)]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("sign", sorted(RECORD_SIGNS))
def test_what_shows_that_it_is_a_record_is_no_page_whatever_it_lists(name: str, sign: str, tmp_path: Path) -> None:
    record = {sign: "x", name: ITEMS}
    for path in (tmp_path / "record.json", tmp_path / "record.jsonl"):
        (found,) = records_of(json.dumps(record), path)
        assert isinstance(found, Record)
        assert found.value == record
