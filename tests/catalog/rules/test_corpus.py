"""Every file of the corpus is a listing told as a change of another: dropping one in adds a case.

``invalid/CODE-what`` breaks that one rule, at the place ``at`` and with the rule's own level unless ``level`` says
otherwise: no other error or warning than those that ``also`` names or that its base has. ``valid/what`` breaks none.
``base`` is ``reference`` or the name of a listing; ``set`` maps JSON pointers to values (an index one beyond the end
appends), ``remove`` lists pointers.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.findings import Finding, Level
from x402_catalog.models import listing_of, member
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.rules.registry import REGISTRY, Rule
from x402_catalog.validation import CHECKS, validate

CORPUS = Path(__file__).with_name("corpus")
LISTINGS = Path(__file__).parents[3] / "listings"
BASES = {"reference": "api-venice-ai-api-v1-images-generations"}
# CAT058 tells the truth sheet what it found, and never makes a finding of it; CAT015 speaks of other formats alone.
MUTE = {"CAT015", "CAT058"}


def cases(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).glob("*.json"))


def steps(pointer: str) -> list[str | int]:
    names = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return [int(name) if name.isdecimal() else name for name in names]


def put(document: Any, pointer: str, value: Any) -> Any:
    if not pointer:
        return value
    *parents, last = steps(pointer)
    holder = member(document, *parents)
    if isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value
    return document


def listing_text(case: dict[str, Any]) -> str:
    name = BASES.get(case["base"], case["base"])
    document = json.loads((LISTINGS / f"{name}.json").read_bytes())
    for pointer, value in case.get("set", {}).items():
        document = put(document, pointer, value)
    for pointer in case.get("remove", []):
        *parents, last = steps(pointer)
        del member(document, *parents)[last]
    return json.dumps(document, indent=2, ensure_ascii=False)


@cache
def rules_of_the_base(name: str) -> frozenset[str]:
    text = listing_text({"base": name})
    record = Record(json.loads(text), text.encode(), "base.json")
    return frozenset(finding.rule for finding in validate(listing_of(record)).findings)


def findings_of(case: dict[str, Any], folder: Path) -> tuple[str, Any, list[Finding]]:
    path = folder / "listing.json"
    path.write_text(listing_text(case), encoding="utf-8")
    (record,) = read([path])
    assert isinstance(record, Record)
    return path.read_text(encoding="utf-8"), record.value, validate(listing_of(record)).findings


def value_at(text: str, line: int, column: int) -> Any:
    offset = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    return json.JSONDecoder().raw_decode(text, offset)[0]


@pytest.mark.parametrize("path", cases("valid"), ids=lambda path: path.stem)
def test_a_valid_listing_gets_neither_errors_nor_warnings(path: Path, tmp_path: Path) -> None:
    _, _, found = findings_of(json.loads(path.read_bytes()), tmp_path)
    assert [finding for finding in found if finding.level is not Level.INFO] == []


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_a_broken_listing_breaks_the_rule_that_its_name_says_and_no_other(path: Path, tmp_path: Path) -> None:
    case, code = json.loads(path.read_bytes()), path.name.split("-")[0]
    _, _, found = findings_of(case, tmp_path)
    also, rules = set(case.get("also", [])), {finding.rule for finding in found}
    grave = {finding.rule for finding in found if finding.level is not Level.INFO}
    assert rules >= {code} | also
    assert grave - rules_of_the_base(case["base"]) <= {code} | also
    expected = case.get("level", str(REGISTRY[code].level))
    assert {str(finding.level) for finding in found if finding.rule == code} == {expected}


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_a_finding_stands_at_the_line_and_column_of_the_offending_value(path: Path, tmp_path: Path) -> None:
    case, code = json.loads(path.read_bytes()), path.name.split("-")[0]
    text, document, found = findings_of(case, tmp_path)
    places = [finding.location for finding in found if finding.rule == code]
    assert case["at"] in [place.pointer for place in places]
    for place in places:
        assert place.line is not None
        assert place.column is not None
        value, name = member(document, *steps(place.pointer or "")), steps(place.pointer or "")[-1:]
        assert value_at(text, place.line, place.column) == value or [value_at(text, place.line, place.column)] == name


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_a_finding_carries_its_file_its_listing_and_its_remedy(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_bytes())
    _, document, found = findings_of(case, tmp_path)
    for finding in found:
        assert finding.location.file == str(tmp_path / "listing.json")
        assert finding.location.listing == document["slug"]
        assert finding.help
        assert finding.message
        assert json.loads(json.dumps(finding.to_dict())) == finding.to_dict()


MODULES = {check.__module__: sys.modules[check.__module__] for check in CHECKS}
RULES = [rule for module in MODULES.values() for rule in vars(module).values() if isinstance(rule, Rule)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_over_a_listing_has_a_listing_that_breaks_it(rule: Rule) -> None:
    assert rule.code in MUTE | {path.name.split("-")[0] for path in cases("invalid")}


@pytest.mark.parametrize("rule", list(REGISTRY), ids=lambda rule: rule.code)
def test_every_rule_says_why_it_matters_what_it_rests_on_and_how_to_mend(rule: Rule) -> None:
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.basis
    assert rule.mend.endswith(".")
