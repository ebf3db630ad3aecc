"""Every file of the corpus is a listing told as a change of another: dropping one in adds a case.

``mended/CODE-what`` breaks that rule (and those that ``also`` names) and ``becomes`` what it says, no other byte
changed. ``left/what`` breaks the rule ``breaks`` in a way that leaves more than one remedy: nothing is mended. ``base``
is ``reference`` or the name of a listing; ``set`` maps JSON pointers to values (an index one beyond the end appends).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.models import listing_of
from x402_catalog.reading import read
from x402_catalog.reading.files import File
from x402_catalog.records import Record
from x402_catalog.repairs import MENDED, Repair
from x402_catalog.repairs.files import FixableFile, look_through
from x402_catalog.repairs.pointers import replaced, steps, value_at
from x402_catalog.rules.registry import REGISTRY
from x402_catalog.validation import validate

CORPUS = Path(__file__).with_name("corpus")
LISTINGS = Path(__file__).parents[3] / "listings"
BASES = {"reference": "api-venice-ai-api-v1-images-generations"}


def cases(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).glob("*.json"))


def put(document: Any, pointer: str, value: Any) -> Any:
    parent, _, last = pointer.rpartition("/")
    holder = value_at(document, parent)
    grown = [*holder, value] if isinstance(holder, list) and int(last) == len(holder) else None
    grown = {**holder, steps(pointer)[-1]: value} if isinstance(holder, dict) else grown
    return replaced(document, pointer, value) if grown is None else replaced(document, parent, grown)


def broken(case: dict[str, Any]) -> Any:
    document = json.loads((LISTINGS / f"{BASES.get(case['base'], case['base'])}.json").read_bytes())
    for pointer, value in case["set"].items():
        document = put(document, pointer, value)
    return document


def text_of(document: Any) -> bytes:
    return json.dumps(document, indent=2).encode()


def looked_through(text: bytes, folder: Path) -> FixableFile:
    path = folder / "listing.json"
    path.write_bytes(text)
    return look_through(File(str(path), path.name))


def made(found: FixableFile) -> list[Repair]:
    return [repair for fix in found.fixes for repair in fix.repairs]


def broken_rules(path: Path) -> set[tuple[str, str | None]]:
    (record,) = read([path])
    assert isinstance(record, Record)
    return {(finding.rule, finding.location.pointer) for finding in validate(listing_of(record)).findings}


@pytest.mark.parametrize("path", cases("mended"), ids=lambda path: path.stem)
def test_what_is_certain_is_mended_and_nothing_else(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_bytes())
    document = broken(case)
    found = looked_through(text_of(document), tmp_path)
    assert {repair.pointer: repair.after for repair in made(found)} == case["becomes"]
    assert {repair.rule for repair in made(found)} == {path.stem.split("-")[0], *case.get("also", [])}
    for pointer, value in case["becomes"].items():
        document = replaced(document, pointer, value)
    assert found.text() == text_of(document)


@pytest.mark.parametrize("path", cases("mended"), ids=lambda path: path.stem)
def test_a_mended_listing_holds_at_every_place_that_was_mended(path: Path, tmp_path: Path) -> None:
    found = looked_through(text_of(broken(json.loads(path.read_bytes()))), tmp_path)
    again = looked_through(found.text(), tmp_path)
    assert made(again) == []
    assert not broken_rules(tmp_path / "listing.json") & {(repair.rule, repair.pointer) for repair in made(found)}


@pytest.mark.parametrize("path", cases("left"), ids=lambda path: path.stem)
def test_what_is_not_certain_is_left_to_a_person(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_bytes())
    text = text_of(broken(case))
    found = looked_through(text, tmp_path)
    touched = [repair for repair in made(found) if repair.rule == case["breaks"] or repair.pointer in case["set"]]
    assert touched == []
    assert case["breaks"] is None or case["breaks"] in {code for code, _ in broken_rules(tmp_path / "listing.json")}


def test_every_mender_has_a_rule_and_every_rule_that_it_mends_a_case() -> None:
    assert set(REGISTRY_CODES) >= MENDED
    assert {path.stem.split("-")[0] for path in cases("mended")} >= MENDED


REGISTRY_CODES = [rule.code for rule in REGISTRY]
